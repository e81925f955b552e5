"""Lists by related record, by tag and by words: what they show is what reading everything would give."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.errors import Invalid
from mailhub.messages import model
from mailhub.messages.indexes import index_changed, index_removed, indexed
from mailhub.messages.model import Message, Related, Words, messages_of
from mailhub.messages.states import BOXES, GROUPS
from mailhub.messages.words import fits, prefixes_of, words_of
from mailhub.visibility import service, walking
from mailhub.visibility.service import MessageFilters

from .kit import STEPS, MailKit

INVOICE = Related("sales-invoice", "103001")
ORDER = Related("sales-order", "103001")
BOB_HIMSELF = Related("user", "bob")
EVE_HERSELF = Related("user", "eve")


@pytest.fixture
def mail() -> MailKit:
    return MailKit()


def test_messages_are_found_by_the_kind_and_the_record_they_belong_to(mail: MailKit) -> None:
    both = mail.put(related=[INVOICE, ORDER, BOB_HIMSELF])
    sent = mail.put("sent", related=[INVOICE, BOB_HIMSELF])
    mail.put(related=[BOB_HIMSELF])

    assert mail.ids(kind="sales-invoice") == [sent, both]
    assert mail.ids(kind="sales-order", record="103001") == [both]
    assert mail.ids(kind="sales-order", record="103") == []
    assert mail.ids(kind="sales-invoice", record="103001", box="sent") == [sent]


def test_the_sender_is_a_related_record_though_nothing_is_written_for_it(mail: MailKit) -> None:
    own = mail.put(related=[BOB_HIMSELF])
    about_eve = mail.put(related=[BOB_HIMSELF, EVE_HERSELF])
    nobody = mail.put("draft")

    assert mail.ids(kind="user") == [about_eve, own]
    assert mail.ids(kind="user", record="bob") == [about_eve, own]
    assert mail.ids(kind="user", record="eve") == [about_eve]
    assert nobody in mail.ids()
    with_eve = {facet for facet in indexed(mail.find(about_eve)).facets if "user" in facet}
    assert with_eve == {"kind:user", "record:user:eve"}
    assert not any("user" in facet for facet in indexed(mail.find(own)).facets)


def test_a_record_is_nothing_without_its_kind(mail: MailKit) -> None:
    with pytest.raises(Invalid) as caught:
        mail.ids(record="103001")

    assert [(each.pointer, each.code) for each in caught.value.errors] == [("/kind", "schema.required")]


def test_tags_are_found_as_they_are_written(mail: MailKit) -> None:
    tagged = mail.put(tags=["Reminder", "2"])

    assert mail.ids(tag="Reminder") == mail.ids(tag="2") == [tagged]
    assert mail.ids(tag="reminder") == mail.ids(tag="Remind") == []


@pytest.mark.parametrize(
    ("question", "finds"),
    [
        ("inv", True),
        ("INVOICE", True),
        ("1030", True),
        ("invoice 103001", True),
        ("103001 inv", True),
        ("muller", True),
        ("Müller", True),
        ("MÜL", True),
        ("lovelace", True),
        ("ada.l", True),
        ("ada@exa", True),
        ("com", True),
        ("eve", True),
        ("fifth", True),
        ("nvoice", False),
        ("invoice 103002", False),
        ("zoe", False),
        ("...", False),
    ],
)
def test_words_are_found_by_their_beginnings(mail: MailKit, question: str, finds: bool) -> None:
    message = mail.put(
        subject="Invoice #103001 for Müller_5 (ﬁfth)",
        to=[("Ada.Lovelace@example.com", ""), ("x@example.com", "Eve")],
    )

    assert (mail.ids(q=question) == [message]) is finds


def test_a_draft_is_found_by_what_it_says_now(mail: MailKit) -> None:
    draft = mail.find(mail.put("draft", subject="One two", tags=["a"], related=[INVOICE], owner="bob"))
    before = indexed(draft)
    draft.content = draft.content.replaced(subject="Two three", tags=("b",), related=())
    draft.partition = ""
    index_changed(mail.hub, mail.shard(), draft, before)

    assert mail.ids(q="one") == mail.ids(tag="a") == mail.ids(kind="sales-invoice") == []
    assert mail.ids(q="two") == mail.ids(q="three") == mail.ids(tag="b") == [draft.id]
    month = messages_of(mail.hub).months["2026-11"][1]
    assert month.words.find("one") == []
    assert list(month.created.find("tag:a")) == []


def test_what_was_deleted_leaves_nothing_behind_but_empty_sets(mail: MailKit) -> None:
    message = mail.find(mail.put("failed", subject="One", tags=["a"], related=[INVOICE]))
    index_removed(mail.hub, mail.shard(), message)
    month = messages_of(mail.hub).months["2026-11"][1]

    assert not any(len(keys) for keys in month.created.sets.values())
    assert len(month.words.by_word) == 0
    assert not any(messages_of(mail.hub).counters[1].values())


def test_few_keys_of_a_word_lie_in_the_tree_and_many_in_a_set_of_their_own() -> None:
    words = Words()
    for key in [*range(model.MOST_FEW), 3]:
        words.add("invoice", key)
    assert words.by_word["invoice"] == tuple(range(model.MOST_FEW))
    words.add("invoice", 100)
    assert list(words.by_word["invoice"]) == [*range(model.MOST_FEW), 100]
    for key in (100, 100, 7):
        words.discard("invoice", key)
    words.discard("order", 1)

    assert list(words.by_word["invoice"]) == list(range(7))


def test_a_rare_word_costs_a_few_looks_among_many_messages(mail: MailKit) -> None:
    wanted = mail.put(subject="Rare 100")
    for number in range(300):
        mail.put(subject=f"Invoice {number + 200}", seconds=0)
    walk = walking.Walk("created", (("owner:bob",),), ("rare", "1"))
    budget = walking.Budget(10)

    (place,) = walking.iter_places(messages_of(mail.hub), walk, budget)

    assert place == walking.Place(mail.find(wanted).key, is_match=True)


def test_sent_messages_with_a_rare_word_are_found_without_walking_the_box(
    mail: MailKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mail.put(subject="Rare 1")
    second = mail.put("sent", subject="Rare 2")
    for number in range(50):
        mail.put("sent", subject=f"Invoice {number}", seconds=0)
    mail.move(first, "sending", "sent")
    monkeypatch.setattr(service, "LOOK_AT_MOST", 5)
    page = mail.reader().list_messages(MessageFilters(box="sent", q="rare"), 1)

    assert [each.id for each in page.messages] == [first]
    page = mail.reader().list_messages(MessageFilters(box="sent", q="rare"), 1, page.next_below)
    assert ([each.id for each in page.messages], page.next_below) == ([second], None)


def test_a_page_that_ends_at_the_border_of_a_month_says_where_to_go_on(
    mail: MailKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = mail.put(tags=["x"])
    mail.later(40)
    for _each in range(3):
        mail.put(tags=["x"], owner="eve")
    # all that may be looked at is in this month, and none of it is for this reader
    mail.put(tags=["y"])
    monkeypatch.setattr(service, "LOOK_AT_MOST", 1)

    assert mail.ids(tag="x", limit=3) == [older]


# -- everything at random ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draw:
    status: str
    owner: str
    related: tuple[Related, ...]
    subject: str
    to: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    writer: int
    changed_by: int
    seconds: float


WORDS = st.sampled_from(["a", "ab", "abc", "Äb", "b", "ba", "1", "10", "100"])
SUBJECTS = st.lists(WORDS, max_size=3).map(" ".join)
DRAWS = st.builds(
    Draw,
    status=st.sampled_from(sorted(STEPS)),
    owner=st.sampled_from(["bob", "bob", "eve"]),
    related=st.sets(st.sampled_from([INVOICE, ORDER, BOB_HIMSELF, EVE_HERSELF])).map(tuple),
    subject=SUBJECTS,
    to=st.lists(st.tuples(WORDS.map(lambda word: f"{word}@b.example"), SUBJECTS), max_size=2).map(tuple),
    tags=st.sets(st.sampled_from(["x", "y"])).map(tuple),
    writer=st.integers(1, 2),
    changed_by=st.integers(1, 2),
    seconds=st.sampled_from([0.0, 1.0, 20 * 86400.0]),
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "box": st.sampled_from([*BOXES]),
        "status": st.sampled_from([*GROUPS]),
        "kind": st.sampled_from(["sales-invoice", "user"]),
        "tag": st.just("x"),
        "q": st.one_of(WORDS, SUBJECTS.filter(bool)),
    },
)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So little that all ways of finding are gone."""
    monkeypatch.setattr(model, "MOST_FEW", 1)
    monkeypatch.setattr(Words, "MOST_SETS", 1)
    monkeypatch.setattr(Words, "MOST_FEW_KEYS", 2)
    monkeypatch.setattr(service, "CANDIDATES", 2)
    monkeypatch.setattr(service, "LOOK_AT_MOST", 4)


def of_everything(mail: MailKit, filters: dict[str, Any]) -> list[Message]:
    return [
        message
        for writers in messages_of(mail.hub).months.values()
        for shard in writers.values()
        for message in shard.messages.values()
        if is_wanted(message, **filters)
    ]


def is_wanted(
    message: Message,
    box: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    record: str | None = None,
    tag: str | None = None,
    q: str | None = None,
) -> bool:
    related = message.content.related_records()
    return (
        message.owner_id == "bob"
        and (box is None or GROUPS[message.status] in BOXES[box])
        and status in (None, message.status)
        and (kind is None or any(each.kind == kind and record in (None, each.id) for each in related))
        and (tag is None or tag in message.content.tags)
        and (q is None or fits(words_of(message.content), prefixes_of(q)))
    )


def check(draws: list[Draw], filters: dict[str, Any], limit: int) -> None:
    mail = MailKit()
    for draw in draws:
        related = {*draw.related, Related("user", draw.owner)} if draw.status != "draft" else draw.related
        mail.put(**{**vars(draw), "related": tuple(related)})
    everything = of_everything(mail, filters)
    listed = mail.ids(limit=limit, **filters)

    by_sending = filters.get("box") == "sent"
    everything.sort(key=lambda each: each.sent_key if by_sending else each.key, reverse=True)
    assert listed == [message.id for message in everything]


@settings(max_examples=60, deadline=None)
@given(draws=st.lists(DRAWS, max_size=12), filters=FILTERS, limit=st.integers(1, 4))
def test_a_list_is_what_reading_everything_would_give(
    draws: list[Draw], filters: dict[str, Any], limit: int
) -> None:
    check(draws, filters, limit)


@pytest.mark.usefixtures("_small")
def test_so_it_is_where_words_are_too_many_to_be_gone_through() -> None:
    @settings(max_examples=60, deadline=None)
    @given(draws=st.lists(DRAWS, max_size=12), filters=FILTERS, limit=st.integers(1, 4))
    def run(draws: list[Draw], filters: dict[str, Any], limit: int) -> None:
        check(draws, filters, limit)

    run()
