"""Scenarios of an import: those of one's own, assignments, files."""

from collections.abc import Mapping, Sequence
from functools import partial

from mailhub.accounts.model import accounts_of
from mailhub.contract.texts import _
from mailhub.errors import FieldError, Invalid
from mailhub.scenarios.model import CustomScenario, ScenarioAttachment, scenarios_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.service import AttachmentsService, ScenariosService
from mailhub.store.content import StagedContent

from .context import ImportContext, Item, places
from .files import Staging, as_upload

StagedFiles = Mapping[int, StagedContent]
"""The bytes of files by their number in the list, on disk before the transaction that stores them."""


def apply_scenarios(context: ImportContext, items: Sequence[Item]) -> None:
    """Scenarios of one's own are known by their ids."""
    for pointer, item in places("scenarios", items):
        custom = scenarios_of(context.hub).custom.get(item["id"])
        context.of(pointer, partial(_apply_scenario, context, custom, item))


def _apply_scenario(context: ImportContext, custom: CustomScenario | None, item: Item) -> None:
    if custom is None:
        context.service(ScenariosService).create_scenario(item)
        context.created("scenario", item["id"])
    elif custom.title != item["title"]:
        text = _("A scenario of this id has another title; delete one of the two.")
        raise Invalid.of("/title", "scenario.exists", text)


# -- assignments -------------------------------------------------------------------------------------------------


def apply_assignments(context: ImportContext, items: Sequence[Item]) -> None:
    """An assignment to an account that the file was refused for is no further mistake."""
    for pointer, item in places("assignments", items):
        if item["scenario"] != DEFAULT_SCENARIO and _differs(context, item):
            context.of(pointer, partial(_assign, context, item))


def _differs(context: ImportContext, item: Item) -> bool:
    current = scenarios_of(context.hub).find_assignment(item["scenario"])
    if current is None:
        return True
    found = (current.account_id, current.substitute_sender, current.substitute_mode)
    return found != (item["account"], item["substitute_sender"], item["substitute_mode"])


def _assign(context: ImportContext, item: Item) -> None:
    account = accounts_of(context.hub).find(item["account"])
    context.service(ScenariosService).assign(item["scenario"], item)
    context.changed("assignment", f"{item['scenario']}: {account.name if account else '-'}")


# -- files -------------------------------------------------------------------------------------------------------


def stage_files(items: Sequence[Item], staging: Staging) -> StagedFiles:
    """Put the files' bytes on disk. Raises ``Invalid`` for those that are not what they should be."""
    staged: dict[int, StagedContent] = {}
    errors: list[FieldError] = []
    for number, (pointer, item) in enumerate(places("scenario_files", items)):
        if item["content"] is not None:
            try:
                staged[number] = staging.stage(item, pointer)
            except Invalid as refused:
                errors.extend(refused.errors)
    if errors:
        raise Invalid(errors)
    return staged


def apply_files(context: ImportContext, items: Sequence[Item], staged: StagedFiles) -> None:
    """Files are known by their scenarios and names."""
    for number, (pointer, item) in enumerate(places("scenario_files", items)):
        found = [
            each for each in scenarios_of(context.hub).files_of(item["scenario"]) if each.name == item["name"]
        ]
        content, current = staged.get(number), found[0] if found else None
        context.of(pointer, partial(_apply_file, context, item, current, content))


def _apply_file(
    context: ImportContext, item: Item, current: ScenarioAttachment | None, content: StagedContent | None
) -> None:
    scenario, name = item["scenario"], item["name"]
    values: Item = {"is_default": item["is_default"]}
    is_other = current is None or current.content.sha256 != item["sha256"]
    if is_other and content is None:
        context.note("scenario file", f"{scenario} {name}", _("The file has not its bytes; add it by hand."))
        return
    if is_other and content is not None:
        with as_upload(context, item, content) as upload_id:
            _set_file(context, item, current, {**values, "upload": upload_id})
    elif current is not None and current.is_default != item["is_default"]:
        _set_file(context, item, current, values)


def _set_file(context: ImportContext, item: Item, current: ScenarioAttachment | None, values: Item) -> None:
    service, scenario, name = context.service(AttachmentsService), item["scenario"], item["name"]
    if current is None:
        service.add_file(scenario, {**values, "name": name})
        context.created("scenario file", f"{scenario} {name}")
    else:
        service.change_file(scenario, current.id, values)
        context.changed("scenario file", f"{scenario} {name}")
