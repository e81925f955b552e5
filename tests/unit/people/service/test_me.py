from typing import Any

import pytest

from mailhub.errors import Invalid, NotFound, TooManyRequests
from mailhub.people.identity import HUB, Identity
from mailhub.people.model import sessions_of, tokens_of
from mailhub.people.tries import FREE_TRIES
from tests.unit.people.kit import PASSWORD, PeopleKit, acting

NEW = "battery horse staple"


def mistakes(act: Any, *arguments: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        act(*arguments)
    return [(error.pointer, error.code) for error in refused.value.errors]


def from_(people: PeopleKit, login: str, address: str) -> Identity:
    user = people.find(login)
    assert user is not None
    return acting(user, address=address)


def test_everybody_may_ask_who_he_is(people: PeopleKit) -> None:
    user = people.make_user(permission_sets=[])
    token, text = people.make_token(user)
    identity = people.authenticator.identify(text, "")
    assert identity is not None

    assert people.me(identity).get_me() == (user, token)
    assert people.me(acting(user)).get_me() == (user, None)
    with pytest.raises(NotFound):
        people.me(HUB).get_me()


def test_everybody_sets_his_language_theme_and_time_zone_and_nothing_else(people: PeopleKit) -> None:
    user = people.make_user(permission_sets=[])
    revision = user.revision
    wanted = {"language": "de", "theme": "dark", "time_zone": "Europe/Zurich", "name": "Bob", "login": "bob"}

    people.me(acting(user)).change_me(wanted)

    assert (user.language, user.theme, user.time_zone) == ("de", "dark", "Europe/Zurich")
    assert (user.name, user.login) == ("Ada Lovelace", "ada")
    assert user.revision != revision
    after = people.trail()[0].after
    assert after is not None
    assert after.items() >= {"language": "de", "theme": "dark", "time_zone": "Europe/Zurich"}.items()


def test_what_changes_nothing_is_no_change(people: PeopleKit) -> None:
    user = people.make_user()
    revision, rows = user.revision, len(people.trail())

    people.me(acting(user)).change_me({"theme": "system"})

    assert (user.revision, len(people.trail())) == (revision, rows)


def test_a_time_zone_must_be_one(people: PeopleKit) -> None:
    me = people.me(acting(people.make_user()))

    assert mistakes(me.change_me, {"time_zone": "Europe/Atlantis"}) == [("/time_zone", "schema.invalid")]


def test_a_password_is_changed_by_who_knows_it_and_nothing_else_ends(people: PeopleKit) -> None:
    user = people.make_user(password=PASSWORD)
    token = people.make_token(user).token
    session = people.page_sessions.begin(user, "192.0.2.7", "Firefox").session

    people.me(acting(user)).change_password(PASSWORD, NEW)

    assert people.authenticator.verify_password("ada", NEW) is user
    assert people.authenticator.verify_password("ada", PASSWORD) is None
    assert not user.must_change_password
    assert tokens_of(people.hub).find(token.id) is token
    assert sessions_of(people.hub).find(session.id) is session


def test_the_trail_knows_of_the_change_and_no_password(people: PeopleKit) -> None:
    user = people.make_user(password=PASSWORD)

    people.me(acting(user)).change_password(PASSWORD, NEW)

    row = people.trail()[0]
    assert (row.subject, row.action, row.user) == ("user", "password_changed", user.id)
    assert NEW not in repr(row)
    assert PASSWORD not in repr(row)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("wrong horse", NEW, [("/old", "password.wrong")]),
        ("wrong horse", "short", [("/old", "password.wrong"), ("/new", "password.too_weak")]),
        (PASSWORD, "short", [("/new", "password.too_weak")]),
        (PASSWORD, "password1", [("/new", "password.too_weak")]),
        (PASSWORD, PASSWORD, [("/new", "password.too_weak")]),
        (PASSWORD, "ada" * 400, [("/new", "password.too_weak")]),
    ],
)
def test_what_is_refused_changes_nothing(
    people: PeopleKit, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    user = people.make_user(password=PASSWORD)

    assert mistakes(people.me(acting(user)).change_password, old, new) == expected
    assert people.authenticator.verify_password("ada", PASSWORD) is user


def test_who_has_no_password_cannot_know_it(people: PeopleKit) -> None:
    user = people.make_user()
    user.password_hash = None

    assert mistakes(people.me(acting(user)).change_password, "", NEW) == [("/old", "password.wrong")]


def test_who_guesses_waits_and_even_the_right_password_must_wait_there(people: PeopleKit) -> None:
    people.make_user(password=PASSWORD)
    me = people.me(from_(people, "ada", "203.0.113.5"))
    for _try in range(FREE_TRIES):
        assert mistakes(me.change_password, "guess", NEW) == [("/old", "password.wrong")]

    with pytest.raises(TooManyRequests) as refused:
        me.change_password(PASSWORD, NEW)

    people.clock.advance(refused.value.retry_after_seconds)
    me.change_password(PASSWORD, NEW)


def test_a_thousand_guesses_from_elsewhere_lock_nobody_out(people: PeopleKit) -> None:
    user = people.make_user(password=PASSWORD)
    stranger = people.me(from_(people, "ada", "203.0.113.5"))
    refused = 0
    for _try in range(1_000):
        try:
            stranger.change_password("guess", NEW)
        except TooManyRequests:
            refused += 1
        except Invalid:
            continue

    assert refused == 1_000 - FREE_TRIES
    people.me(from_(people, "ada", "192.0.2.7")).change_password(PASSWORD, NEW)
    assert people.authenticator.verify_password("ada", NEW) is user


def test_the_right_password_ends_the_count(people: PeopleKit) -> None:
    people.make_user(password=PASSWORD)
    me = people.me(from_(people, "ada", "192.0.2.7"))
    for _round in range(3):
        for _try in range(FREE_TRIES - 1):
            mistakes(me.change_password, "guess", NEW)
        assert mistakes(me.change_password, PASSWORD, "short") == [("/new", "password.too_weak")]
