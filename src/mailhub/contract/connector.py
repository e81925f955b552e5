"""Connectors: how mail leaves. A ``ConnectorType`` is registered once; a ``Connector`` is made per account and used.

The smallest connector is a settings schema, a class with ``send`` and ``check``, and a ``ConnectorType`` that names both.
A connector that keeps connections also overrides ``open_session``.
"""

import logging
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

import colander

from .clock import Clock
from .errors import DeliveryError
from .message import OutgoingMessage
from .outcome import SendOutcome
from .texts import Text

Settings = Mapping[str, Any]
"""An account's settings as plain values, secrets included, as the settings schema gave them."""

StepOutcome = Literal["ok", "failed", "skipped"]
UserKind = Literal["internal", "delegated_admin", "external_accountant", "guest"]
OnUncertain = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check or of a sending session, as it happened.

    ``name``: ``resolve``, ``connect``, ``tls``, ``authenticate``, ``send``, or a connector's own. ``detail``: what a
    person should know (the server's greeting, the mechanism). ``error``: set when ``outcome`` is ``failed``.
    """

    name: str
    outcome: StepOutcome
    duration_seconds: float = 0.0
    detail: Text = ""
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class HostAddress:
    """A resolved socket address: connect to this, never to the name again (DNS rebinding)."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]

    def __str__(self) -> str:
        return str(self.sockaddr[0])


class Network(Protocol):
    """The only way out. The hub applies its network policy here (private addresses, sandbox)."""

    def resolve(self, host: str, port: int) -> Sequence[HostAddress]:
        """All addresses of a host, best first. Raises ``Transient`` (unknown now) or ``Misconfigured`` (not allowed)."""
        ...

    def connect(self, address: HostAddress, timeout_seconds: float) -> socket.socket:
        """A connected TCP socket. Raises OSError."""
        ...


class SessionContext(Protocol):
    """What the hub gives to a sending session."""

    @property
    def account_id(self) -> str: ...
    @property
    def account_address(self) -> str: ...
    @property
    def sending_identity(self) -> str:
        """Empty, or the id of the user whose own sign-in this session uses."""
        ...

    @property
    def hello_name(self) -> str:
        """The host name this hub gives to mail servers (EHLO); empty: the address of the connection."""
        ...

    @property
    def clock(self) -> Clock: ...
    @property
    def network(self) -> Network: ...
    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[logging.Logger]: ...

    def report(self, step: Step) -> None:
        """Tell the hub of a step (``connect``, ``authenticate`` ...); it becomes telemetry."""
        ...

    def hand_over(self, message: OutgoingMessage) -> None:
        """Call right before the step that cannot be taken back (SMTP: the final dot), once per attempt.

        The hub notes it in its attempt journal. Raises ``Transient`` when the hub may no longer send this message
        (its lease has run out): let it pass and close the connection without the final step.
        """
        ...


class SendingSession(ABC):
    """Sends one message after another over what it keeps open. Used by one thread at a time."""

    @abstractmethod
    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Send to ``message.recipients``. Raises the classified errors of ``mailhub.contract.errors``."""

    def close(self) -> None:
        """Let go of everything; called once, also after errors; must not raise."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _SessionOfSingleSends(SendingSession):
    def __init__(self, connector: "Connector", context: SessionContext) -> None:
        self._connector = connector
        self._context = context

    def send(self, message: OutgoingMessage) -> SendOutcome:
        return self._connector.send(message, self._context)


class Connector(ABC):
    """Sends the mail of one account. Made anew when the account's settings change; keeps no state between sessions.

    Each sending session runs in a thread of its own, so several may be open at a time.
    """

    @abstractmethod
    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        """Send one message. Called by the default session; raises the classified errors."""

    @abstractmethod
    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        """Walk the way a mail takes, yielding each step as it happens.

        With ``message`` the last step is ``send``; without it nothing is sent. The first failed step carries its error
        and ends the walk: the hub reports the remaining steps of ``ConnectorType.check_steps`` as skipped.
        """

    def open_session(self, context: SessionContext) -> SendingSession:
        """A session for several messages; by default each is sent by ``send`` alone. Must not block."""
        return _SessionOfSingleSends(self, context)

    def look_up(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome | None:
        """After an uncertain attempt: the outcome if the provider knows the message, None if it does not know it.

        Called only with ``Capabilities.can_look_up``. Raises ``Transient`` when it cannot tell now.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do and whom it serves; shown by ``GET /connectors``."""

    can_look_up: bool = False
    uses_http: bool = False
    sends_own_headers: bool = True
    max_message_bytes: int | None = None
    user_kinds: frozenset[UserKind] = frozenset(
        {"internal", "delegated_admin", "external_accountant", "guest"}
    )
    needs_licensed_user: bool = False
    delivers_outside: bool = True
    """False for connectors that keep mail on this machine (capture, file): right for a sandbox environment."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings that a form fills in at one click, with the sentence shown afterwards."""

    id: str
    title: Text
    settings: Settings
    hint: Text = ""


@dataclass(frozen=True, slots=True)
class SettingsNotice:
    """A warning about settings that may be saved but that an administrator should know of.

    ``setting``: which one it is about. ``only_in_sandbox``: these settings may be saved in a sandbox environment only;
    elsewhere they are refused with this sentence.
    """

    code: str
    message: Text
    setting: str = ""
    only_in_sandbox: bool = False


def _one_lane(settings: Settings) -> bool:
    return False


def _account_only(settings: Settings, sending_identity: str) -> str | None:
    return None


def _no_notices(settings: Settings) -> Sequence[SettingsNotice]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorType:
    """Describes a kind of account. Returned by ``mailhub_register_connectors``.

    ``id``: stable, lower case, ``[a-z][a-z0-9-]*``. ``use_when``: one sentence that helps to choose. ``logo``: an SVG or
    PNG picture. ``settings_schema``: makes a fresh colander mapping, pure (no widgets), hints by
    ``mailhub.contract.schema_hints``. ``make``: settings (validated, secrets included) to a Connector; must not
    connect. ``telemetry_prefix``: steps ``connect`` and ``authenticate`` become events ``<prefix>.connect.succeeded`` ...
    ``sends_as_user(settings)``: mail leaves under each user's own sign-in, so each has a lane and a limit of his own.
    ``limit_key(settings, sending_identity)``: a name that accounts on one mailbox share so that they share one limit
    (``exchange:<mailbox>``); None = the account by itself. ``sort_order``: low ones are listed first.
    ``notices(settings)``: warnings about settings, asked when they are saved and read; a secret that is stored stands there
    as some text that is not the secret.
    """

    id: str
    title: Text
    description: Text
    settings_schema: Callable[[], colander.SchemaNode]
    make: Callable[[Settings], Connector]
    use_when: Text = ""
    logo: bytes = b""
    presets: tuple[Preset, ...] = ()
    capabilities: Capabilities = field(default_factory=Capabilities)
    check_steps: tuple[str, ...] = ("send",)
    default_rate_limit_per_minute: int = 0
    default_on_uncertain: OnUncertain = "resend"
    telemetry_prefix: str = ""
    sort_order: int = 100
    sends_as_user: Callable[[Settings], bool] = _one_lane
    limit_key: Callable[[Settings, str], str | None] = _account_only
    notices: Callable[[Settings], Sequence[SettingsNotice]] = _no_notices
