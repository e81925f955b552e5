"""Connectors that repeat no secret of their account (ASVS V16.2.5), whatever their code or their server says.

What a connector raises and answers is shown to people, kept in histories and logged. A library may put a whole request
into its error, a server may repeat the command that it refuses: where a secret of the settings stands, stars are shown.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mailhub.contract.connector import (
    Connector,
    ConnectorType,
    SendingSession,
    SessionContext,
    Settings,
    Step,
)
from mailhub.contract.errors import DeliveryError
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.outcome import SendOutcome
from mailhub.contract.texts import Text, plain
from mailhub.schema_walk import secrets_of

STARS = "********"
SHORTEST = 4
"""Stars for a shorter secret would only make gaps in every sentence."""


class ConnectorRaised(RuntimeError):
    """Stands for what a connector raised with a secret in it: its class and its words, without that."""


def make_discreet(kind: ConnectorType, settings: Settings) -> Connector:
    """The connector of these settings. Raises whatever its code raises, without a secret."""
    secrets = _Secrets.of(kind, settings)
    if not secrets.values:
        return kind.make(settings)
    with secrets.kept():
        return _DiscreetConnector(kind.make(settings), secrets)


@dataclass(frozen=True, slots=True)
class _Secrets:
    """The secrets of an account, in the clear; has no repr that shows them."""

    values: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, kind: ConnectorType, settings: Settings) -> "_Secrets":
        given = (settings.get(name) for name in secrets_of(kind.settings_schema()))
        return cls(tuple(each for each in given if isinstance(each, str) and len(each) >= SHORTEST))

    def are_in(self, text: str) -> bool:
        return any(each in text for each in self.values)

    def masked(self, text: str) -> str:
        for each in self.values:
            text = text.replace(each, STARS)
        return text

    def masked_text(self, text: Text) -> Text:
        """Stays a text that can be translated unless there is a secret in it."""
        return self.masked(text) if self.are_in(text := plain(text)) else text

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is raised meanwhile says none of them, nor does its traceback."""
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if not self.are_in(_all_said_by(error)):
                raise
            if not isinstance(error, DeliveryError):
                said = f"{type(error).__name__}: {self.masked(str(error))}"
                raise ConnectorRaised(said).with_traceback(error.__traceback__) from None
            self._mask(error)
            raise error from None

    def _mask(self, error: DeliveryError) -> None:
        error.message = self.masked_text(error.message)
        error.reply = self.masked(str(error.reply))
        error.args = tuple(self.masked(str(each)) for each in error.args)

    def without(self, outcome: SendOutcome) -> SendOutcome:
        texts = (outcome.reply, *(text for each in outcome.recipients for text in (each.code, each.detail)))
        if not any(isinstance(text, str) and self.are_in(text) for text in texts):
            return outcome
        recipients = tuple(
            replace(each, code=self.masked(each.code), detail=self.masked(each.detail))
            for each in outcome.recipients
        )
        return replace(outcome, reply=self.masked(outcome.reply), recipients=recipients)

    def step(self, step: Step) -> Step:
        if step.error is not None:
            self._mask(step.error)
        return replace(step, detail=self.masked_text(step.detail))


def _all_said_by(error: BaseException) -> str:
    """Its traceback with all causes, and what a delivery error has beside its message."""
    return "".join(traceback.format_exception(error)) + str(getattr(error, "reply", ""))


class _DiscreetConnector(Connector):
    def __init__(self, connector: Connector, secrets: _Secrets) -> None:
        self._connector = connector
        self._secrets = secrets

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        with self._secrets.kept():
            return self._secrets.without(self._connector.send(message, context))

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        with self._secrets.kept():
            for step in self._connector.check(message, context):
                yield self._secrets.step(step) if isinstance(step, Step) else step

    def open_session(self, context: SessionContext) -> SendingSession:
        with self._secrets.kept():
            return _DiscreetSession(self._connector.open_session(context), self._secrets)

    def look_up(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome | None:
        with self._secrets.kept():
            found = self._connector.look_up(message, context)
            return None if found is None else self._secrets.without(found)


class _DiscreetSession(SendingSession):
    def __init__(self, session: SendingSession, secrets: _Secrets) -> None:
        self._session = session
        self._secrets = secrets

    def send(self, message: OutgoingMessage) -> SendOutcome:
        with self._secrets.kept():
            return self._secrets.without(self._session.send(message))

    def close(self) -> None:
        with self._secrets.kept():
            self._session.close()
