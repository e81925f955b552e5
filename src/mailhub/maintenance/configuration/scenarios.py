"""Scenarios of an import: those of one's own, assignments, files."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from mailhub.accounts.model import accounts_of
from mailhub.contract.texts import _
from mailhub.errors import FieldError, Invalid
from mailhub.scenarios.model import CustomScenario, ScenarioAttachment, scenarios_of
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.service import AttachmentsService, ScenariosService
from mailhub.store.content import StagedContent
from mailhub.store.database import Database
from mailhub.uploads.model import Upload, uploads_of

from .context import ImportContext, Item, places

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


def stage_files(items: Sequence[Item], database: Database, stack: ExitStack) -> StagedFiles:
    """Put the files' bytes on disk; they go with the stack. Raises ``Invalid`` for bytes that are not what they should be."""
    staged: dict[int, StagedContent] = {}
    errors: list[FieldError] = []
    for number, item in enumerate(items):
        if item["content"] is None:
            continue
        try:
            data = base64.b64decode(item["content"], validate=True)
        except binascii.Error:
            data = b""
        sink = stack.enter_context(database.blob_sink())
        sink.write(data)
        staged[number] = sink.finish()
        if staged[number].sha256 != item["sha256"]:
            text = _("The bytes of this file are not those that its SHA-256 names.")
            errors.append(FieldError(f"/scenario_files/{number}/content", "content.damaged", text))
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
    service, scenario, name = context.service(AttachmentsService), item["scenario"], item["name"]
    values: Item = {"is_default": item["is_default"]}
    is_other = current is None or current.content.sha256 != item["sha256"]
    if is_other and content is None:
        context.note("scenario file", f"{scenario} {name}", _("The file has not its bytes; add it by hand."))
        return
    if is_other and content is not None:
        values["upload"] = _as_upload(context, item, content)
    if current is None:
        service.add_file(scenario, {**values, "name": name})
        context.created("scenario file", f"{scenario} {name}")
    elif is_other or current.is_default != item["is_default"]:
        service.change_file(scenario, current.id, values)
        context.changed("scenario file", f"{scenario} {name}")
    if "upload" in values:
        del uploads_of(context.hub).by_id[values["upload"]]


def _as_upload(context: ImportContext, item: Item, content: StagedContent) -> str:
    """Give the bytes to the use case as it takes them: as an upload of the caller, which no one else ever sees."""
    upload_id = f"import-{content.sha256}"
    upload = Upload(upload_id, context.identity.user_id, content.stored_in(context.hub), context.now)
    upload.content_type = item["content_type"]
    uploads_of(context.hub).by_id[upload_id] = upload
    return upload_id
