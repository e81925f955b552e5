from typing import Any

import pytest

from mailhub.errors import Denied, HubError, Invalid, NotFound
from mailhub.people.model import groups_of
from mailhub.people.permissions import PERMISSION_SETS
from tests.unit.people.kit import PeopleKit, acting


def mistakes(act: Any, *arguments: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        act(*arguments)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_a_group_has_the_users_that_were_named_by_login_or_id(people: PeopleKit) -> None:
    ada, bob = people.make_user("ada"), people.make_user("bob")

    group = people.groups().create_group({"name": "Sales", "users": ["ADA", bob.id, "ada"]})

    assert group.user_ids == tuple(sorted([ada.id, bob.id]))
    assert groups_of(people.hub).ids_of(ada.id) == {group.id}
    assert people.groups().get_group(group.id) is group


def test_all_mistakes_are_told_at_once(people: PeopleKit) -> None:
    people.make_user("ada")
    people.groups().create_group({"name": "Sales", "users": []})

    found = mistakes(people.groups().create_group, {"name": "SALES", "users": ["ada", "bob", "eve"]})

    assert found == [
        ("/name", "group.name_taken"),
        ("/users/1", "user.not_found"),
        ("/users/2", "user.not_found"),
    ]
    assert len(people.groups().list_groups(10)[0]) == 1


def test_a_list_of_users_is_the_whole_list(people: PeopleKit) -> None:
    ada, bob = people.make_user("ada"), people.make_user("bob")
    group = people.groups().create_group({"name": "Sales", "users": ["ada"]})
    revision = group.revision

    people.groups().change_group(group.id, {"users": ["bob"]})

    assert group.user_ids == (bob.id,)
    assert groups_of(people.hub).ids_of(ada.id) == frozenset()
    assert group.revision != revision
    row = people.trail()[0]
    assert row.before == {"users": [ada.id], "revision": revision}
    assert row.after == {"users": [bob.id], "revision": group.revision}


def test_a_group_may_keep_its_name_in_another_case_and_gives_it_back(people: PeopleKit) -> None:
    sales = people.groups().create_group({"name": "Sales", "users": []})
    people.groups().change_group(sales.id, {"name": "SALES"})
    people.groups().change_group(sales.id, {"name": "Marketing"})

    people.groups().create_group({"name": "sales", "users": []})

    assert mistakes(people.groups().change_group, sales.id, {"name": "Sales"}) == [
        ("/name", "group.name_taken")
    ]


def test_what_changes_nothing_is_no_change(people: PeopleKit) -> None:
    people.make_user("ada")
    group = people.groups().create_group({"name": "Sales", "users": ["ada"]})
    revision, rows = group.revision, len(people.trail())

    people.groups().change_group(group.id, {"name": "Sales", "users": ["ada"]})

    assert (group.revision, len(people.trail())) == (revision, rows)


def test_a_deleted_group_leaves_nothing(people: PeopleKit) -> None:
    ada = people.make_user("ada")
    group = people.groups().create_group({"name": "Sales", "users": ["ada"]})

    people.groups().delete_group(group.id)

    with pytest.raises(NotFound):
        people.groups().get_group(group.id)
    assert groups_of(people.hub).ids_of(ada.id) == frozenset()
    assert people.groups().list_groups(10) == ([], None)
    assert people.trail()[0].action == "deleted"


def test_a_deleted_user_is_in_no_group_any_more(people: PeopleKit) -> None:
    ada, bob = people.make_user("ada"), people.make_user("bob")
    group = people.groups().create_group({"name": "Sales", "users": ["ada", "bob"]})
    other = people.groups().create_group({"name": "Others", "users": ["bob"]})
    revisions = group.revision, other.revision

    people.users().delete_user(ada.id)

    assert group.user_ids == (bob.id,)
    assert group.revision != revisions[0]
    assert (other.user_ids, other.revision) == ((bob.id,), revisions[1])
    before = people.trail()[0].before
    assert before is not None
    assert before["groups"] == [group.id]


def test_the_newest_group_comes_first_page_by_page(people: PeopleKit) -> None:
    made = [people.groups().create_group({"name": str(number), "users": []}) for number in range(5)]

    first, place = people.groups().list_groups(3)
    rest, end = people.groups().list_groups(3, place)

    assert [*first, *rest] == made[::-1]
    assert end is None


@pytest.mark.parametrize("sets", [name for name in PERMISSION_SETS if name != "email-admin"])
def test_groups_are_for_administrators(people: PeopleKit, sets: str) -> None:
    groups = people.groups(acting(people.make_user(permission_sets=[sets])))
    calls: list[tuple[Any, ...]] = [
        (groups.list_groups, 1),
        (groups.get_group, "g"),
        (groups.create_group, {"name": "Sales", "users": []}),
        (groups.change_group, "g", {}),
        (groups.delete_group, "g"),
    ]
    for act, *arguments in calls:
        with pytest.raises(HubError) as refused:
            act(*arguments)
        assert isinstance(refused.value, Denied)
