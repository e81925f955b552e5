"""Which account sends what: assignments, administrators' own scenarios, default attachments (SC, DA)."""

from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from mailhub.store.root import HubRoot


class Assignment(Persistent):
    """A scenario's own account; the substitute overrules the account's for this scenario (SM10)."""

    substitute_sender: str | None = None
    substitute_mode: str | None = None

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id


class CustomScenario(Persistent):
    """A scenario that an administrator made."""

    revision = 1

    def __init__(self, scenario_id: str, title: str) -> None:
        self.id = scenario_id
        self.title = title


class ScenarioAttachment(Persistent):
    """A file of a scenario; a default one is added to every message of it (DA1). ``number``: its place among them."""

    revision = 1
    number = 0

    def __init__(
        self, attachment_id: str, *, name: str, content_type: str, content: Any, is_default: bool = False
    ) -> None:
        self.id = attachment_id
        self.name = name
        self.content_type = content_type
        self.content = content
        self.is_default = is_default


class Scenarios(Persistent):
    """``assignments``: scenario id to Assignment; ``custom``: id to CustomScenario; ``attachments``: scenario id to a
    tree of its files. What a plugin brings is not stored: its assignments wait for it when it is away."""

    def __init__(self) -> None:
        self.assignments = OOBTree()
        self.custom = OOBTree()
        self.attachments = OOBTree()

    def find_assignment(self, scenario_id: str) -> Assignment | None:
        assignment: Assignment | None = self.assignments.get(scenario_id)
        return assignment

    def files_of(self, scenario_id: str) -> list[ScenarioAttachment]:
        """The scenario's files in the order they were added."""
        files = self.attachments.get(scenario_id, {}).values()
        return sorted(files, key=lambda file: (file.number, file.id))

    def find_file(self, scenario_id: str, file_id: str) -> ScenarioAttachment | None:
        file: ScenarioAttachment | None = self.attachments.get(scenario_id, {}).get(file_id)
        return file

    def add_file(self, scenario_id: str, file: ScenarioAttachment) -> None:
        """Give a scenario a file, behind those it has."""
        files = self.attachments.get(scenario_id)
        if files is None:
            files = self.attachments[scenario_id] = OOBTree()
        file.number = 1 + max((each.number for each in files.values()), default=0)
        files[file.id] = file

    def remove_file(self, scenario_id: str, file_id: str) -> None:
        """Take a file from a scenario; what of messages has it keeps it."""
        files = self.attachments[scenario_id]
        del files[file_id]
        if not files:
            del self.attachments[scenario_id]

    def default_files_of(self, scenario_id: str) -> list[ScenarioAttachment]:
        return [each for each in self.files_of(scenario_id) if each.is_default]


def install(hub: HubRoot) -> None:
    """Make the folder of scenarios once."""
    if not hasattr(hub, "scenarios"):
        hub.scenarios = Scenarios()


def scenarios_of(hub: HubRoot) -> Scenarios:
    scenarios: Scenarios = hub.scenarios
    return scenarios
