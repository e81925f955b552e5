"""From: the scenarios and accounts to choose from, and how a message goes by the one that is chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailhub.accounts.service import AccountsService
from mailhub.composing.explaining import Explanation
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.people.permissions import Permission
from mailhub.scenarios.model import ScenarioAttachment
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.service import ScenariosService
from mailhub.web.formats import folded
from mailhub.web.request import PageRequest

from .controls import BY_ACCOUNT, BY_SCENARIO

MOST_OFFERED = 500


@dataclass(frozen=True, slots=True)
class Choices:
    """One group of the control From."""

    label: Text
    options: Sequence[tuple[str, Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """``account``: the name of the one that sends, "" for none. ``because``: why it is this one. ``scenario``: what the
    message is for, where an account was chosen besides. ``held``: why it cannot leave now. ``problems``: why it can't go."""

    account: str
    sender: Address | None
    because: Text
    scenario: Text
    held: Text
    problems: Sequence[Text]
    files: Sequence[ScenarioAttachment]


def choices(request: PageRequest, chosen: str) -> list[Choices]:
    """What the reader may choose, with what is chosen already."""
    groups = [
        Choices(_("By what it is for"), list(_iter_scenarios(request))),
        Choices(_("By account"), list(_iter_accounts(request))),
    ]
    offered = {value for group in groups for value, _label in group.options}
    if chosen not in offered:
        kept = chosen.partition(".")[2]
        groups.insert(0, Choices(_("As it is"), [(chosen, _STANDARD if kept == DEFAULT_SCENARIO else kept)]))
    return [each for each in groups if each.options]


_STANDARD: Text = _("Anything else: the default account")


def _iter_scenarios(request: PageRequest) -> Iterator[tuple[str, Text]]:
    if not request.identity.may(Permission.SETUP_READ):
        return
    found = request.work.service(ScenariosService).list_scenarios(MOST_OFFERED)[0]
    titles = {view.id: folded(request.translated(view.title)) for view in found}
    for each in sorted(found, key=lambda view: (view.id == DEFAULT_SCENARIO, titles[view.id])):
        yield f"{BY_SCENARIO}{each.id}", _STANDARD if each.id == DEFAULT_SCENARIO else each.title


def _iter_accounts(request: PageRequest) -> Iterator[tuple[str, Text]]:
    if not request.identity.may(Permission.ACCOUNTS_STATE_READ):
        return
    for each in request.work.service(AccountsService).list_accounts(MOST_OFFERED)[0]:
        yield f"{BY_ACCOUNT}{each.id}", f"{each.name} <{each.address}>" if each.address else each.name


def way_for(request: PageRequest, message: MessageRequest) -> Way:
    """How it would go now. Raises ``Denied``."""
    explanation = request.work.service(ComposingService).explain_way(message)
    account = explanation.account
    is_named = message.account is not None and message.scenario != DEFAULT_SCENARIO
    return Way(
        account="" if account is None else account.name,
        sender=explanation.sender,
        because=explanation.steps[0].because,
        scenario=_title(request, message.scenario) if is_named else "",
        held=_held(explanation),
        problems=tuple(dict.fromkeys(each.message for each in explanation.problems)),
        files=explanation.attachments,
    )


def _held(explanation: Explanation) -> Text:
    """The last of the steps is when it can leave, where there is a way for it."""
    is_held = explanation.account is not None and not explanation.problems
    return explanation.steps[-1].because if is_held and explanation.next_slot_at is None else ""


def _title(request: PageRequest, scenario: str) -> Text:
    named = dict(_iter_scenarios(request))
    return named.get(f"{BY_SCENARIO}{scenario}", scenario)
