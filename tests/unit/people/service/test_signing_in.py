import pytest
from transaction import TransactionManager
from ZODB.POSException import ReadConflictError

from mailhub.errors import Invalid, TooManyRequests
from mailhub.people.model import User, sessions_of
from mailhub.people.passwords import CHEAPEST_PROFILE, HashProfile, PasswordHasher
from mailhub.people.permissions import granted_by
from mailhub.people.service import NewSession, SignedIn
from mailhub.people.service.users import ONE_TIME_PASSWORD_LASTS
from mailhub.people.tries import FREE_TRIES, NETWORK_TRIES
from mailhub.store.root import get_hub
from mailhub.store.shards import Shard, ShardState
from tests.unit.people.kit import LIMITS, NOW, PASSWORD, PeopleKit, acting

OFFICE, ELSEWHERE = "192.0.2.7", "203.0.113.5"
NEW = "battery horse staple"


@pytest.fixture
def ada(people: PeopleKit) -> User:
    return people.make_user("ada", password=PASSWORD)


def sign_in(
    people: PeopleKit, login: str = "ada", password: str = PASSWORD, address: str = OFFICE
) -> NewSession:
    return people.signing_in.sign_in(login, password, address, "Firefox")


def refusal(people: PeopleKit, *arguments: str) -> list[tuple[str, str, str]]:
    with pytest.raises(Invalid) as refused:
        sign_in(people, *arguments)
    return [(each.pointer, each.code, str(each.message)) for each in refused.value.errors]


def find(people: PeopleKit, text: str) -> SignedIn | None:
    return people.signing_in.find(text, OFFICE)


def test_who_signs_in_is_known_by_what_his_cookie_holds(people: PeopleKit, ada: User) -> None:
    session, text = sign_in(people)

    found = find(people, text)

    assert found is not None
    assert (found.session, found.user) == (session, ada)
    identity = found.identity
    assert (identity.user_id, identity.login, identity.session_id) == (ada.id, "ada", session.id)
    assert (identity.via, identity.address, identity.token_id) == ("page", OFFICE, None)
    assert identity.permissions == granted_by(frozenset({"email-edit"}))
    assert (session.address, session.user_agent, session.created_at) == (OFFICE, "Firefox", NOW)


def test_case_and_spaces_around_a_login_do_not_matter(people: PeopleKit, ada: User) -> None:
    assert sign_in(people, " ADA ").session.user_id == ada.id


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("ada", "wrong horse"),
        ("ada", ""),
        ("ada", "\udcff"),
        ("nobody", PASSWORD),
        ("", ""),
        ("x" * 10_000, PASSWORD),
        ("ada\0", PASSWORD),
        ("gone", PASSWORD),
        ("program", ""),
    ],
)
def test_whatever_is_wrong_gets_one_sentence_and_no_session(
    people: PeopleKit, ada: User, login: str, password: str
) -> None:
    people.make_user("gone", password=PASSWORD, is_active=False)
    people.make_user("program").password_hash = None

    assert refusal(people, login, password) == [("", "signin.wrong", "Login or password are not right.")]
    assert list(sessions_of(people.hub).iter_all()) == []


@pytest.mark.parametrize("login", ["ada", "nobody", "gone"])
def test_every_refusal_costs_one_verification_and_one_row(
    people: PeopleKit, ada: User, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    people.make_user("gone", password=PASSWORD, is_active=False)
    rows, verified = len(people.trail()), []
    verify = PasswordHasher.verify

    def counting(hasher: PasswordHasher, password: str, stored: str | None) -> bool:
        verified.append(login)
        return verify(hasher, password, stored)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    refusal(people, login, "wrong horse")

    assert (len(verified), len(people.trail()) - rows) == (1, 1)


def test_the_trail_knows_of_sign_ins_and_of_failed_ones_and_not_what_was_typed(
    people: PeopleKit, ada: User
) -> None:
    refusal(people, "ada", "wrong horse", ELSEWHERE)
    refusal(people, "hunter2, oops", "wrong horse", ELSEWHERE)
    session = sign_in(people).session
    people.signing_in.sign_out(session, OFFICE)

    out, begun, nobody, failed = people.trail()[:4]
    assert (failed.action, failed.subject, failed.id, failed.user) == ("sign_in_failed", "user", ada.id, "")
    assert (nobody.action, nobody.id, nobody.address) == ("sign_in_failed", "", ELSEWHERE)
    assert (begun.action, begun.subject, begun.id, begun.user) == ("signed_in", "session", session.id, ada.id)
    assert (begun.via, begun.address) == ("page", OFFICE)
    assert (out.action, out.id, out.user) == ("signed_out", session.id, ada.id)
    for row in people.trail():
        assert "wrong horse" not in repr(row)
        assert "hunter2" not in repr(row)
        assert PASSWORD not in repr(row)


def test_a_new_sign_in_is_a_new_session_and_signing_out_ends_that_one_alone(
    people: PeopleKit, ada: User
) -> None:
    first, second = sign_in(people), sign_in(people)
    assert first.text != second.text

    people.signing_in.sign_out(first.session)

    assert find(people, first.text) is None
    assert find(people, second.text) is not None


def test_a_session_ends_unused_and_goes_on_in_use(people: PeopleKit, ada: User) -> None:
    used, unused = sign_in(people), sign_in(people)
    people.clock.advance(LIMITS.idle.total_seconds() - 1)
    people.signing_in.note_use(used.session)
    people.clock.advance(1)

    assert find(people, unused.text) is None
    assert find(people, used.text) is not None


def test_a_stranger_who_guesses_waits_and_whose_account_it_is_does_not(people: PeopleKit, ada: User) -> None:
    refused = 0
    for _try in range(1_000):
        try:
            sign_in(people, "ada", "guess", ELSEWHERE)
        except TooManyRequests:
            refused += 1
        except Invalid:
            continue

    assert refused == 1_000 - FREE_TRIES
    assert sign_in(people, address=OFFICE).session.user_id == ada.id
    with pytest.raises(TooManyRequests) as wait:
        sign_in(people, address=ELSEWHERE)
    people.clock.advance(wait.value.retry_after_seconds)
    assert sign_in(people, address=ELSEWHERE).session.user_id == ada.id


def test_who_tries_one_password_with_everybody_s_login_waits(people: PeopleKit, ada: User) -> None:
    for number in range(NETWORK_TRIES):
        refusal(people, f"user{number}", "Winter2026!", ELSEWHERE)

    with pytest.raises(TooManyRequests):
        sign_in(people, "one-more", "Winter2026!", ELSEWHERE)
    assert sign_in(people, address=OFFICE).session.user_id == ada.id


def test_very_long_logins_count_as_one(people: PeopleKit) -> None:
    for number in range(FREE_TRIES):
        refusal(people, f"{number}" * 300, PASSWORD)

    with pytest.raises(TooManyRequests):
        sign_in(people, "x" * 300)


def test_the_right_password_ends_the_count(people: PeopleKit, ada: User) -> None:
    for _round in range(2 * NETWORK_TRIES // FREE_TRIES):
        for _try in range(FREE_TRIES - 1):
            refusal(people, "ada", "guess")
        sign_in(people)
        people.clock.advance(10 * FREE_TRIES)


def test_a_sign_in_relies_on_the_user_as_he_was_when_his_password_was_compared(
    people: PeopleKit, ada: User
) -> None:
    """A reset by another process, which writes by other numbers, finds no session to end and is stored first."""
    people.commit()
    sign_in(people)
    manager = TransactionManager()
    elsewhere = people.database.open(manager)
    hub = get_hub(elsewhere)
    people.users(shard=Shard(3, ShardState(), NOW, lambda _topic: None), hub=hub).reset_password(ada.id)
    manager.commit()

    with pytest.raises(ReadConflictError):
        people.commit()
    people.connection.transaction_manager.abort()
    assert list(sessions_of(people.hub).iter_all()) == []


@pytest.mark.parametrize("what", ["disable", "delete", "reset"])
def test_what_administrators_do_ends_sessions_at_once(people: PeopleKit, ada: User, what: str) -> None:
    people.make_administrator()
    text = sign_in(people).text

    if what == "disable":
        people.users().change_user(ada.id, {"is_active": False})
    elif what == "delete":
        people.users().delete_user(ada.id)
    else:
        people.users().reset_password(ada.id)

    assert find(people, text) is None
    assert list(sessions_of(people.hub).iter_all()) == []


def test_a_one_time_password_must_give_way_and_is_worth_nothing_afterwards(people: PeopleKit) -> None:
    user, one_time = people.new_user("ada")
    assert one_time is not None
    text = sign_in(people, "ada", one_time).text
    elsewhere = sign_in(people, "ada", one_time).text
    found = find(people, text)
    assert found is not None
    assert found.user.must_change_password

    people.me(found.identity).change_password(one_time, NEW)

    assert not user.must_change_password
    assert find(people, text) is not None
    assert find(people, elsewhere) is None
    refusal(people, "ada", one_time)
    assert sign_in(people, "ada", NEW).session.user_id == user.id


@pytest.mark.parametrize("is_reset", [False, True])
def test_a_one_time_password_that_nobody_used_ends_and_an_own_one_does_not(
    people: PeopleKit, is_reset: bool
) -> None:
    user, one_time = people.new_user("ada")
    if is_reset:
        one_time = people.users().reset_password(user.id)
    assert one_time is not None
    people.clock.advance(ONE_TIME_PASSWORD_LASTS.total_seconds() - 1)
    sign_in(people, "ada", one_time)
    people.clock.advance(1)
    refusal(people, "ada", one_time)

    again = people.users().reset_password(user.id)
    people.me(acting(user)).change_password(again, NEW)
    people.clock.advance(100 * ONE_TIME_PASSWORD_LASTS.total_seconds())
    assert sign_in(people, "ada", NEW).session.user_id == user.id


def test_a_new_password_ends_the_other_sessions_if_one_wants(people: PeopleKit, ada: User) -> None:
    bob = people.make_user("bob", password=PASSWORD)
    mine, other, theirs = sign_in(people), sign_in(people), sign_in(people, "bob")
    me = people.me(acting(ada))

    me.change_password(PASSWORD, NEW)
    assert [find(people, each.text) is None for each in (mine, other, theirs)] == [False] * 3
    me.change_password(NEW, PASSWORD, keep_session=mine.session.id, end_other_sessions=True)

    assert [find(people, each.text) is None for each in (mine, other, theirs)] == [False, True, False]
    after = people.trail()[0].after
    assert after is not None
    assert after["ended_sessions"] == [other.session.id]
    assert [each.user_id for each in sessions_of(people.hub).iter_all()].count(bob.id) == 1


def test_all_sessions_but_the_one_in_hand_end_together(people: PeopleKit, ada: User) -> None:
    mine, other = sign_in(people), sign_in(people)

    assert people.sessions(acting(ada)).end_all(keep=mine.session.id) == 1

    assert (find(people, mine.text) is None, find(people, other.text) is None) == (False, True)


def test_a_hash_of_other_parameters_is_made_anew_at_the_sign_in(people: PeopleKit, ada: User) -> None:
    profile = HashProfile(memory_kib=16, time_cost=CHEAPEST_PROFILE.time_cost, parallelism=1)
    people.hasher = PasswordHasher(profile, people.entropy)

    sign_in(people)

    assert ada.password_hash is not None
    assert "m=16," in ada.password_hash
