"""A connector that sends nothing anywhere, for tests of the hub and as an example of a whole one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.connector import (
    Capabilities,
    Connector,
    ConnectorType,
    Preset,
    SendingSession,
    SessionContext,
    Settings,
    SettingsNotice,
    Step,
)
from mailhub.contract.errors import DeliveryError, Transient
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import SendOutcome
from mailhub.contract.sender import SenderSettings, UncertainSettings
from mailhub.contract.texts import _

from .fake_provider import FakeProvider

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="10" y="3" rx="2"/></svg>'
NOWHERE = "nowhere.example"
"""A server that no fake connector can reach."""

CHECK_STEPS = ("connect", "authenticate", "send")


class Tags(colander.SequenceSchema):
    tag = colander.SchemaNode(colander.String(), title=_("Tag"), validator=colander.Length(max=50))


class Proxy(colander.MappingSchema):
    host = colander.SchemaNode(colander.String(), title=_("Host"), validator=colander.Length(max=250))
    port = colander.SchemaNode(
        colander.Integer(), title=_("Port"), missing=3128, validator=colander.Range(min=1, max=65535)
    )


class FakeSettings(SenderSettings, UncertainSettings):
    """One setting of each kind: a secret, a choice, a list, a nested mapping, a switch."""

    server = colander.SchemaNode(
        colander.String(),
        title=_("Server"),
        validator=colander.Length(min=1, max=250),
        **hint.example("fake.example"),
    )
    token = colander.SchemaNode(
        colander.String(),
        title=_("Token"),
        missing=None,
        validator=colander.Length(max=250),
        **hint.secret(bound_to=("server",)),
    )
    region = colander.SchemaNode(
        colander.String(),
        title=_("Region"),
        missing="eu",
        validator=colander.OneOf(["eu", "us"]),
        **hint.choice(("eu", _("Europe")), ("us", _("United States"))),
    )
    tags = Tags(title=_("Tags"), missing=())
    proxy = Proxy(title=_("Proxy"), missing=None)
    mailbox = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Mailbox"),
        missing="",
        validator=colander.Length(max=250),
        **hint.help_text(_("Accounts on one mailbox share one limit.")),
    )
    sends_as_user = colander.SchemaNode(
        colander.Boolean(), title=_("Each user sends under his own sign-in"), missing=False
    )


class FakeConnector(Connector):
    """Hands everything to its provider."""

    def __init__(self, provider: FakeProvider, settings: Settings) -> None:
        self.provider = provider
        self.settings = settings

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        with self.open_session(context) as session:
            return session.send(message)

    def open_session(self, context: SessionContext) -> SendingSession:
        return FakeSession(self, context)

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        walk: list[tuple[str, Callable[[], object]]] = [
            ("connect", self.connect),
            ("authenticate", lambda: self.provider.sign_in(context)),
        ]
        if message is not None:
            walk.append(("send", lambda: self.provider.take(message, context)))
        for name, act in walk:
            try:
                act()
            except DeliveryError as error:
                yield Step(name, "failed", detail=error.message, error=error)
                return
            yield Step(name, "ok")

    def connect(self) -> None:
        """Raises ``Transient`` for the server ``NOWHERE``."""
        if self.settings["server"] == NOWHERE:
            raise Transient(_("The server cannot be reached."))

    def look_up(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome | None:
        found = self.provider.find(message.id)
        return None if found is None else SendOutcome.accepted(message, "found at the fake")


class FakeSession(SendingSession):
    """Connects and signs in with its first message."""

    def __init__(self, connector: FakeConnector, context: SessionContext) -> None:
        self._connector = connector
        self._provider = connector.provider
        self._context = context
        self._is_signed_in = False
        self._is_closed = False
        self._provider.session_opened(1)

    def send(self, message: OutgoingMessage) -> SendOutcome:
        if not self._is_signed_in:
            self._step("connect", self._connector.connect)
            self._step("authenticate", self._sign_in)
            self._is_signed_in = True
        self._sign_in()
        return self._provider.take(message, self._context)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._provider.session_opened(-1)

    def _sign_in(self) -> None:
        self._provider.sign_in(self._context)

    def _step(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except DeliveryError as error:
            self._context.report(Step(name, "failed", error=error))
            raise
        self._context.report(Step(name, "ok"))


def _limit_key(settings: Settings, sending_identity: str) -> str | None:
    mailbox = sending_identity if settings["sends_as_user"] else settings["mailbox"]
    return f"fake:{mailbox}" if mailbox else None


def _sends_as_user(settings: Settings) -> bool:
    return bool(settings["sends_as_user"])


def _notices(settings: Settings) -> list[SettingsNotice]:
    if settings["token"] is None:
        return [SettingsNotice("fake.no_token", _("Without a token anybody may send."), "token")]
    return []


def fake_connector_type(provider: FakeProvider | None = None, **changes: Any) -> ConnectorType:
    """A connector type whose connectors all lead to this provider (a new one if none is given).

    ``changes``: attributes of the ``ConnectorType`` to be otherwise, for instance ``default_rate_limit_per_minute=30``.
    By its settings an account sends as its users (``sends_as_user``), or shares a limit by ``mailbox``.
    """
    shared = provider or FakeProvider()
    made = ConnectorType(
        id="fake",
        title=_("Fake"),
        description=_("Sends nothing anywhere; for tests."),
        use_when=_("You test something."),
        logo=LOGO,
        settings_schema=FakeSettings,
        make=lambda settings: FakeConnector(shared, settings),
        presets=(Preset("us", _("United States"), {"server": "us.fake.example", "region": "us"}),),
        capabilities=Capabilities(delivers_outside=False),
        check_steps=CHECK_STEPS,
        telemetry_prefix="fake",
        sends_as_user=_sends_as_user,
        limit_key=_limit_key,
        notices=_notices,
    )
    return replace(made, **changes)
