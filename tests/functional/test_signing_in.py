"""Sign-ins on a hub with a database: what is stored, and what stays when the transaction of the caller does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.errors import HubError, Invalid
from mailhub.events.audit import list_changes
from mailhub.people.model import Session, sessions_of
from mailhub.people.service import SignInService, UsersService
from mailhub.services import Work
from mailhub.store.root import sessions_root
from mailhub.testing.clock import FakeClock
from tests.kit.hub import HubKit
from tests.kit.waiting import wait_for

FIVE_MINUTES = 300.0
PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    made = HubKit.open(tmp_path, clock=FakeClock(), store_uri="")
    made.user("ada", password=PASSWORD)
    try:
        yield made
    finally:
        made.close()


def sign_in(kit: HubKit, login: str = "ada", password: str = PASSWORD) -> str:
    """What the cookie holds."""
    return kit.hub.run(
        lambda work: work.service(SignInService).sign_in(login, password, ADDRESS, "Firefox").text, "sign in"
    )


def is_signed_in(kit: HubKit, text: str) -> bool:
    return kit.hub.run(lambda work: work.service(SignInService).find(text, ADDRESS) is not None, "look")


def actions(kit: HubKit) -> list[str]:
    with kit.hub.database.reading() as root:
        return [each.action for each in list_changes(root, 5)]


def test_a_session_is_stored_and_signing_out_is_too(kit: HubKit) -> None:
    text = sign_in(kit)
    assert is_signed_in(kit, text)

    def sign_out(work: Work) -> None:
        service = work.service(SignInService)
        found = service.find(text, ADDRESS)
        assert found is not None
        service.sign_out(found.session)

    kit.hub.run(sign_out, "sign out")

    assert not is_signed_in(kit, text)
    assert actions(kit)[:2] == ["signed_out", "signed_in"]


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a_failed_sign_in_is_in_the_trail_though_nothing_else_is_stored(kit: HubKit, login: str) -> None:
    with pytest.raises(Invalid):
        sign_in(kit, login, "wrong horse")

    assert actions(kit)[0] == "sign_in_failed"


def test_a_password_that_is_reset_during_a_sign_in_leaves_no_session(kit: HubKit) -> None:
    """The sign-in has looked at the old password; the reset, which finds no session to end, is stored before it."""
    user_id = kit.user_id("ada")
    rounds: list[int] = []

    def sign_in_slowly(work: Work) -> str:
        text: str = work.service(SignInService).sign_in("ada", PASSWORD, ADDRESS, "Firefox").text
        if not rounds:
            rounds.append(1)
            kit.hub.run(lambda other: other.service(UsersService).reset_password(user_id), "reset")
        return text

    with pytest.raises(HubError) as refused:
        kit.hub.run(sign_in_slowly, "sign in")

    assert refused.value.code == "signin.wrong"
    assert stored(kit) == []


def last_transactions(kit: HubKit) -> tuple[bytes, bytes]:
    """Of the main database and of the sessions."""
    with kit.hub.database.reading() as root:
        sessions: bytes = sessions_root(root)._p_jar.db().storage.lastTransaction()
    return kit.hub.database.storage.lastTransaction(), sessions


def note_use(kit: HubKit, text: str) -> None:
    def note(work: Work) -> None:
        service = work.service(SignInService)
        found = service.find(text, ADDRESS)
        assert found is not None
        service.note_use(found.session)

    kit.hub.run(note, "page")


def test_using_a_session_is_written_beside_the_main_database_and_not_every_time(kit: HubKit) -> None:
    text = sign_in(kit)
    main, sessions = last_transactions(kit)

    advance(kit, FIVE_MINUTES - 1)
    note_use(kit, text)
    assert last_transactions(kit) == (main, sessions)
    advance(kit, 1)
    note_use(kit, text)

    assert last_transactions(kit)[0] == main
    assert last_transactions(kit)[1] > sessions


def test_two_requests_note_at_once_that_a_session_is_in_use(kit: HubKit) -> None:
    text = sign_in(kit)
    advance(kit, FIVE_MINUTES)
    rounds: list[int] = []

    def note_slowly(work: Work) -> None:
        rounds.append(1)
        service = work.service(SignInService)
        found = service.find(text, ADDRESS)
        assert found is not None
        service.note_use(found.session)
        if len(rounds) == 1:
            advance(kit, 1)
            note_use(kit, text)

    kit.hub.run(note_slowly, "page")

    assert len(rounds) == 1, "it was run again"
    with kit.hub.database.reading() as root:
        [session] = sessions_of(root).iter_all()
        assert session.last_seen_at == kit.hub.clock.now()


def test_housekeeping_takes_dead_sessions_away(kit: HubKit) -> None:
    sign_in(kit)
    advance(kit, kit.hub.settings.sessions_longest_hours * 3_600)

    kit.hub.start_background()
    wait_for(lambda: not stored(kit), "no session is left")


def test_sessions_outlive_the_hub_and_their_loss_ends_nothing_else(tmp_path: Path, kit: HubKit) -> None:
    text = sign_in(kit)
    kit.close()
    again = reopened(tmp_path, kit)
    assert is_signed_in(again, text)
    again.close()

    (tmp_path / "var" / "sessions.fs").unlink()
    at_last = reopened(tmp_path, kit)
    assert not is_signed_in(at_last, text)
    assert is_signed_in(at_last, sign_in(at_last))
    at_last.close()


def test_a_hub_in_memory_writes_no_file(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path)
    kit.user("ada", password=PASSWORD)
    assert is_signed_in(kit, sign_in(kit))
    kit.close()

    assert not list(tmp_path.rglob("*.fs"))


def test_sessions_can_be_kept_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "run" / "sessions.fs"
    kit = HubKit.open(tmp_path, store_uri="", store_sessions_uri=f"file://{elsewhere}")
    kit.close()

    assert elsewhere.exists()
    assert not (tmp_path / "var" / "sessions.fs").exists()


def advance(kit: HubKit, seconds: float) -> None:
    clock = kit.hub.clock
    assert isinstance(clock, FakeClock)
    clock.advance(seconds)


def stored(kit: HubKit) -> list[Session]:
    with kit.hub.database.reading() as root:
        return list(sessions_of(root).iter_all())


def reopened(folder: Path, kit: HubKit) -> HubKit:
    return HubKit.open(folder, clock=kit.hub.clock, store_uri="")
