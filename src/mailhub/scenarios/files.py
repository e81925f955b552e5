"""The files of scenarios: which a message gets by itself, and which it may add (DA1 to DA4)."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from mailhub.store.root import HubRoot

from .model import ScenarioAttachment, scenarios_of
from .resolving import DEFAULT_SCENARIO


class OfferedFile(NamedTuple):
    """A file, and the scenario whose it is."""

    scenario: str
    file: ScenarioAttachment

    @property
    def place(self) -> tuple[str, str]:
        """Scenario and id: where it is found again."""
        return (self.scenario, self.file.id)


def iter_files(hub: HubRoot, scenario: str, bound: Collection[str] | None = None) -> Iterator[OfferedFile]:
    """All files of a scenario; for Default those of all scenarios (DA3). ``bound``: the only scenarios that count."""
    every = scenario == DEFAULT_SCENARIO
    for owner in sorted(scenarios_of(hub).attachments) if every else (scenario,):
        if bound is None or owner in bound:
            for file in scenarios_of(hub).files_of(owner):
                yield OfferedFile(owner, file)


def find_offered(
    hub: HubRoot, scenario: str, file_id: str, bound: Collection[str] | None = None
) -> OfferedFile | None:
    """The file that a message of this scenario may add: one that is not default (DA4)."""
    for offered in iter_files(hub, scenario, bound):
        if offered.file.id == file_id and not offered.file.is_default:
            return offered
    return None
