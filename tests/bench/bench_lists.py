"""Lists, filters, words and counts: what they cost with many messages, beside what they cost with few."""

from collections.abc import Callable

from mailhub.composing.batch import AcceptBatch
from mailhub.composing.planner import Planner
from mailhub.composing.request import MessageRequest
from mailhub.errors import HubError
from mailhub.services import Work
from mailhub.testing.fake_connector import fake_connector_type
from mailhub.testing.fake_provider import FakeProvider
from mailhub.visibility.service import MessageFilters, MessageReader

from .standing import Standing, forget, median_seconds, standing_hub

FEW, MANY = 1_000, 100_000
AT_ONCE = 500
PAGE = 50
TIMES = 15

Question = Callable[[MessageReader], object]

QUESTIONS: dict[str, Question] = {
    "newest": lambda reader: reader.list_messages(MessageFilters(), PAGE),
    "outbox": lambda reader: reader.list_messages(MessageFilters(box="outbox"), PAGE),
    "scenario": lambda reader: reader.list_messages(MessageFilters(scenario="sales-quote"), PAGE),
    "tag": lambda reader: reader.list_messages(MessageFilters(tag="tag-7"), PAGE),
    "words": lambda reader: reader.list_messages(MessageFilters(q="invoice custom"), PAGE),
    "counts": lambda reader: reader.counts(),
}


def run() -> list[str]:
    """A line for each question: milliseconds with many, and the ratio to the same with few."""
    with standing_hub(fake_connector_type(FakeProvider()), settings={"server": "fake.example"}) as standing:
        fill(standing, 0, FEW)
        forget(standing)
        few = {name: milliseconds(standing, question) for name, question in QUESTIONS.items()}
        fill(standing, FEW, MANY)
        forget(standing)
        many = {name: milliseconds(standing, question) for name, question in QUESTIONS.items()}
    return [
        f"list {name}: {many[name]:.1f} ms with {MANY:,} messages; anchor: {few[name]:.1f} ms with {FEW:,}; "
        f"ratio {many[name] / few[name]:.2f}"
        for name in QUESTIONS
    ]


def fill(standing: Standing, first: int, last: int) -> None:
    for start in range(first, last, AT_ONCE):
        with standing.hub.database.reading() as root:
            planner = Work(standing.hub.services, root, standing.identity).service(Planner)
            commands = tuple(
                planner.command(planner.prepared(message(number)))
                for number in range(start, min(start + AT_ONCE, last))
            )
        standing.hub.writer.execute(AcceptBatch(commands, _refused), 300.0)


def _refused(problem: HubError) -> dict[str, int]:
    raise problem


def message(number: int) -> MessageRequest:
    return MessageRequest(
        scenario="sales-quote" if number % 10 == 0 else "sales-invoice",
        to=(f"customer{number % 5_000}@example.com",),
        subject=f"Invoice {number}",
        text="Please pay.",
        tags=(f"tag-{number % 10}",),
    )


def milliseconds(standing: Standing, question: Question) -> float:
    def ask() -> None:
        with standing.hub.database.reading() as root:
            question(Work(standing.hub.services, root, standing.identity).service(MessageReader))

    ask()
    return 1000 * median_seconds(ask, TIMES)
