"""A connector's secrets are in nothing it raises or answers."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import colander
import pytest

from mailhub.contract import (
    Connector,
    ConnectorType,
    OutgoingMessage,
    Permanent,
    RecipientOutcome,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
    Transient,
)
from mailhub.contract import schema_hints as hint
from mailhub.contract.errors import DeliveryError
from mailhub.delivery.discreet import ConnectorRaised, make_discreet

CANARY = "Kanarienvogel"
NOBODY = cast("OutgoingMessage", None)
NOWHERE = cast("SessionContext", None)


class VaultSettings(colander.MappingSchema):
    server = colander.SchemaNode(colander.String())
    key = colander.SchemaNode(colander.String(), missing=None, **hint.secret())


@dataclass
class Talkative(Connector):
    """Does at each call what the test says."""

    act: Callable[[], Any]

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        return cast("SendOutcome", self.act())

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield cast("Step", self.act())


def connector(act: Callable[[], Any], key: str | None = CANARY) -> Connector:
    kind = ConnectorType(
        id="vault",
        title="Vault",
        description="For tests.",
        settings_schema=VaultSettings,
        make=lambda _settings: Talkative(act),
    )
    return make_discreet(kind, {"server": "a", "key": key})


def failing(error: BaseException, cause: BaseException | None = None) -> Callable[[], Any]:
    def act() -> Any:
        raise error from cause

    return act


CALLS: tuple[Callable[[Connector], Any], ...] = (
    lambda made: made.send(NOBODY, NOWHERE),
    lambda made: made.open_session(NOWHERE).send(NOBODY),
    lambda made: list(made.check(NOBODY, NOWHERE)),
)


@pytest.mark.parametrize("call", CALLS)
def test_an_error_of_its_code_is_told_without_the_secret(call: Callable[[Connector], Any]) -> None:
    with pytest.raises(ConnectorRaised) as raised:
        call(connector(failing(KeyError(f"no header {CANARY}"), ValueError(CANARY))))
    assert str(raised.value) == "KeyError: 'no header ********'"
    shown = "".join(traceback.format_exception(raised.value))
    assert CANARY not in shown
    assert "in act" in shown


@pytest.mark.parametrize("call", CALLS)
def test_a_classified_error_stays_what_it_is(call: Callable[[Connector], Any]) -> None:
    error = Permanent(f"Refused: {CANARY}", code="vault.no", reply=f"550 {CANARY}")
    with pytest.raises(Permanent) as raised:
        call(connector(failing(error, ValueError(CANARY))))
    assert (raised.value.message, raised.value.reply, raised.value.code) == (
        "Refused: ********",
        "550 ********",
        "vault.no",
    )
    assert CANARY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("error", [Transient("busy"), ValueError("odd"), SystemExit(1)])
def test_what_says_no_secret_is_left_alone(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        connector(failing(error)).send(NOBODY, NOWHERE)
    assert raised.value is error


def test_answers_are_without_it() -> None:
    answer = SendOutcome((RecipientOutcome("a@example.com", "refused", "550", CANARY),), f"no {CANARY}")
    assert connector(lambda: answer).send(NOBODY, NOWHERE) == SendOutcome(
        (RecipientOutcome("a@example.com", "refused", "550", "********"),), "no ********"
    )


def test_steps_are_without_it() -> None:
    error: DeliveryError = Transient(f"no {CANARY}")
    step = Step("connect", "failed", detail=f"at {CANARY}", error=error)
    (told,) = connector(lambda: step).check(NOBODY, NOWHERE)
    assert (told.detail, told.error and told.error.message) == ("at ********", "no ********")


def test_making_it_tells_no_secret() -> None:
    def make(settings: Settings) -> Connector:
        raise ValueError(f"cannot use {settings}")

    kind = ConnectorType(id="vault", title="V", description="V.", settings_schema=VaultSettings, make=make)
    with pytest.raises(ConnectorRaised, match=r"ValueError: cannot use .*\*{8}") as raised:
        make_discreet(kind, {"server": "a", "key": CANARY})
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_without_a_secret_it_is_the_connector_itself() -> None:
    assert isinstance(connector(lambda: None, key=None), Talkative)
