"""What a server's refusal means: reliability rules by the first digit, with sentences for the cases people meet."""

import re
from collections.abc import Sequence

from mailhub.contract import (
    AuthenticationFailed,
    DeliveryError,
    Misconfigured,
    Permanent,
    Throttled,
    Transient,
)
from mailhub.contract.texts import Text

from .reply import Reply
from .texts import _

MAX_HINT_SECONDS = 86_400.0
QUOTA_DELAY_SECONDS = 3_600.0
NOT_SIGNED_IN = frozenset({530, 534, 535, 538})

_SPEAKS_OF_LATER = re.compile(r"again|retry|wait|later|greylist|graylist|delay|defer", re.IGNORECASE)
_DURATION = re.compile(r"(?<![\d.])(\d{1,6})\s?(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.IGNORECASE)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_THROTTLING = re.compile(
    r"concurrent connections limit|thread limit exceeded|4\.7\.500|4\.5\.127|excessive message rate|"
    r"sending limit exceeded|rate limit exceeded|message rate exceeded|throttl",
    re.IGNORECASE,
)
_DAILY_QUOTA = re.compile(r"SubmissionQuotaExceeded", re.IGNORECASE)
_SEND_AS_DENIED = re.compile(r"SendAsDenied|\b5\.7\.60\b|\b5\.2\.252\b", re.IGNORECASE)
_STOP_THE_ACCOUNT = re.compile(r"^5\.2\.25[1-5]$")


def retry_hint(reply: Reply) -> float | None:
    """Seconds from a text like "greylisted, try again in 5 minutes"; None when there is no such hint."""
    text = reply.text
    found = _DURATION.search(text) if _SPEAKS_OF_LATER.search(text) else None
    if found is None:
        return None
    return min(float(found[1]) * _SECONDS[found[2][0].lower()], MAX_HINT_SECONDS)


def is_throttling(reply: Reply) -> bool:
    """True for the texts by which Exchange and others ask to slow down."""
    if reply.is_transient:
        return (reply.code == 432 and reply.enhanced == "4.3.2") or bool(_THROTTLING.search(str(reply)))
    return bool(_DAILY_QUOTA.search(reply.text))


def too_many_recipients(reply: Reply) -> bool:
    """True for a server that takes no further recipient in this transaction (RFC 5321 4.5.3.1.10)."""
    return reply.code in {452, 552} and reply.enhanced in {"4.5.3", "5.5.3"}


def concerns_all(reply: Reply) -> bool:
    """True for an answer to RCPT that is about connection, account or sender rather than about one recipient.

    Servers that wait with every refusal until RCPT (Postfix does) say "not as this sender" only there.
    """
    if reply.code == 421 or reply.code in NOT_SIGNED_IN or not (reply.is_transient or reply.is_permanent):
        return True
    return reply.is_permanent and bool(
        _SEND_AS_DENIED.search(str(reply)) or _STOP_THE_ACCOUNT.match(reply.enhanced)
    )


def refusal(reply: Reply, *, is_greeting: bool = False) -> DeliveryError:
    """The classified error for a reply that is not the one hoped for, to the message as a whole.

    ``is_greeting``: nothing shows yet that the peer is an SMTP server, so its text is not repeated (SSRF).
    """
    shown = reply.codes if is_greeting else str(reply)
    if is_throttling(reply):
        return _slow_down(reply, shown)
    if reply.code in NOT_SIGNED_IN and not is_greeting:
        return AuthenticationFailed(
            _("The server wants a sign-in first: ${reply}", mapping={"reply": shown}), reply=shown
        )
    if reply.is_permanent and not is_greeting:
        return _permanent(reply)
    if reply.is_transient or is_greeting:
        sentence = _("The server cannot take mail now: ${reply}", mapping={"reply": shown})
        return Transient(sentence, reply=shown, retry_after_seconds=retry_hint(reply))
    return Transient(
        _("The server gave an answer that does not fit: ${reply}", mapping={"reply": shown}), reply=shown
    )


def _slow_down(reply: Reply, shown: str) -> Throttled:
    delay = retry_hint(reply) or (QUOTA_DELAY_SECONDS if reply.is_permanent else None)
    sentence = _("The server asks to send more slowly: ${reply}", mapping={"reply": shown})
    return Throttled(sentence, reply=shown, retry_after_seconds=delay)


def _permanent(reply: Reply) -> DeliveryError:
    if _SEND_AS_DENIED.search(str(reply)):
        return _permanently(reply, _SEND_AS_SENTENCE, "delivery.sender_refused")
    if _STOP_THE_ACCOUNT.match(reply.enhanced):
        sentence = _(
            "The server blocks this account because of earlier errors: ${reply}",
            mapping={"reply": str(reply)},
        )
        return Misconfigured(sentence, code="account.blocked_by_server", reply=str(reply))
    if reply.enhanced in {"5.3.4", "5.2.3"} or (reply.code == 552 and not reply.enhanced):
        return _permanently(reply, TOO_LARGE, "delivery.too_large")
    return Permanent(
        _("The server refused the message: ${reply}", mapping={"reply": str(reply)}), reply=str(reply)
    )


def _permanently(reply: Reply, sentence: Text, code: str) -> Permanent:
    return Permanent(sentence, code=code, reply=str(reply))


TOO_LARGE = _("The message is larger than the server takes.")
_SEND_AS_SENTENCE = _(
    "The server does not let this account send as that address. Give the account's mailbox the right to send as "
    "it, or choose another sender."
)


def sign_in_refusal(reply: Reply) -> DeliveryError:
    """The classified error for a refused AUTH. 432 and all 5yz stop the account, else it would be locked out."""
    shown = str(reply)
    if is_throttling(reply):
        return _slow_down(reply, shown)
    if reply.is_permanent or (reply.code == 432 and reply.enhanced != "4.3.2"):
        return AuthenticationFailed(_sign_in_sentence(reply), reply=shown)
    sentence = _("Signing in does not work now: ${reply}", mapping={"reply": shown})
    return Transient(sentence, reply=shown, retry_after_seconds=retry_hint(reply))


def _sign_in_sentence(reply: Reply) -> Text:
    if reply.enhanced == "5.7.139":
        return _(
            "Microsoft 365 does not allow user name and password for this mailbox or organisation. "
            "Use OAuth 2.0, or an account of the Microsoft 365 or Current User connector."
        )
    if reply.code == 432:
        return _("The server wants the password to be changed first: ${reply}", mapping={"reply": str(reply)})
    return _("The server refused user name or password: ${reply}", mapping={"reply": str(reply)})


def longest_hint(hints: Sequence[float | None]) -> float | None:
    """The longest of several hints; None when there is none."""
    return max((each for each in hints if each is not None), default=None)
