"""Accounts with their scenarios beneath, as the page shows them: who sends what, and what goes by default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailhub.accounts.model import Account
from mailhub.scenarios.presenting import CUSTOM, ScenarioView, revision_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.web.formats import folded

from .shared import BUILT_IN
from .tokens import Seen

OWN, INHERITED = "own", "default"
BUILT, PLUGIN = "built-in", "plugin"


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario on the board. ``token``: names it in the state it was shown in. ``files``: how many are added by
    themselves. ``is_lost``: its account is gone or going, so the default one sends."""

    view: ScenarioView
    title: str
    token: str
    files: int
    is_lost: bool

    @property
    def is_fixed(self) -> bool:
        """The default scenario goes with the default account."""
        return self.view.id == DEFAULT_SCENARIO

    @property
    def has_substitute(self) -> bool:
        return self.view.assignment is not None and self.view.assignment.substitute_sender is not None


@dataclass(slots=True)
class Lane:
    """An account (None: nobody sends these) with what is assigned to it, and what it sends because it is the default."""

    account: Account | None
    is_default: bool = False
    own: list[Row] = field(default_factory=list)
    inherited: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.own) + len(self.inherited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is looked for. ``text``: in title and id. ``source``, ``account``: "" for all."""

    text: str = ""
    source: str = ""
    account: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.text or self.source or self.account)

    def takes(self, view: ScenarioView, title: str) -> bool:
        return (
            all(word in folded(f"{title} {view.id}") for word in folded(self.text).split())
            and self.source in ("", _kind_of(view.source))
            and self.account in ("", OWN if view.account and view.id != DEFAULT_SCENARIO else INHERITED)
        )


def _kind_of(source: str) -> str:
    if source == CUSTOM:
        return CUSTOM
    return BUILT if source == BUILT_IN else PLUGIN


def board_of(
    views: Iterable[tuple[ScenarioView, str]],
    accounts: Iterable[Account],
    default_id: str | None,
    files: Mapping[str, int],
) -> list[Lane]:
    """The default account's lane first, then the others by name; in front of all, what nobody sends.

    ``views``: scenarios with their titles in the reader's language. ``files``: how many each adds by itself.
    """
    lanes = {each.id: Lane(each, each.id == default_id) for each in accounts}
    nobody = Lane(None)
    for view, title in sorted(views, key=lambda each: (each[0].id != DEFAULT_SCENARIO, folded(each[1]))):
        is_own = view.id != DEFAULT_SCENARIO and view.account is not None
        is_lost = is_own and view.account != view.effective_account
        row = Row(view, title, Seen(view.id, revision_of(view)).token, files.get(view.id, 0), is_lost)
        lane = lanes.get(view.effective_account or "", nobody)
        (lane.own if is_own and not is_lost else lane.inherited).append(row)
    ordered = sorted(lanes.values(), key=lambda lane: not lane.is_default)
    return [nobody, *ordered] if nobody.count else ordered
