"""What maintenance tells: its steps while it works, its report at the end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mailhub.contract.clock import Clock
from mailhub.contract.texts import Text, plain
from mailhub.delivery.check_runs import WalkedStep
from mailhub.store.check import Finding


@dataclass(frozen=True, slots=True)
class Change:
    """What an import makes or changes. ``note``: something that somebody has to see to afterwards."""

    action: Literal["create", "change", "note"]
    subject: str
    name: str
    text: Text = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``findings``: of a check. ``changes``: of an import. ``content``: the file of an export."""

    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    content: str | None = field(default=None, repr=False)

    @property
    def wrong(self) -> int:
        """How many findings are wrong."""
        return sum(finding.is_wrong for finding in self.findings)

    def presented(self) -> Mapping[str, Any]:
        """As the API shows it."""
        return {
            "findings": [{**asdict(each), "text": plain(each.text)} for each in self.findings],
            "changes": [{**asdict(each), "text": plain(each.text)} for each in self.changes],
            "content": self.content,
        }


class StepNote:
    """What is said of a step when it ends."""

    detail: Text = ""


class Progress:
    """Takes note of the steps as they are taken. ``tell`` is called with each when it has ended."""

    def __init__(self, clock: Clock, tell: Callable[[WalkedStep], None]) -> None:
        self._clock = clock
        self._tell = tell

    @contextmanager
    def step(self, name: str) -> Iterator[StepNote]:
        """A step that takes as long as the context, and has failed when that raises."""
        began, said, outcome = self._clock.monotonic(), StepNote(), "failed"
        try:
            yield said
            outcome = "ok"
        finally:
            seconds = self._clock.monotonic() - began
            self._tell(WalkedStep(name, outcome, round(seconds, 3), plain(said.detail)))


Operation = Callable[[Progress], Report]
"""A piece of maintenance: takes its steps and returns what came of it. Raises ``HubError``."""
