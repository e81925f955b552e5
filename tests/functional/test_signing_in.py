"""Sign-ins on a hub with a database: what is stored, and what stays when the transaction of the caller does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.errors import HubError, Invalid
from mailhub.events.audit import list_changes
from mailhub.people.model import sessions_of
from mailhub.people.service import SignInService, UsersService
from mailhub.services import Work
from tests.kit.hub import HubKit

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    made = HubKit.open(tmp_path)
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
    with kit.hub.database.reading() as root:
        assert list(sessions_of(root).iter_all()) == []
