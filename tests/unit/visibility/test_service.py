"""What one caller sees, lists and counts, whoever wrote it and whenever."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.errors import Denied, NotFound
from mailhub.messages.indexes import index_reassigned
from mailhub.messages.model import Message, Related
from mailhub.messages.states import BOXES, GROUPS, STATUSES
from mailhub.people.permissions import Permission
from mailhub.visibility import service, walking
from mailhub.visibility.seeing import Sight
from mailhub.visibility.service import MessageFilters

from .kit import BOB, EVE, STEPS, Evaluator, MailKit

INVOICE = Related("sales-invoice", "103001")
USER = Related("user", "bob")


@pytest.fixture
def mail() -> MailKit:
    return MailKit()


def test_own_mail_is_seen_whatever_the_policy_says(mail: MailKit) -> None:
    message = mail.find(mail.put(related=[USER]))

    for evaluator in (None, Evaluator("none"), Evaluator(ValueError())):
        assert mail.reader(BOB, evaluator).can_see(message)


@pytest.mark.parametrize(
    ("evaluator", "sees"),
    [
        (Evaluator("all"), True),
        (Evaluator("none", True), False),
        (Evaluator("some", True), True),
        (Evaluator("some", False), False),
        (Evaluator("some", "yes"), False),
        (Evaluator("some", ValueError()), False),
        (Evaluator("maybe", True), False),
        (Evaluator(ValueError(), True), False),
        (None, False),
    ],
)
def test_others_mail_is_seen_as_the_policy_says_and_errors_count_as_no(
    mail: MailKit, evaluator: Evaluator | None, sees: bool
) -> None:
    message_id = mail.put(related=[INVOICE])
    reader = mail.reader(EVE, evaluator)

    assert reader.can_see(mail.find(message_id)) is sees
    if sees:
        assert reader.get(message_id).id == message_id
    else:
        with pytest.raises(NotFound):
            reader.get(message_id)


def test_policies_are_asked_once_per_set_of_kinds_without_users(mail: MailKit) -> None:
    evaluator = Evaluator("all")
    reader = mail.reader(EVE, evaluator)
    for related in ([INVOICE, USER], [INVOICE], [USER]):
        reader.can_see(mail.find(mail.put(related=related)))

    assert evaluator.asked == [frozenset({"sales-invoice"}), frozenset()]


def test_what_is_hidden_and_what_is_not_there_are_alike(mail: MailKit) -> None:
    hidden = mail.put()
    answers = []
    for message_id in (hidden, hidden[:-1] + "x", "x" * 24, "", "ä" * 24):
        with pytest.raises(NotFound) as caught:
            mail.reader(EVE).get(message_id)
        answers.append((caught.value.code, str(caught.value)))

    assert len(set(answers)) == 1
    assert answers[0][0] == "message.not_found"


def test_who_has_nothing_to_do_with_messages_is_denied(mail: MailKit) -> None:
    reader = mail.reader(replace(BOB, permissions=frozenset({Permission.SETUP_WRITE})))

    for act in (
        lambda: reader.get("x"),
        lambda: reader.list_messages(MessageFilters(), 10),
        reader.counts,
    ):
        with pytest.raises(Denied):
            act()


def test_a_list_is_newest_first_over_months_and_writers() -> None:
    mail = MailKit(datetime(2026, 10, 31, 23, 59, 58, tzinfo=UTC))
    put = [mail.put(writer=number % 3 + 1) for number in range(6)]
    mail.later(40)
    put += [mail.put(writer=number % 2 + 1) for number in range(4)]

    assert mail.ids() == put[::-1]
    assert mail.ids(limit=3) == put[::-1]


def test_index_entries_of_other_writers_count_and_their_stale_ones_do_not(mail: MailKit) -> None:
    """One process accepts and another one sends: what the second cannot take out of the first's trees stays there."""
    queued = mail.put(writer=1)
    failed = mail.put("failed", writer=1, changed_by=2)
    cancelled = mail.put("cancelled", writer=1, changed_by=2)
    sent = mail.put("sent", writer=1, changed_by=3)

    assert mail.ids(status="queued") == [queued]
    assert mail.ids(box="outbox") == [cancelled, failed, queued]
    assert mail.ids(status="failed") == [failed]
    assert mail.ids(box="sent") == [sent]
    mail.move(failed, "retried", writer=1)
    assert mail.ids(status="failed") == []
    assert mail.ids(status="queued") == [failed, queued]


def test_a_message_that_moved_to_another_account_is_found_there_only(mail: MailKit) -> None:
    message = mail.find(mail.put(account="old", writer=1))
    message.account_id = "new"
    index_reassigned(mail.hub, mail.shard(2), message, "old", message.lane_id)

    for box in (None, "outbox"):
        assert mail.ids(account="old", box=box) == []
        assert mail.ids(account="new", box=box) == [message.id]


def test_the_sent_box_goes_by_the_time_of_sending(mail: MailKit) -> None:
    first, second = mail.put(), mail.put()
    mail.move(second, "sending", "sent")
    mail.later(31)
    mail.move(first, "sending", "sent", writer=2)

    assert mail.ids(box="sent") == [first, second]
    assert mail.ids() == [second, first]
    sent_at = mail.find(first).sent_at
    assert mail.ids(box="sent", since=sent_at) == [first]
    assert mail.ids(box="sent", until=sent_at) == [second]
    assert mail.ids(since=sent_at) == []


def test_a_page_looks_at_no_more_than_its_budget_and_says_where_to_go_on(
    mail: MailKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facets that hardly meet: each is long, few are in both."""
    monkeypatch.setattr(service, "LOOK_AT_MOST", 10)
    wanted = [mail.put(scenario="rare", account="sales")]
    for _number in range(30):
        mail.put(scenario="rare", account="other")
        mail.put(scenario="other", account="sales")
    wanted.append(mail.put(scenario="rare", account="sales"))
    page = mail.reader().list_messages(MessageFilters(scenario="rare", account="sales"), 5)

    assert [each.id for each in page.messages] == wanted[1:]
    assert page.next_below is not None
    assert mail.ids(scenario="rare", account="sales") == wanted[::-1]


def test_leaping_passes_over_long_runs_at_once(mail: MailKit) -> None:
    wanted = mail.put(scenario="rare")
    for _number in range(500):
        mail.put(scenario="other", seconds=0)
    walk = walking.Walk("created", (("owner:bob",), ("scenario:rare",)))
    budget = walking.Budget(10)

    (place,) = walking.iter_places(mail.hub.messages, walk, budget)

    assert place == walking.Place(mail.find(wanted).key, is_match=True)
    assert budget.left >= 7


def test_an_owner_of_many_messages_costs_a_stranger_nothing(mail: MailKit) -> None:
    for _number in range(50):
        mail.put(seconds=0)
    budget = walking.Budget(2)

    assert (
        list(walking.iter_places(mail.hub.messages, walking.Walk("created", (("owner:eve",),)), budget)) == []
    )
    assert budget.left == 2


def test_a_bound_token_lists_and_counts_within_its_bounds(mail: MailKit) -> None:
    inside = [mail.put(status, account="a", scenario="s") for status in ("queued", "sent")]
    inside.append(mail.put("draft", account="", scenario="s"))
    for account, scenario in (("b", "s"), ("a", "t"), ("", "t"), ("aa", "s")):
        mail.put("draft", account=account, scenario=scenario)
        mail.put("sent", account=account, scenario=scenario)
    bound = replace(BOB, accounts=frozenset({"a"}), scenarios=frozenset({"s"}))

    assert mail.ids(bound) == inside[::-1]
    counts = mail.reader(bound).counts()
    assert (counts.drafts, counts.waiting, counts.sent_30_days) == (1, 1, 1)
    counts = mail.reader(replace(BOB, accounts=frozenset())).counts()
    assert (counts.drafts, counts.waiting, counts.sent_30_days) == (2, 0, 0)


def test_what_counting_costs_does_not_grow_with_the_mail(
    mail: MailKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def is_in_bounds(_sight: Sight, *place: str) -> bool:
        asked.append(place)
        return True

    for number in range(40):
        mail.put("sent", account=("a", "b")[number % 2], writer=1 + number % 2)
        mail.later(1)
    monkeypatch.setattr(Sight, "is_in_bounds", is_in_bounds)

    assert mail.reader().counts().sent_30_days == 29
    assert len(asked) == 2 * len(STATUSES)


def test_counts_are_the_callers_and_sent_ones_of_thirty_days(mail: MailKit) -> None:
    mail.put("sent")
    mail.later(29)
    for status in ("queued", "sending", "sent", "failed", "in_doubt", "cancelled"):
        mail.put(status, related=[INVOICE] if status == "sent" else [], writer=2)
    mail.put("failed", owner="eve")
    counts = mail.reader().counts()

    assert (counts.drafts, counts.waiting, counts.failed, counts.in_doubt) == (0, 2, 1, 1)
    assert counts.sent_30_days == 2
    mail.later(1)
    assert mail.reader().counts().sent_30_days == 1
    assert mail.reader(EVE).counts().failed == 1


SOME = st.lists(
    st.tuples(
        st.sampled_from(sorted(STEPS)),
        st.sampled_from(["bob", "eve"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["s", "t"]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([0.0, 1.0, 20 * 86400.0]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    messages=SOME,
    box=st.sampled_from([None, *BOXES]),
    status=st.sampled_from([None, *GROUPS]),
    account=st.sampled_from([None, "a"]),
    scenario=st.sampled_from([None, "s"]),
    limit=st.integers(1, 4),
)
def test_a_list_is_what_reading_everything_would_give(
    messages: list[tuple[str, str, str, str, int, int, float]],
    box: str | None,
    status: str | None,
    account: str | None,
    scenario: str | None,
    limit: int,
) -> None:
    mail = MailKit()
    for end, owner, by, what, writer, changed_by, seconds in messages:
        mail.put(
            end,
            owner=owner,
            account=by,
            scenario=what,
            writer=writer,
            changed_by=changed_by,
            seconds=seconds,
        )

    def fits(message: Message) -> bool:
        return (
            message.owner_id == "bob"
            and (box is None or GROUPS[message.status] in BOXES[box])
            and status in (None, message.status)
            and account in (None, message.account_id)
            and scenario in (None, message.scenario)
        )

    everything = [
        message
        for writers in mail.hub.messages.months.values()
        for shard in writers.values()
        for message in shard.messages.values()
        if fits(message)
    ]
    everything.sort(
        key=lambda message: message.sent_at if box == "sent" else message.created_at, reverse=True
    )
    listed = mail.ids(limit=limit, box=box, status=status, account=account, scenario=scenario)

    assert len(listed) == len(set(listed))
    assert set(listed) == {message.id for message in everything}
    if box != "sent":
        assert listed == [message.id for message in sorted(everything, key=lambda each: -each.key)]
