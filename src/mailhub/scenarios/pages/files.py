"""The files of a scenario: adding some, downloading one, making it default, deleting it."""

from typing import Any

from mailhub.contract.texts import _
from mailhub.errors import Invalid, TooLarge
from mailhub.http.reply import file_reply
from mailhub.people.permissions import Permission
from mailhub.scenarios.files import OfferedFile
from mailhub.scenarios.service import AttachmentsService
from mailhub.store.content import ContentReader, checked_chunks
from mailhub.web.answers import Answer, Raw, Redirect, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .shared import crumbs_of, scenario_of, url_of
from .uploading import FormUploads, is_file

LARGEST_FORM_BYTES = 512 * 1024 * 1024
"""Several files in one form, without a script; each is held to the limit of uploads besides."""
_CONFIRM = "mailhub.web:templates/confirm.jinja2"


@page(
    "POST",
    "/scenarios/{code}/files",
    permission=Permission.SETUP_WRITE,
    once=True,
    max_bytes=LARGEST_FORM_BYTES,
)
def add_files(request: PageRequest) -> Answer:
    """Controls: ``upload`` (ids of files that were sent ahead), ``file`` (files themselves), ``is_default``."""
    scenario = scenario_of(request).id
    given = request.posted
    uploads = [value for name, value in given if name == "upload" and isinstance(value, str) and value]
    files = [value for name, value in given if name == "file" and is_file(value)]
    sent = _receive(request, files)
    service = request.fresh_work().service(AttachmentsService)
    is_default = request.posted_value("is_default") == "true"
    added = sum(_add(request, service, scenario, each, is_default) for each in [*uploads, *sent])
    if added:
        request.flash(_added(request, added))
    elif not uploads and not files:
        request.flash(_("Choose a file first."), "info")
    # what went wrong stands at the top of the page
    is_whole = added == len(uploads) + len(files)
    return Redirect(f"{url_of(scenario)}#files" if is_whole else url_of(scenario))


def _receive(request: PageRequest, files: list[Any]) -> list[str]:
    """Keep files that came with the form; those that are too large are told of."""
    kept = []
    for file in files:
        try:
            kept.append(FormUploads(request).store(file))
        except TooLarge as refused:
            request.flash(refused.message, "danger")
    return kept


def _add(
    request: PageRequest, service: AttachmentsService, scenario: str, upload: str, is_default: bool
) -> bool:
    values = {"upload": upload, "name": None, "is_default": is_default}
    try:
        service.add_file(scenario, values)
    except Invalid as refused:
        request.flash(refused.errors[0].message, "danger")
        return False
    return True


def _added(request: PageRequest, count: int) -> str:
    return request.pluralized("One file was added.", "${count} files were added.", count)


@page("GET", "/scenarios/{code}/files/{file}", permission=Permission.SETUP_READ)
def download_file(request: PageRequest) -> Answer:
    file = found_file(request).file
    content = ContentReader.of(file.content)
    reply = file_reply(
        checked_chunks(content), content_type=file.content_type, name=file.name, size=content.size
    )
    assert reply.stream is not None
    assert reply.content_type is not None
    return Raw(reply.stream, reply.content_type, headers=reply.headers)


@page("POST", "/scenarios/{code}/files/{file}/default", permission=Permission.SETUP_WRITE)
def set_default(request: PageRequest) -> Answer:
    """Control ``is_default``: what it is to be."""
    found = found_file(request)
    request.check_revision(str(found.file.revision))
    is_default = request.posted_value("is_default") == "true"
    request.work.service(AttachmentsService).change_file(
        found.scenario, found.file.id, {"is_default": is_default}
    )
    words = {"name": found.file.name}
    request.flash(
        _("${name} is added to every message now.", mapping=words)
        if is_default
        else _("${name} is only added to messages that ask for it now.", mapping=words)
    )
    return Redirect(f"{url_of(found.scenario)}#files")


@page("GET", "/scenarios/{code}/files/{file}/delete", permission=Permission.SETUP_WRITE)
def ask_delete(request: PageRequest) -> Answer:
    found, view = found_file(request), scenario_of(request)
    values = {
        "question": _("Delete ${name}?", mapping={"name": found.file.name}),
        "text": _("Messages that have it keep it."),
        "action": f"{url_of(found.scenario)}/files/{found.file.id}/delete",
        "label": _("Delete"),
        "cancel": f"{url_of(found.scenario)}#files",
        "values": {"revision": str(found.file.revision)},
    }
    return Shown(_CONFIRM, values, title=_("Delete a file"), crumbs=crumbs_of(view))


@page("POST", "/scenarios/{code}/files/{file}/delete", permission=Permission.SETUP_WRITE)
def delete_file(request: PageRequest) -> Answer:
    found = found_file(request)
    request.check_revision(str(found.file.revision))
    name = found.file.name
    request.work.service(AttachmentsService).delete_file(found.scenario, found.file.id)
    request.flash(_("${name} was deleted.", mapping={"name": name}))
    return Redirect(f"{url_of(found.scenario)}#files")


def found_file(request: PageRequest) -> OfferedFile:
    """The file that the address names. Raises ``NotFound``."""
    return request.work.service(AttachmentsService).get_file(request.path["code"], request.path["file"])
