"""What is known of a plugin, as the plugins page, ``GET /plugins`` and ``mailhub plugins`` show it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mailhub.contract.texts import Text, plain

PluginState = Literal["loaded", "failed", "disabled"]


class PluginProblem(Exception):
    """A reason why a plugin cannot be used; ``message`` is for people."""

    def __init__(self, message: Text) -> None:
        super().__init__(plain(message))
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginReport:
    """One plugin as it is now.

    ``name``: of its entry point. ``distribution`` and ``version``: the package it came in ("" when unknown).
    ``error``: why it failed, one sentence; ``traceback``: the same for developers, in the log only.
    The four tuples: ids of what it brings, empty unless ``loaded``. ``faults``: how often a call of it went wrong since
    the start, ``last_fault``: how the last time. ``is_hung``: a notification was given up, it is told of nothing more.
    ``text_folder``: where translations of its texts are, when it brings any.
    """

    name: str
    distribution: str
    version: str
    state: PluginState
    error: Text = ""
    traceback: str = field(default="", repr=False)
    connectors: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    renderers: tuple[str, ...] = ()
    faults: int = 0
    last_fault: Text = ""
    is_hung: bool = False
    text_folder: Path | None = None
