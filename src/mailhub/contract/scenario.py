"""Scenarios: what a mail is for. An account is assigned to a scenario, never named by who sends (SC1)."""

from dataclasses import dataclass

from .texts import Text


@dataclass(frozen=True, slots=True)
class ScenarioSpec:
    """A scenario that a plugin brings. ``id``: ``[a-z][a-z0-9-]*``; returned by ``mailhub_register_scenarios``."""

    id: str
    title: Text
