from typing import Any

import pytest

from mailhub.cli import delivering
from mailhub.cli.client import ApiClient
from mailhub.cli.delivering import follow, why_waiting
from mailhub.contract.texts import Text, plain
from mailhub.delivery.waiting import WaitingFor

from .fakes import FakeTransport, in_turn


def message(status: str, waiting_for: str | None = None, error: str | None = None) -> dict[str, Any]:
    told = None if error is None else {"code": "smtp.refused", "message": error, "retryable": True}
    return {"id": "m1", "status": status, "waiting_for": waiting_for, "error": told}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "FIRST_PAUSE_SECONDS", 0.0)


def followed(*seen: dict[str, Any], is_hub: bool) -> tuple[dict[str, Any], list[str], list[str]]:
    """What came of a message that the API shows so, one look after the other."""
    transport = FakeTransport({"GET /messages/m1": in_turn(*seen[1:])})
    told: list[Text] = []
    delivered: list[str] = []
    client = ApiClient(transport, deliver=None if is_hub else delivered.append)
    return follow(client, seen[0], told.append), [plain(each) for each in told], delivered


@pytest.mark.parametrize("status", ["sent", "failed", "in_doubt", "cancelled"])
@pytest.mark.parametrize("is_hub", [True, False])
def test_it_waits_until_the_fate_is_known(status: str, is_hub: bool) -> None:
    seen = (message("queued"), message("queued", "concurrency"), message("sending"), message(status))
    last, told, _delivered = followed(*seen, is_hub=is_hub)
    assert (last["status"], told) == (status, [])


def test_without_a_hub_this_process_delivers_that_one_message() -> None:
    _last, _told, delivered = followed(message("queued"), message("sent"), is_hub=False)
    assert delivered == ["m1"]


@pytest.mark.parametrize("reason", sorted(delivering.PASSING - {"concurrency"}))
def test_beside_a_hub_what_passes_is_told_once_and_waited_for(reason: str) -> None:
    seen = (message("queued", reason), message("queued", reason), message("sending"), message("sent"))
    last, told, _delivered = followed(*seen, is_hub=True)
    assert last["status"] == "sent"
    assert told == [plain(why_waiting(message("queued", reason)))]


@pytest.mark.parametrize("reason", sorted(delivering.SENTENCES.keys() - {"concurrency"}))
def test_without_a_hub_a_message_that_waits_is_not_waited_for(reason: str) -> None:
    last, _told, _delivered = followed(message("queued"), message("queued", reason), is_hub=False)
    assert last["waiting_for"] == reason


@pytest.mark.parametrize("reason", ["paused_account", "connector_missing", "sign_in"])
def test_beside_a_hub_a_message_that_waits_for_a_person_is_not_waited_for(reason: str) -> None:
    last, told, _delivered = followed(message("queued", reason), is_hub=True)
    assert (last["waiting_for"], told) == (reason, [])


def test_why_it_waits_comes_with_the_server_s_words() -> None:
    text = plain(why_waiting(message("queued", "retry", "450 4.2.0 busy")))
    assert text == "Message m1 could not be sent for now and will be tried again.\n450 4.2.0 busy"


def test_every_reason_that_delivery_knows_has_a_sentence() -> None:
    assert delivering.SENTENCES.keys() == set(WaitingFor.__args__)  # type: ignore[attr-defined]  # of a Literal
