from datetime import timedelta

import pytest

from mailhub.people.model import User
from mailhub.people.passwords import HashProfile, PasswordHasher
from mailhub.people.permissions import Permission, granted_by
from mailhub.people.service import Authenticator
from tests.unit.people.kit import NOW, PASSWORD, PeopleKit


@pytest.fixture
def ada(people: PeopleKit) -> User:
    return people.make_user("ada", password=PASSWORD, language="fr", kind="guest", is_licensed=False)


def test_a_token_stands_for_its_user_with_all_he_may_do(people: PeopleKit, ada: User) -> None:
    token, text = people.make_token(ada)

    identity = people.authenticator.identify(text, "192.0.2.7")

    assert identity is not None
    assert (identity.user_id, identity.login, identity.token_id) == (ada.id, "ada", token.id)
    assert (identity.name, identity.contact_email) == ("Ada Lovelace", "ada@example.com")
    assert (identity.kind, identity.is_licensed, identity.language) == ("guest", False, "fr")
    assert (identity.via, identity.address) == ("api", "192.0.2.7")
    assert identity.permissions == granted_by(frozenset({"email-edit"}))
    assert (identity.scopes, identity.scenarios, identity.accounts) == (None, None, None)


def test_scopes_only_take_away(people: PeopleKit, ada: User) -> None:
    text = people.make_token(ada, scopes=["messages:read", "admin"]).text

    identity = people.authenticator.identify(text, "")

    assert identity is not None
    assert identity.permissions == {Permission.SELF, Permission.MESSAGES_READ}


def test_bounds_come_with_the_identity(people: PeopleKit, ada: User) -> None:
    text = people.make_token(ada, scenarios=["default"], accounts=[]).text

    identity = people.authenticator.identify(text, "")

    assert identity is not None
    assert (identity.scenarios, identity.accounts) == (frozenset({"default"}), frozenset())


def test_what_the_user_loses_the_token_loses_at_once(people: PeopleKit, ada: User) -> None:
    text = people.make_token(ada).text
    people.users().change_user(ada.id, {"permission_sets": ["email-read"]})

    identity = people.authenticator.identify(text, "")

    assert identity is not None
    assert identity.permissions == granted_by(frozenset({"email-read"}))


def test_tokens_of_a_user_who_is_not_active_are_dead_until_he_is_again(people: PeopleKit, ada: User) -> None:
    text = people.make_token(ada).text
    people.users().change_user(ada.id, {"is_active": False})
    assert people.authenticator.identify(text, "") is None

    people.users().change_user(ada.id, {"is_active": True})
    assert people.authenticator.identify(text, "") is not None


def test_a_token_works_before_the_first_sign_in(people: PeopleKit) -> None:
    user = people.make_user("new")
    assert user.must_change_password

    assert people.authenticator.identify(people.make_token(user).text, "") is not None


def test_a_token_is_dead_from_its_last_moment_on(people: PeopleKit, ada: User) -> None:
    text = people.make_token(ada, expires_at=NOW + timedelta(seconds=10)).text

    people.clock.advance(9)
    assert people.authenticator.identify(text, "") is not None
    people.clock.advance(1)
    assert people.authenticator.identify(text, "") is None


@pytest.mark.parametrize(
    ("address", "is_known"),
    [("192.0.2.7", True), ("198.51.100.7", False), ("", False), ("::ffff:192.0.2.7", True)],
)
def test_a_token_works_in_its_networks_only(
    people: PeopleKit, ada: User, address: str, is_known: bool
) -> None:
    text = people.make_token(ada, networks=["192.0.2.0/24"]).text

    assert (people.authenticator.identify(text, address) is not None) is is_known


def test_the_right_id_with_another_secret_is_no_token(people: PeopleKit, ada: User) -> None:
    text, other = people.make_token(ada).text, people.make_token(ada).text

    assert people.authenticator.identify(text[:26] + other[26:], "") is None


@pytest.mark.parametrize("text", ["", "mh_", "nonsense", "mh_" + "a" * 22 + "_" + "b" * 43, "mh_é", PASSWORD])
def test_what_is_no_token_stands_for_nobody(people: PeopleKit, ada: User, text: str) -> None:
    assert people.authenticator.identify(text, "") is None


def test_on_the_own_socket_the_login_says_who_acts(people: PeopleKit, ada: User) -> None:
    identity = people.authenticator.identify_local("Ada")

    assert identity is not None
    assert (identity.user_id, identity.via, identity.token_id, identity.address) == (
        ada.id,
        "command line",
        None,
        "",
    )
    assert identity.permissions == granted_by(frozenset({"email-edit"}))


def test_on_the_own_socket_it_is_the_first_administrator_by_default(people: PeopleKit, ada: User) -> None:
    assert people.authenticator.identify_local(None) is None
    first = people.make_administrator("first")
    people.make_administrator("second")

    identity = people.authenticator.identify_local(None)
    assert identity is not None
    assert identity.user_id == first.id


def test_on_the_own_socket_nobody_acts_who_is_not_there_or_not_active(people: PeopleKit, ada: User) -> None:
    people.users().change_user(ada.id, {"is_active": False})

    assert people.authenticator.identify_local("ada") is None
    assert people.authenticator.identify_local("nobody") is None


def test_a_password_is_verified_whatever_the_case_of_the_login(people: PeopleKit, ada: User) -> None:
    assert people.authenticator.verify_password("ADA", PASSWORD) is ada
    assert people.authenticator.verify_password("ada", PASSWORD.upper()) is None


def test_a_user_who_is_not_active_has_no_password(people: PeopleKit, ada: User) -> None:
    people.users().change_user(ada.id, {"is_active": False})

    assert people.authenticator.verify_password("ada", PASSWORD) is None


class CountingHasher(PasswordHasher):
    """Knows how often it was made to work."""

    verified = 0

    def verify(self, password: str, stored: str | None) -> bool:
        self.verified += 1
        return super().verify(password, stored)


@pytest.mark.parametrize("login", ["ada", "nobody", "", "\0"])
def test_an_unknown_login_costs_as_much_as_a_wrong_password(people: PeopleKit, ada: User, login: str) -> None:
    hasher = CountingHasher(HashProfile(memory_kib=8, time_cost=1, parallelism=1), people.entropy)

    assert Authenticator(people.hub, people.clock, hasher).verify_password(login, "wrong password") is None
    assert hasher.verified == 1


def test_a_password_is_hashed_anew_with_todays_parameters(people: PeopleKit, ada: User) -> None:
    dearer = PasswordHasher(HashProfile(memory_kib=16, time_cost=1, parallelism=1), people.entropy)
    today = Authenticator(people.hub, people.clock, dearer)

    assert today.verify_password("ada", "wrong password") is None
    assert "m=8," in str(ada.password_hash)
    assert today.verify_password("ada", PASSWORD) is ada
    assert "m=16," in str(ada.password_hash)
    assert today.verify_password("ada", PASSWORD) is ada
