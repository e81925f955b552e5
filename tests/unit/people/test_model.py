from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
import transaction
import ZODB
from ZODB.POSException import ConflictError

from mailhub.errors import WrongState
from mailhub.people.model import Place, User, Users, install, tokens_of, users_of
from mailhub.store.root import HubRoot
from tests.unit.people.kit import NOW, PeopleKit


def make_user(number: int, sets: tuple[str, ...] = ("email-admin",)) -> User:
    return User(
        Place(-number, f"id{number}"),
        login=f"User{number}",
        name="",
        contact_email="",
        kind="internal",
        is_licensed=True,
        permission_sets=sets,
        language="en",
        time_zone="UTC",
        is_active=True,
        password_hash=None,
        must_change_password=False,
        created_at=NOW,
    )


@pytest.fixture
def users() -> Users:
    users = Users()
    for number in range(1, 6):
        users.add(make_user(number))
    return users


@pytest.fixture
def two_connections() -> Iterator[list[Any]]:
    database = ZODB.DB(None)
    with database.transaction() as connection:
        connection.root.users = Users()
        for number in (1, 2):
            connection.root.users.add(make_user(number))
    connections = [database.open(transaction.TransactionManager()) for _ in range(2)]
    yield connections
    for connection in connections:
        connection.transaction_manager.abort()
        connection.close()
    database.close()


def test_installing_twice_keeps_who_is_there(people: PeopleKit) -> None:
    people.make_user()
    install(people.hub)

    assert people.find("ada") is not None


def test_installing_makes_both_folders() -> None:
    hub = HubRoot()
    install(hub)

    assert list(users_of(hub).iter_newest_first()) == []
    assert list(tokens_of(hub).iter_newest_first()) == []


def test_a_login_is_found_and_taken_in_any_case(users: Users) -> None:
    found = users.find_by_login("uSER1")

    assert found is not None
    assert found.login == "User1"
    assert not users.is_free("USER1")
    assert users.is_free("USER1", for_id="id1")
    assert users.is_free("user9")


def test_a_login_cannot_be_another_users_id(users: Users) -> None:
    assert not users.is_free("id3")


def test_a_renamed_user_leaves_the_old_login_free(users: Users) -> None:
    user = users.find("id1")
    assert user is not None
    users.rename(user, "ada")

    assert users.find_by_login("ADA") is user
    assert users.is_free("user1")


def test_users_are_listed_newest_first_page_by_page(users: Users) -> None:
    first = list(islice(users.iter_newest_first(), 2))
    rest = list(users.iter_newest_first(first[-1].place))

    assert [user.id for user in first + rest] == ["id5", "id4", "id3", "id2", "id1"]


def test_the_first_administrator_is_the_one_for_the_longest_time(users: Users) -> None:
    first = users.find_first_administrator()
    assert first is not None
    assert first.id == "id1"

    users.remove(first)
    second = users.find_first_administrator()
    assert second is not None
    assert second.id == "id2"


def test_the_last_administrator_cannot_be_removed(users: Users) -> None:
    for number in range(1, 5):
        users.remove(users._by_id[f"id{number}"])

    with pytest.raises(WrongState) as refused:
        users.remove(users._by_id["id5"])
    assert refused.value.code == "user.last_administrator"
    assert users.find("id5") is not None


def remove(users: Users, id: str) -> None:
    users.remove(users._by_id[id])


def deactivate(users: Users, id: str) -> None:
    user = users._by_id[id]
    user.is_active = False
    users.administrators.keep_in_step(user)


def take_set_away(users: Users, id: str) -> None:
    user = users._by_id[id]
    user.permission_sets = ("email-edit",)
    users.administrators.keep_in_step(user)


@pytest.mark.parametrize("second", [remove, deactivate, take_set_away])
@pytest.mark.parametrize("first", [remove, deactivate, take_set_away])
def test_of_two_who_each_take_one_of_the_last_two_administrators_one_conflicts_and_is_then_refused(
    two_connections: list[Any], first: Callable[[Users, str], None], second: Callable[[Users, str], None]
) -> None:
    one, other = two_connections
    first(one.root.users, "id1")
    second(other.root.users, "id2")
    one.transaction_manager.commit()
    with pytest.raises(ConflictError):
        other.transaction_manager.commit()
    other.transaction_manager.abort()

    other.transaction_manager.begin()
    with pytest.raises(WrongState):
        second(other.root.users, "id2")


def test_two_users_with_one_login_conflict(two_connections: list[Any]) -> None:
    one, other = two_connections
    for connection, number in [(one, 3), (other, 4)]:
        user = make_user(number, ())
        user.login = "ada"
        connection.root.users.add(user)
    one.transaction_manager.commit()

    with pytest.raises(ConflictError):
        other.transaction_manager.commit()


def test_tokens_of_a_user_end_together(people: PeopleKit) -> None:
    ada, bob = people.make_user("ada"), people.make_user("bob")
    hers = {people.make_token(ada).token.id for _ in range(3)}
    his = people.make_token(bob).token
    tokens = tokens_of(people.hub)

    assert set(tokens.remove_all_of(ada.id)) == hers
    assert list(tokens.iter_newest_first()) == [his]
    assert tokens.remove_all_of(ada.id) == []
