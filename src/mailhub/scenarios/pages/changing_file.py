"""Renaming a file of a scenario, and replacing its content for messages to come."""

from mailhub.contract.texts import Text, _
from mailhub.errors import Invalid, RevisionStale, TooLarge
from mailhub.people.permissions import Permission
from mailhub.scenarios.files import OfferedFile
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.scenarios.schema import FileChanges
from mailhub.scenarios.service import AttachmentsService
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.forms import Form, FormShownAgain, Look
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .files import LARGEST_FORM_BYTES, found_file
from .shared import TEMPLATES, crumbs_of, scenario_of, url_of
from .uploading import FormUploads, is_file

_PATH = "/scenarios/{code}/files/{file}/edit"
_NEW_FILE = "file"
"""The control that holds a new content."""


@page("GET", _PATH, permission=Permission.SETUP_WRITE)
def show_edit(request: PageRequest) -> Answer:
    found = found_file(request)
    return _page(request, found, _form(request, found))


@page("POST", _PATH, permission=Permission.SETUP_WRITE, once=True, max_bytes=LARGEST_FORM_BYTES)
def change_file(request: PageRequest) -> Answer:
    found = found_file(request)
    form = _form(request, found)
    controls = [each for each in request.posted if each[0] != _NEW_FILE]
    new = [value for name, value in request.posted if name == _NEW_FILE and is_file(value)]
    try:
        values = form.read(controls)
        if new:
            values["upload"] = FormUploads(request).store(new[-1])
            request.fresh_work()
            found = found_file(request)
        request.check_revision(str(found.file.revision))
        request.work.service(AttachmentsService).change_file(found.scenario, found.file.id, values)
    except FormShownAgain as again:
        return _page(request, found, form, again.status)
    except Invalid as refused:
        form.refuse(refused)
        return _page(request, found, form, 422)
    except TooLarge as refused:
        form.refuse(Invalid.of("", refused.code, refused.message))
        return _page(request, found, form, 413)
    except RevisionStale as refused:
        form.refuse(Invalid.of("", refused.code, _STALE))
        return _page(request, found, form, 412)
    request.flash(_("${name} was saved.", mapping={"name": values["name"]}))
    return Redirect(f"{url_of(found.scenario)}#files")


_STALE: Text = _(
    "Somebody else has changed this file since you opened it. Load the page again to see what is new."
)


def _form(request: PageRequest, found: OfferedFile) -> Form:
    left_out = ("upload", "is_default") if found.scenario == DEFAULT_SCENARIO else ("upload",)
    form = Form(
        FileChanges(),
        request,
        id="file",
        action=f"{url_of(found.scenario)}/files/{found.file.id}/edit",
        submit=_("Save"),
        cancel=f"{url_of(found.scenario)}#files",
        hidden={"revision": str(found.file.revision)},
        left_out=left_out,
        partial=True,
        widgets={"name": Look(autocomplete="off")},
    )
    form.fill({"name": found.file.name, "is_default": found.file.is_default})
    return form


def _page(request: PageRequest, found: OfferedFile, form: Form, status: int = 200) -> Answer:
    values = {"form": form, "file": found.file, "download": f"{url_of(found.scenario)}/files/{found.file.id}"}
    crumbs = crumbs_of(scenario_of(request))
    title = _("Change ${name}", mapping={"name": found.file.name})
    return Shown(f"{TEMPLATES}/file.jinja2", values, title=title, crumbs=crumbs, status=status)
