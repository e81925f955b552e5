"""Why an attempt did not succeed, in the six classes that decide what happens next (RT5, reliability.md D).

    DeliveryError
     +- Transient             tried again by the retry schedule
     +- Throttled             tried again after the server's own delay; uses up no attempt
     +- Permanent             failed at once
     +- AuthenticationFailed  the account needs attention; its mail waits, no attempt is used up
     +- Misconfigured         the same, for settings that cannot work
     +- Uncertain             the mail may have gone out: the account's ``on_uncertain`` decides

A connector raises nothing else on purpose; any other exception is taken as ``Transient`` before the hand-over and
``Uncertain`` after it, and is shown as a fault of the plugin.
"""

from .texts import Text, plain


class DeliveryError(Exception):
    """A classified failure of one attempt, for the whole message.

    ``code``: stable, ``area.reason``. ``message``: a sentence for people that says what to do. ``reply``: the server's
    own answer, kept for those who may read the message. ``retry_after_seconds``: the server's hint, if it gave one.
    """

    code = "delivery.failed"

    def __init__(
        self,
        message: Text,
        *,
        code: str | None = None,
        reply: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(plain(message))
        self.message = message
        self.reply = reply
        self.retry_after_seconds = retry_after_seconds
        if code is not None:
            self.code = code


class Transient(DeliveryError):
    """It may work later: no connection, a 4yz reply, a busy server."""

    code = "delivery.transient"


class Throttled(DeliveryError):
    """The server asks to slow down. The lane waits for ``retry_after_seconds`` (or the retry schedule's first delay)."""

    code = "delivery.throttled"


class Permanent(DeliveryError):
    """It will never work for this message: a 5yz reply, too large, a recipient that does not exist."""

    code = "delivery.refused"


class AuthenticationFailed(DeliveryError):
    """The server or provider refused the account's sign-in."""

    code = "account.authentication_failed"


class Misconfigured(DeliveryError):
    """The account's settings cannot work as they are; nothing was sent."""

    code = "account.misconfigured"


class Uncertain(DeliveryError):
    """The connection or process ended between the hand-over and the answer."""

    code = "delivery.uncertain"


class Refusal(Exception):
    """Raised by ``check_``, ``change_`` and ``filter_`` hooks to refuse, with a sentence for the person who asked."""

    def __init__(self, message: Text, *, code: str = "plugin.refused") -> None:
        super().__init__(plain(message))
        self.message = message
        self.code = code
