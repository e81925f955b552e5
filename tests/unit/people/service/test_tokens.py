import io
from datetime import timedelta
from typing import Any

import pytest

from mailhub.errors import Denied, Invalid, NotFound
from mailhub.people.identity import HUB, Identity
from mailhub.people.model import User
from mailhub.people.presenting import present_token
from tests.unit.people.kit import NOW, TOKEN_VALUES, PeopleKit, acting

ON_BEHALF = "messages:on-behalf"


def signed_in(people: PeopleKit, text: str, address: str = "192.0.2.7") -> Identity:
    identity = people.authenticator.identify(text, address)
    assert identity is not None
    return identity


def own(**values: Any) -> dict[str, Any]:
    return {**TOKEN_VALUES, **values}


@pytest.fixture
def ada(people: PeopleKit) -> User:
    return people.make_user("ada")


@pytest.fixture
def root(people: PeopleKit) -> User:
    return people.make_administrator()


def test_anybody_makes_tokens_of_his_own(people: PeopleKit, ada: User) -> None:
    for user in (None, ada.id, "ADA"):
        token, text = people.tokens(acting(ada)).create_token(own(user=user))
        assert token.user_id == ada.id
        assert signed_in(people, text).user_id == ada.id


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_only_an_administrator_makes_them_for_others(
    people: PeopleKit, ada: User, root: User, user: str
) -> None:
    with pytest.raises(Denied):
        people.tokens(acting(ada)).create_token(own(user=user))


def test_an_administrator_names_who_by_login_or_id(people: PeopleKit, ada: User, root: User) -> None:
    for user in (ada.id, "ada", "Ada"):
        assert people.tokens(acting(root)).create_token(own(user=user)).token.user_id == ada.id


def test_an_unknown_user_is_named_as_the_mistake(people: PeopleKit, root: User) -> None:
    with pytest.raises(Invalid) as refused:
        people.tokens(acting(root)).create_token(own(user="nobody"))
    assert (refused.value.errors[0].pointer, refused.value.code) == ("/user", "user.not_found")


def test_bounds_are_kept_sorted_and_once(people: PeopleKit, ada: User) -> None:
    expires_at = NOW + timedelta(days=1)
    token, _text = people.tokens(acting(ada)).create_token(
        own(
            scopes=["messages:write", "messages:read", "messages:read"],
            scenarios=["default"],
            accounts=["a1"],
            networks=["192.0.2.0/24", "2001:DB8::/32"],
            expires_at=expires_at,
        )
    )

    assert (
        present_token(token).items()
        >= {
            "user": ada.id,
            "name": "ERP",
            "scopes": ["messages:read", "messages:write"],
            "scenarios": ["default"],
            "accounts": ["a1"],
            "networks": ["192.0.2.0/24", "2001:db8::/32"],
            "expires_at": expires_at,
            "created_at": NOW,
        }.items()
    )


def test_wrong_networks_and_a_time_that_has_passed_are_told_at_once(people: PeopleKit, ada: User) -> None:
    with pytest.raises(Invalid) as refused:
        people.tokens(acting(ada)).create_token(
            own(networks=["10.0.0.0/8", "10.0.0.1/8", "x"], expires_at=NOW)
        )
    assert [error.pointer for error in refused.value.errors] == ["/networks/1", "/networks/2", "/expires_at"]


def test_only_an_administrator_grants_acting_for_others(people: PeopleKit, ada: User, root: User) -> None:
    with pytest.raises(Denied):
        people.tokens(acting(ada)).create_token(own(scopes=[ON_BEHALF]))

    token, text = people.tokens(acting(root)).create_token(
        own(user="ada", scopes=["messages:write", ON_BEHALF])
    )
    assert token.scopes is not None
    assert signed_in(people, text).scopes == frozenset({"messages:write", ON_BEHALF})


NARROW: dict[str, Any] = {
    "scopes": ["messages:read"],
    "scenarios": ["default"],
    "accounts": ["a1"],
    "networks": ["192.0.2.0/24"],
    "expires_at": NOW + timedelta(days=1),
}
WIDER: dict[str, Any] = {
    "scopes": ["messages:read", "messages:write"],
    "scenarios": ["default", "sales-invoice"],
    "accounts": ["a2"],
    "networks": ["192.0.0.0/16"],
    "expires_at": NOW + timedelta(days=2),
}


@pytest.mark.parametrize("field", NARROW)
def test_a_token_makes_none_that_may_do_more_than_itself(people: PeopleKit, ada: User, field: str) -> None:
    narrow = signed_in(people, people.make_token(ada, **NARROW).text)

    people.tokens(narrow).create_token(own(**NARROW))
    for wider in (None, WIDER[field]):
        with pytest.raises(Denied, match=field):
            people.tokens(narrow).create_token(own(**{**NARROW, field: wider}))


def test_a_token_that_administers_people_gives_scopes_but_leaves_no_other_bound(
    people: PeopleKit, root: User
) -> None:
    identity = signed_in(people, people.make_token(root, scopes=["admin"], networks=["192.0.2.0/24"]).text)

    people.tokens(identity).create_token(own(scopes=["messages:read"], networks=["192.0.2.0/25"]))
    with pytest.raises(Denied, match="networks"):
        people.tokens(identity).create_token(own(scopes=["messages:read"]))


def test_everybody_sees_his_own_and_an_administrator_all(people: PeopleKit, ada: User, root: User) -> None:
    hers, theirs = people.make_token(ada).token, people.make_token(root).token

    assert people.tokens(acting(ada)).list_tokens(10) == ([hers], None)
    assert people.tokens(acting(root)).list_tokens(10) == ([theirs, hers], None)


def test_tokens_are_listed_newest_first_in_pages(people: PeopleKit, ada: User) -> None:
    made = [people.make_token(ada).token for _ in range(3)]

    first, place = people.tokens(acting(ada)).list_tokens(2)
    rest, end = people.tokens(acting(ada)).list_tokens(2, place)

    assert first + rest == made[::-1]
    assert end is None


def test_a_revoked_token_is_dead_at_once(people: PeopleKit, ada: User) -> None:
    token, text = people.make_token(ada)

    people.tokens(acting(ada)).revoke_token(token.id)

    assert people.authenticator.identify(text, "") is None


def test_somebody_elses_token_is_as_if_it_were_not_there(people: PeopleKit, ada: User, root: User) -> None:
    token = people.make_token(root).token

    for id in (token.id, "nothing"):
        with pytest.raises(NotFound):
            people.tokens(acting(ada)).revoke_token(id)


def test_an_administrator_revokes_everybodys(people: PeopleKit, ada: User, root: User) -> None:
    token, text = people.make_token(ada)

    people.tokens(acting(root)).revoke_token(token.id)

    assert people.authenticator.identify(text, "") is None


def test_making_and_revoking_are_in_the_trail(people: PeopleKit, ada: User) -> None:
    token, text = people.tokens(acting(ada)).create_token(own())
    people.tokens(acting(ada)).revoke_token(token.id)

    revoked, made, *_ = people.trail()
    assert [(entry.subject, entry.action, entry.id) for entry in (revoked, made)] == [
        ("token", "deleted", token.id),
        ("token", "created", token.id),
    ]
    assert text not in repr(people.trail())


def test_no_dump_of_the_databases_holds_a_usable_token_cookie_or_password(
    people: PeopleKit, ada: User
) -> None:
    text = people.make_token(ada).text
    _user, password = people.new_user("bob")
    assert password is not None
    cookie = people.page_sessions.begin(ada, "192.0.2.7", "Firefox").text
    people.commit()
    dump = io.BytesIO()
    for database in (people.database, people.sessions_database):
        for transaction in database.storage.iterator():
            for record in transaction:
                dump.write(record.data)

    assert ada.login.encode() in dump.getvalue()
    assert text.encode() not in dump.getvalue()
    assert text[-43:].encode() not in dump.getvalue()
    assert password.encode() not in dump.getvalue()
    assert b"Firefox" in dump.getvalue()
    assert cookie[-43:].encode() not in dump.getvalue()


def test_the_hub_itself_makes_tokens_for_whom_it_names(people: PeopleKit, ada: User) -> None:
    assert people.tokens(HUB).create_token(own(user="ada")).token.user_id == ada.id
    with pytest.raises(Invalid):
        people.tokens(HUB).create_token(own())
