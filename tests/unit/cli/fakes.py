"""A hub's API that answers as it is told."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from mailhub.cli.client import Answer, ApiClient


class FakeTransport:
    """Answers each call by ``answers``, keyed by method and path; the calls are kept."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, dict[str, str], bytes | None]] = []

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: BinaryIO | None, length: int
    ) -> Answer:
        called = f"{method} {path.removeprefix('/api/v1')}"
        self.calls.append((called, dict(headers), None if body is None else body.read(length)))
        found = self.answers[called]
        answer: Answer = found() if callable(found) else found
        return answer


def client_of(**answers: Any) -> ApiClient:
    """A client of a hub whose lists are these."""
    lists = {
        f"GET /{name}?limit=200": Answer(200, {"items": items, "next_cursor": None})
        for name, items in answers.items()
    }
    return ApiClient(FakeTransport(lists))


def in_turn(*bodies: Any) -> Callable[[], Answer]:
    """One body after the other."""
    left = iter(bodies)
    return lambda: Answer(200, next(left))
