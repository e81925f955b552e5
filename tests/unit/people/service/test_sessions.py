from datetime import timedelta

import pytest

from mailhub.errors import NotFound
from mailhub.people.model import Session, User, sessions_of
from mailhub.people.service.sessions import MOST_SESSIONS
from tests.unit.people.kit import LIMITS, NOW, PeopleKit, acting

MINUTE = 60.0
HOUR = 3_600.0


@pytest.fixture
def ada(people: PeopleKit) -> User:
    return people.make_user("ada")


def begin(people: PeopleKit, user: User, address: str = "192.0.2.7") -> tuple[Session, str]:
    return people.page_sessions.begin(user, address, "Firefox")


def listed(people: PeopleKit, user: User) -> list[Session]:
    return [shown.session for shown in people.sessions(acting(user)).list_sessions(200)[0]]


def test_a_session_is_known_again_by_its_text_alone(people: PeopleKit, ada: User) -> None:
    session, text = begin(people, ada)

    assert people.page_sessions.find(text) == (session, ada)
    assert people.page_sessions.find(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
    assert people.page_sessions.find(session.id) is None
    assert people.page_sessions.find("") is None
    assert text.encode() not in session.digest


def test_two_sign_ins_are_two_sessions(people: PeopleKit, ada: User) -> None:
    assert begin(people, ada)[1] != begin(people, ada)[1]


def test_an_unused_session_ends(people: PeopleKit, ada: User) -> None:
    text = begin(people, ada)[1]

    people.clock.advance(HOUR - 1)
    assert people.page_sessions.find(text) is not None
    people.clock.advance(1)
    assert people.page_sessions.find(text) is None
    assert listed(people, ada) == []


def test_a_used_session_goes_on_and_is_over_in_the_end(people: PeopleKit, ada: User) -> None:
    session, text = begin(people, ada)
    for _half_hour in range(23):
        people.clock.advance(HOUR / 2)
        assert people.page_sessions.find(text) is not None
        people.page_sessions.note_use(session)

    people.clock.advance(HOUR / 2)
    assert people.page_sessions.find(text) is None


def test_use_is_written_every_five_minutes_at_most(people: PeopleKit, ada: User) -> None:
    session, _text = begin(people, ada)

    people.clock.advance(5 * MINUTE - 1)
    people.page_sessions.note_use(session)
    assert session.last_seen_at == NOW
    people.clock.advance(1)
    people.page_sessions.note_use(session)
    assert session.last_seen_at == NOW + timedelta(minutes=5)


def test_signing_out_kills_the_cookie(people: PeopleKit, ada: User) -> None:
    session, text = begin(people, ada)

    people.page_sessions.end(session)

    assert people.page_sessions.find(text) is None


def test_who_is_no_longer_active_is_signed_out_at_once_and_stays_it(people: PeopleKit, ada: User) -> None:
    text = begin(people, ada)[1]

    people.users().change_user(ada.id, {"is_active": False})
    assert people.page_sessions.find(text) is None
    people.users().change_user(ada.id, {"is_active": True})
    assert people.page_sessions.find(text) is None


def test_a_reset_password_and_a_deleted_user_end_sessions(people: PeopleKit, ada: User) -> None:
    bob = people.make_user("bob")
    texts = [begin(people, ada)[1], begin(people, bob)[1]]

    people.users().reset_password(ada.id)
    people.users().delete_user(bob.id)

    assert [people.page_sessions.find(text) for text in texts] == [None, None]
    assert list(sessions_of(people.hub).iter_all()) == []


def test_everybody_sees_and_ends_his_own_only(people: PeopleKit, ada: User) -> None:
    bob = people.make_user("bob")
    mine, theirs = begin(people, ada)[0], begin(people, bob)[0]

    assert listed(people, ada) == [mine]
    with pytest.raises(NotFound):
        people.sessions(acting(ada)).end_session(theirs.id)
    people.sessions(acting(ada)).end_session(mine.id)
    assert (listed(people, ada), listed(people, bob)) == ([], [theirs])
    row = people.trail()[0]
    assert (row.subject, row.action, row.id, row.user) == ("session", "deleted", mine.id, ada.id)


def test_all_of_ones_sessions_end_together(people: PeopleKit, ada: User) -> None:
    bob = people.make_user("bob")
    for _session in range(3):
        begin(people, ada)
    theirs = begin(people, bob)[0]

    people.sessions(acting(ada)).end_all()

    assert (listed(people, ada), listed(people, bob)) == ([], [theirs])


def test_the_newest_session_comes_first_page_by_page(people: PeopleKit, ada: User) -> None:
    made = []
    for _session in range(5):
        made.append(begin(people, ada)[0])
        people.clock.advance(1)
    service = people.sessions(acting(ada))

    first, place = service.list_sessions(3)
    rest, end = service.list_sessions(3, place)

    assert [shown.session for shown in [*first, *rest]] == made[::-1]
    assert end is None
    assert first[0].ends_at == made[-1].created_at + LIMITS.idle


def test_dead_sessions_go_at_the_next_sign_in_and_nobody_has_very_many(people: PeopleKit, ada: User) -> None:
    begin(people, ada)
    people.clock.advance(2 * HOUR)
    for _session in range(MOST_SESSIONS + 5):
        people.clock.advance(1)
        newest = begin(people, ada)[0]

    assert len(list(sessions_of(people.hub).iter_all())) == MOST_SESSIONS
    assert listed(people, ada)[0] is newest


def test_a_long_browser_name_is_cut(people: PeopleKit, ada: User) -> None:
    session = people.page_sessions.begin(ada, "192.0.2.7", "x" * 10_000).session

    assert len(session.user_agent) == 250
