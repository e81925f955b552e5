"""The examples of calls that the documentation shows: what they say, and which call each of them makes.

They stand in docs/examples/calls/, one page after the other, as one story. An example has a heading, maybe a sentence, a
block ``sh`` with one curl line, and a block ``http`` with the answer. A block ``sh`` that no answer follows prepares the
next one. In an answer ``$NAME`` stands for a value that later lines use by that name, ``...`` for what is left out; members
of an object may be missing. Times and durations are those of one run.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailhub.http.endpoint import Endpoint
from tools.pages import ROOT

STORY = ROOT / "docs" / "examples" / "calls"

_PARTS = re.compile(
    r"^(?P<heading>#+ [^\n]+)$|^(?P<indent> *)```(?P<language>\S*)\n(?P<block>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_HUB = re.compile(r"^(?:\$HUB|https?://[^/]+)(?=/)")
_BODY_OPTIONS = {"-d", "--data", "--data-binary", "--data-raw", "--json", "--data-urlencode"}


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer, as a page shows it."""

    status: int
    headers: dict[str, str]
    text: str

    @classmethod
    def parse(cls, block: str) -> "ShownAnswer":
        """Raises ValueError for what has not the form of an answer."""
        head, _empty, text = block.partition("\n\n")
        first, *lines = head.strip().splitlines()
        found = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Z].*", first)
        if found is None:
            raise ValueError(f"not the first line of an answer: {first}")
        pairs = (line.partition(": ") for line in lines)
        return cls(int(found[1]), {name: value for name, _colon, value in pairs}, text)

    @property
    def json(self) -> Any:
        """The body, None where none is shown. Raises ValueError."""
        return json.loads(self.text) if self.text.strip() else None


@dataclass(frozen=True, slots=True)
class Step:
    """A block of commands, with what stands above it and the answer that follows it."""

    page: Path
    title: str
    prose: str
    commands: str
    answer_block: str | None = field(default=None)

    @property
    def name(self) -> str:
        """To tell it from others."""
        return f"{self.page.stem}: {self.title}"

    @property
    def answer(self) -> ShownAnswer | None:
        return None if self.answer_block is None else ShownAnswer.parse(self.answer_block)

    @property
    def blocks(self) -> str:
        """Commands and answer, as a page may have them again."""
        answer = "" if self.answer_block is None else f"\n```http\n{self.answer_block}```\n"
        return f"```sh\n{self.commands}```\n{answer}"


@dataclass(frozen=True, slots=True)
class Example:
    """A call with its answer, and the steps below the same heading that prepare it."""

    preparations: tuple[Step, ...]
    step: Step

    @property
    def markdown(self) -> str:
        """It, as a page may have it again."""
        steps = (*self.preparations, self.step)
        prose = " ".join([f"**{self.step.title}.**", *(each.prose for each in steps if each.prose)])
        return "\n".join([f"{prose}\n", *(each.blocks for each in steps)])


def steps_of(page: Path) -> list[Step]:
    """The steps of a page, in order. Raises ValueError for an answer to nothing."""
    found: list[Step] = []
    text = page.read_text()
    title, prose_from, is_open = "", 0, False
    for part in _PARTS.finditer(text):
        prose = text[prose_from : part.start()].strip()
        prose_from = part.end()
        if part["heading"]:
            title, is_open = part["heading"].lstrip("# "), False
        elif part["language"] == "sh":
            found.append(Step(page, title, prose, part["block"]))
            is_open = True
        elif part["language"] == "http":
            if not is_open:
                raise ValueError(f"{page.name}: an answer to nothing, below {title}")
            last = found.pop()
            found.append(Step(page, last.title, last.prose, last.commands, part["block"]))
            is_open = False
    return found


def story() -> list[Step]:
    """All steps of the story, in order."""
    return [step for page in sorted(STORY.glob("[0-9]*.md")) for step in steps_of(page)]


def curl_lines(commands: str) -> list[list[str]]:
    """The arguments of each curl in a block."""
    lines = commands.replace("\\\n", " ").splitlines()
    words = (shlex.split(line, comments=True) for line in lines)
    return [each[1:] for each in words if each and each[0] == "curl"]


def call_of(arguments: Sequence[str]) -> tuple[str, str]:
    """Method and path of a curl line. Raises ValueError for one without a URL of a hub."""
    method = "GET"
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option == "-X":
            method = value
            break
        if option == "-I":
            method = "HEAD"
        elif option in _BODY_OPTIONS:
            method = "POST"
    for each in arguments:
        if _HUB.match(each):
            return method, _HUB.sub("", each).partition("?")[0]
    raise ValueError(f"no URL of a hub: {shlex.join(arguments)}")


def find_endpoint(method: str, path: str, endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The call that has this path, None for an unknown one."""
    fitting = [each for each in endpoints if each.method == method and _fits(each.full_path, path)]
    return min(fitting, key=lambda each: len(each.path_names), default=None)


def _fits(template: str, path: str) -> bool:
    pattern = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"({\w+})", template)
    )
    return re.fullmatch(pattern, path) is not None


def example_call(example: Example, endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """The call that it shows. Raises ValueError where it is not one curl line."""
    lines = curl_lines(example.step.commands)
    if len(lines) != 1:
        raise ValueError(f"{example.step.name}: an answer belongs to one curl line, not {len(lines)}")
    return find_endpoint(*call_of(lines[0]), endpoints)


def examples() -> Iterator[Example]:
    """The examples of the story, in order."""
    before: list[Step] = []
    for step in story():
        if before and before[-1].title != step.title:
            before = []
        if step.answer_block is None:
            before.append(step)
        else:
            yield Example(tuple(before), step)
            before = []


def examples_by_call(endpoints: Sequence[Endpoint]) -> Mapping[str, list[Example]]:
    """The examples of each call by its operation id, in the order of the story. Raises ValueError for one of an unknown call."""
    found: dict[str, list[Example]] = {each.operation_id: [] for each in endpoints}
    for example in examples():
        endpoint = example_call(example, endpoints)
        if endpoint is None:
            raise ValueError(f"{example.step.name}: there is no such call")
        found[endpoint.operation_id].append(example)
    return found
