"""Scenarios as plain values."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mailhub.contract.texts import Text, plain

from .model import Assignment, ScenarioAttachment

Translate = Callable[[Text], str]
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A scenario and who sends for it. ``source``: the plugin's distribution, or ``custom``."""

    id: str
    title: Text
    source: str
    account: str | None
    effective_account: str | None
    assignment: Assignment | None = None


def present_scenario(view: ScenarioView, translate: Translate = plain) -> dict[str, Any]:
    """A scenario as ``schema.ScenarioReply`` describes it."""
    return {
        "id": view.id,
        "title": translate(view.title),
        "source": view.source,
        "account": view.account,
        "effective_account": view.effective_account,
        **substitute_of(view.assignment),
        "revision": revision_of(view),
    }


def substitute_of(assignment: Assignment | None) -> dict[str, str | None]:
    return {
        "substitute_sender": None if assignment is None else assignment.substitute_sender,
        "substitute_mode": None if assignment is None else assignment.substitute_mode,
    }


def revision_of(view: ScenarioView) -> str:
    """Another one whenever anything that can be set is another."""
    state = [plain(view.title), view.account, *substitute_of(view.assignment).values()]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]


def file_values(scenario: str, file: ScenarioAttachment) -> dict[str, Any]:
    """A file of a scenario without its content."""
    return {
        "scenario": scenario,
        "name": file.name,
        "content_type": file.content_type,
        "size": file.content.size,
        "sha256": file.content.sha256,
        "is_default": file.is_default,
    }


def present_file(scenario: str, file: ScenarioAttachment) -> dict[str, Any]:
    """A file of a scenario as ``schema.FileReply`` describes it."""
    return {"id": file.id, **file_values(scenario, file), "revision": str(file.revision)}
