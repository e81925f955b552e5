from typing import Any

import pytest

from mailhub.errors import Denied, HubError, Invalid, NotFound, WrongState
from mailhub.people.model import tokens_of
from mailhub.people.permissions import PERMISSION_SETS
from mailhub.people.presenting import present_user
from tests.unit.people.kit import NOW, PASSWORD, USER_VALUES, PeopleKit, acting


def mistakes(act: Any, *arguments: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        act(*arguments)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_a_new_user_has_what_was_said_of_him(people: PeopleKit) -> None:
    user = people.make_user(permission_sets=["email-setup", "email-edit", "email-edit"], kind="guest")

    shown = present_user(user)
    assert (
        shown.items()
        >= {
            "login": "ada",
            "name": "Ada Lovelace",
            "contact_email": "ada@example.com",
            "kind": "guest",
            "permission_sets": ["email-edit", "email-setup"],
            "created_at": NOW,
        }.items()
    )


def test_without_a_password_there_is_one_for_the_first_sign_in_only(people: PeopleKit) -> None:
    user, one_time_password = people.new_user()

    assert one_time_password is not None
    assert user.must_change_password
    assert people.authenticator.verify_password("ada", one_time_password) is user


def test_a_chosen_password_need_not_be_changed(people: PeopleKit) -> None:
    user, one_time_password = people.new_user(password=PASSWORD)

    assert one_time_password is None
    assert not user.must_change_password
    assert people.authenticator.verify_password("ada", PASSWORD) is user


def test_all_mistakes_are_told_at_once(people: PeopleKit) -> None:
    people.make_user("ada")
    values = {
        **USER_VALUES,
        "login": "ADA",
        "contact_email": "nonsense",
        "time_zone": "Europe/Atlantis",
        "password": "password1",
    }

    assert mistakes(people.users().create_user, values) == [
        ("/login", "user.login_taken"),
        ("/contact_email", "address.invalid"),
        ("/time_zone", "schema.invalid"),
        ("/password", "password.too_weak"),
    ]


@pytest.mark.parametrize("time_zone", ["Europe/Zurich", "UTC", "America/Argentina/Buenos_Aires"])
def test_time_zones_of_the_world_are_known(people: PeopleKit, time_zone: str) -> None:
    assert people.make_user(time_zone=time_zone).time_zone == time_zone


@pytest.mark.parametrize("time_zone", ["Europe", "Europe/Atlantis", "a/b/c"])
def test_others_are_not(people: PeopleKit, time_zone: str) -> None:
    assert mistakes(people.users().create_user, {**USER_VALUES, "time_zone": time_zone}) == [
        ("/time_zone", "schema.invalid")
    ]


def test_a_change_sets_what_it_names_and_makes_another_revision(people: PeopleKit) -> None:
    user = people.make_user()
    before = present_user(user)

    people.users().change_user(
        user.id, {"name": "A. Lovelace", "permission_sets": ["email-read"], "is_licensed": False}
    )

    changed = {"name": "A. Lovelace", "permission_sets": ["email-read"], "is_licensed": False}
    assert present_user(user) == {**before, **changed, "revision": user.revision}
    assert user.revision != before["revision"]


def test_a_change_of_nothing_leaves_the_revision(people: PeopleKit) -> None:
    user = people.make_user()
    revision, entries = user.revision, len(people.trail())

    people.users().change_user(user.id, {"name": user.name, "login": user.login})

    assert (user.revision, len(people.trail())) == (revision, entries)


def test_a_login_can_change_its_case_but_not_to_somebody_elses(people: PeopleKit) -> None:
    user = people.make_user("ada")
    people.make_user("bob")

    people.users().change_user(user.id, {"login": "Ada"})
    assert people.find("ada") is user
    assert mistakes(people.users().change_user, user.id, {"login": "BOB"}) == [("/login", "user.login_taken")]


@pytest.mark.parametrize(
    "values",
    [{"is_active": False}, {"permission_sets": ["email-edit"]}],
    ids=["deactivated", "without the set"],
)
def test_the_last_administrator_stays_one(people: PeopleKit, values: dict[str, Any]) -> None:
    user = people.make_administrator()

    with pytest.raises(WrongState) as refused:
        people.users().change_user(user.id, values)
    assert refused.value.code == "user.last_administrator"


def test_the_last_administrator_is_not_deleted(people: PeopleKit) -> None:
    user = people.make_administrator()

    with pytest.raises(WrongState):
        people.users().delete_user(user.id)


def test_with_another_one_an_administrator_may_go(people: PeopleKit) -> None:
    user = people.make_administrator("first")
    people.make_administrator("second")

    people.users().delete_user(user.id)

    assert people.find("first") is None


def test_a_deleted_users_tokens_end_and_his_login_is_free(people: PeopleKit) -> None:
    user = people.make_user()
    token, text = people.make_token(user)

    people.users().delete_user(user.id)

    assert people.authenticator.identify(text, "") is None
    assert tokens_of(people.hub).find(token.id) is None
    assert people.make_user().id != user.id


def test_a_reset_password_replaces_the_old_one(people: PeopleKit) -> None:
    user = people.make_user(password=PASSWORD)
    revision = user.revision

    made = people.users().reset_password(user.id)

    assert people.authenticator.verify_password("ada", PASSWORD) is None
    assert people.authenticator.verify_password("ada", made) is user
    assert user.must_change_password
    assert user.revision != revision


def test_users_are_listed_newest_first_in_pages(people: PeopleKit) -> None:
    for number in range(5):
        people.make_user(f"user{number}")
    seen, place = [], None
    while True:
        found, place = people.users().list_users(2, place)
        seen.append([user.login for user in found])
        if place is None:
            break

    assert seen == [["user4", "user3"], ["user2", "user1"], ["user0"]]


def test_a_full_last_page_has_no_next_one(people: PeopleKit) -> None:
    people.make_user("a")
    people.make_user("b")

    assert people.users().list_users(2)[1] is None


@pytest.mark.parametrize("id", ["", "nobody", "ada"])
def test_who_is_not_there_is_not_found(people: PeopleKit, id: str) -> None:
    people.make_user("ada")
    for act in (people.users().get_user, people.users().delete_user, people.users().reset_password):
        with pytest.raises(NotFound):
            act(id)


ACTS: dict[str, Any] = {
    "list": lambda users, id: users.list_users(1),
    "get": lambda users, id: users.get_user(id),
    "create": lambda users, id: users.create_user(USER_VALUES),
    "change": lambda users, id: users.change_user(id, {"name": "x"}),
    "delete": lambda users, id: users.delete_user(id),
    "reset": lambda users, id: users.reset_password(id),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_only_administrators_of_people_may(people: PeopleKit, act: Any) -> None:
    everything_else = [name for name in PERMISSION_SETS if name != "email-admin"]
    user = people.make_user("bob", permission_sets=everything_else)

    for id in (user.id, "nobody"):
        with pytest.raises(Denied):
            act(people.users(acting(user)), id)


def test_the_first_administrator_holds_all_sets(people: PeopleKit) -> None:
    made = people.users().create_first_administrator("root", None)

    assert made is not None
    assert set(made.user.permission_sets) == set(PERMISSION_SETS)
    assert made.one_time_password is not None
    assert people.authenticator.identify_local(None) is not None


def test_there_is_one_first_administrator_only(people: PeopleKit) -> None:
    people.users().create_first_administrator("root", PASSWORD)

    assert people.users().create_first_administrator("other", PASSWORD) is None
    assert people.find("other") is None


@pytest.mark.parametrize("password", ["short", "password1"])
def test_the_first_administrator_needs_a_good_password_too(people: PeopleKit, password: str) -> None:
    assert mistakes(people.users().create_first_administrator, "root", password) == [
        ("/password", "password.too_weak")
    ]


def test_every_change_is_in_the_trail_with_who_and_what(people: PeopleKit) -> None:
    root = people.make_administrator()
    bob = people.make_administrator("bob")
    identity = acting(root, token_id="t", address="192.0.2.7")
    people.users(identity).change_user(bob.id, {"name": "Bob"})
    people.users(identity).reset_password(bob.id)
    people.users(identity).delete_user(bob.id)

    deleted, reset, changed, created, *_ = people.trail()
    assert [entry.action for entry in (deleted, reset, changed, created)] == [
        "deleted",
        "password_reset",
        "changed",
        "created",
    ]
    assert {(entry.subject, entry.id) for entry in (deleted, reset, changed, created)} == {("user", bob.id)}
    assert (changed.user, changed.login, changed.token, changed.address) == (
        root.id,
        "root",
        "t",
        "192.0.2.7",
    )
    assert changed.before == {"name": "Ada Lovelace", "revision": "1"}
    assert changed.after == {"name": "Bob", "revision": "2"}
    assert (deleted.after, created.before) == (None, None)


def test_no_password_or_hash_gets_into_the_trail(people: PeopleKit) -> None:
    user = people.make_user(password=PASSWORD)
    made = people.users().reset_password(user.id)

    trail = repr(people.trail())
    assert PASSWORD not in trail
    assert made not in trail
    assert "argon2" not in trail


def test_refusals_leave_no_trace(people: PeopleKit) -> None:
    user = people.make_user()
    entries = len(people.trail())
    with pytest.raises(HubError):
        people.users().change_user(user.id, {"contact_email": "nonsense", "name": "x"})

    assert user.name == "Ada Lovelace"
    assert len(people.trail()) == entries
