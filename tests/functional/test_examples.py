"""What the documentation shows of calls is true: its shell lines are run at a real hub, its answers are those that come.

The examples of the reference are one story, so all are run in their order, before the how-to pages that use what is there
then; the tests look at what came of each.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailhub.http.endpoint import Endpoint
from mailhub.http.mount import ENDPOINTS
from tests.kit.hub import HubKit
from tests.kit.reader import Reader, reading
from tests.kit.shell import Shell
from tests.kit.shown import differences
from tools.call_examples import STORY, Step, curl_lines, examples_by_call, steps_of, story
from tools.endpoints import shown
from tools.pages import ROOT

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180), pytest.mark.xdist_group("examples")]

HOW_TO = ROOT / "docs" / "how-to"
PAGES = {
    page: steps_of(HOW_TO / f"{page}.md")
    for page in (
        "send-once",
        "send-many",
        "drafts",
        "explain-and-try",
        "large-attachments",
        "default-files",
        "on-behalf",
        "limits-and-retries",
    )
}
"""In this order: the story's account is there, and files are with invoices only after they were given to the scenario."""

RUN_ELSEWHERE = {"docs/tutorial/first-mail.md", "README.md"}
"""By ``test_first_run``."""

STEPS = [*story(), *(step for steps in PAGES.values() for step in steps)]


@dataclass(frozen=True, slots=True)
class Read:
    """A reader who has read it all, and what was not as it is shown, for each step."""

    reader: Reader
    found: dict[Step, list[str]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    with reading(tmp_path_factory.mktemp("examples")) as reader:
        found = reader.follow_all(story(), stays=True)
        reader.shell.run(ADA)
        for steps in PAGES.values():
            found |= reader.follow_all(steps, stays=False)
        yield Read(reader, found)


ADA = """
curl $HUB/api/v1/users -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"login": "ada", "permission_sets": ["email-edit"]}'
"""
"""The user for whom the page about sending on behalf of somebody sends."""


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_it_is_as_the_page_shows_it(read: Read, step: Step) -> None:
    assert read.found[step] == []


def test_asked_again_with_its_key_the_hub_gives_the_same_answer(read: Read) -> None:
    [step] = PAGES["send-once"]

    first = read.reader.shell.run(step.commands.replace("http://127.0.0.1:6543", "$HUB"))
    second = read.reader.shell.run(step.commands.replace("http://127.0.0.1:6543", "$HUB"))

    assert second.headers["idempotency-replayed"] == "true"
    assert (first.status, first.json) == (second.status, second.json)


# -- none is missing ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Endpoint, ...]]:
    kit = HubKit.open(tmp_path_factory.mktemp("endpoints"))
    yield kit.application.registry[ENDPOINTS]
    kit.close()


def test_every_call_has_an_example_and_every_example_is_of_a_call(endpoints: Sequence[Endpoint]) -> None:
    found = examples_by_call(endpoints)

    assert not [shown(each) for each in endpoints if not found[each.operation_id]]


def test_an_example_of_an_unknown_call_is_an_error(endpoints: Sequence[Endpoint]) -> None:
    without = [each for each in endpoints if shown(each) != "POST /messages/batch"]

    with pytest.raises(ValueError, match="Send many messages: there is no such call"):
        examples_by_call(without)


def test_every_call_that_wants_a_revision_is_shown_with_one(endpoints: Sequence[Endpoint]) -> None:
    found = examples_by_call(endpoints)
    wanting = [each for each in endpoints if each.if_match == "required"]

    assert not [
        shown(each)
        for each in wanting
        if not all("If-Match: " in example.step.commands for example in found[each.operation_id])
    ]


def test_every_page_with_a_curl_line_is_run() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    written = {page for page in pages if "_build" not in page.parts and page.parent != STORY}
    with_curl = {
        str(page.relative_to(ROOT))
        for page in written
        if any("curl " in step.commands for step in steps_of(page))
    }

    run = {f"docs/how-to/{page}.md" for page in PAGES} | RUN_ELSEWHERE | {"docs/reference/api.md"}
    assert with_curl == run


def test_no_answer_goes_unseen() -> None:
    """A block has one call at most, so that the status of each is looked at."""
    assert not [step.name for step in STEPS if len(curl_lines(step.commands)) > 1]


# -- and the tests themselves can fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"id": "x1", "at": "2027-01-01T00:00:00Z", "n": 2, "list": [1, 2], "more": True}, []),
        ({"id": "x1", "at": "soon", "n": 2, "list": [1]}, ["/at: 'soon' is not '2026-11-24T18:20:00.5Z'"]),
        ({"id": "x1", "at": "2027-01-01T00:00:00Z", "n": 3, "list": [1]}, ["/n: 3 is not 2"]),
        ({"id": "x1", "at": "2027-01-01T00:00:00Z", "n": True, "list": [1]}, ["/n: True is not 2"]),
        ({"id": "x1", "at": "2027-01-01T00:00:00Z", "list": [1]}, ["/n: it is not there"]),
        ({"id": "x1", "at": "2027-01-01T00:00:00Z", "n": 2, "list": []}, ["/list: 0 instead of 1"]),
        ({"id": "x 1", "at": "2027-01-01T00:00:00Z", "n": 2, "list": [1]}, ["/id: 'x 1' is not '$ID'"]),
    ],
)
def test_an_answer_that_is_not_as_shown_is_told(given: object, told: list[str]) -> None:
    shown_answer = {"id": "$ID", "at": "2026-11-24T18:20:00.5Z", "n": 2, "list": [1, "..."]}

    assert list(differences(shown_answer, given, {})) == told


def test_a_name_stands_for_one_value() -> None:
    names: dict[str, str] = {}

    assert list(differences({"a": "$ID", "b": "/m/$ID"}, {"a": "x1", "b": "/m/x1"}, names)) == []
    assert names == {"ID": "x1"}
    assert list(differences("$ID", "x2", names)) == [": 'x2' is not '$ID'"]


def test_without_curl_the_same_lines_are_run(read: Read, tmp_path: Path) -> None:
    """Another program reads them, which knows as much of curl as the pages use."""
    reader = read.reader
    plain = Shell(reader.shell.folder, reader.shell.variables, curl=None)
    got = [(line, shell.run(line)) for shell in (plain, reader.shell) for line in LINES]

    assert [told.status for _line, told in got] == [200, 201, 201, 200, 204, 200] * 2
    one, other = (dict(got[half]) for half in (slice(6), slice(6, None)))
    for line in LINES[:1] + LINES[-1:]:
        assert json.loads(one[line].out) == json.loads(other[line].out)


LINES = [
    'curl -H "Authorization: Bearer $TOKEN" "$HUB/api/v1/messages?kind=sales-invoice&record=103001"',
    """curl "$HUB/api/v1/messages" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d @- <<END
{"draft": true, "subject": "Invoice 103009"}
END
""",
    """curl $HUB/api/v1/uploads -H "Authorization: Bearer $TOKEN" -H 'Content-Type: image/png' --data-binary @logo.png""",
    'curl -o kept.png $HUB/api/v1/company/logo -H "Authorization: Bearer $TOKEN"; cmp kept.png logo.png',
    """curl -X DELETE $HUB/api/v1/sessions -H "Authorization: Bearer $TOKEN" """,
    "curl --unix-socket var/hub.sock http://localhost/api/v1/company",
]
