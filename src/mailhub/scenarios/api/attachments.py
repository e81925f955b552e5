"""Calls about the files of scenarios."""

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, file_reply, no_content
from mailhub.http.paging import PageQuery
from mailhub.people.permissions import Permission
from mailhub.scenarios.presenting import present_file
from mailhub.scenarios.schema import FileChanges, FileCreation, FileList, FileReply
from mailhub.scenarios.service import AttachmentsService, ScenariosService
from mailhub.store.content import ContentReader, checked_chunks

_SCENARIO = {"id": _("Id of the scenario")}
_FILE = {**_SCENARIO, "attachment": _("Id of the file")}


@endpoint(
    "GET",
    "/scenarios/{id}/attachments",
    permission=Permission.SETUP_READ,
    summary=_("List the files of a scenario, in the order they were added"),
    description=_("For the scenario default: the files of all scenarios."),
    path_texts=_SCENARIO,
    query=PageQuery,
    replies={200: FileList},
    problems=("scenario.not_found",),
)
def list_scenario_attachments(request: ApiRequest) -> Reply:
    page = request.page
    after = None if page.position is None else (page.position[0], page.position[1], page.position[2])
    files, place = _service(request).list_files(request.path["id"], page.limit, after)
    return Reply(body=page.reply([present_file(*each) for each in files], place))


@endpoint(
    "POST",
    "/scenarios/{id}/attachments",
    permission=Permission.SETUP_WRITE,
    summary=_("Add a file to a scenario"),
    description=_(
        "A default file is added to every message of the scenario; others can be added to a message."
    ),
    path_texts=_SCENARIO,
    body=FileCreation,
    replies={201: FileReply},
    problems=("scenario.not_found", (422, "upload.not_found")),
)
def add_scenario_attachment(request: ApiRequest) -> Reply:
    scenario_id = request.work.service(ScenariosService).get_scenario(request.path["id"]).id
    service = _service(request)
    scenario, file = service.add_file(scenario_id, request.body_judged_by(service.mistakes_in))
    return created(f"/api/v1/scenarios/{scenario}/attachments/{file.id}", present_file(scenario, file))


@endpoint(
    "GET",
    "/scenarios/{id}/attachments/{attachment}",
    permission=Permission.SETUP_READ,
    summary=_("Read what a file of a scenario is"),
    path_texts=_FILE,
    replies={200: FileReply},
    problems=("scenario.not_found", "attachment.not_found"),
)
def get_scenario_attachment(request: ApiRequest) -> Reply:
    found = _service(request).get_file(request.path["id"], request.path["attachment"])
    return Reply(body=present_file(*found))


@endpoint(
    "GET",
    "/scenarios/{id}/attachments/{attachment}/file",
    permission=Permission.SETUP_READ,
    summary=_("Download a file of a scenario"),
    path_texts=_FILE,
    replies={200: None},
    raw_reply="*/*",
    problems=("scenario.not_found", "attachment.not_found"),
)
def get_scenario_attachment_file(request: ApiRequest) -> Reply:
    _scenario, file = _service(request).get_file(request.path["id"], request.path["attachment"])
    content = ContentReader.of(file.content)
    return file_reply(
        checked_chunks(content), content_type=file.content_type, name=file.name, size=content.size
    )


@endpoint(
    "PATCH",
    "/scenarios/{id}/attachments/{attachment}",
    permission=Permission.SETUP_WRITE,
    summary=_("Rename a file of a scenario, replace it, or make it default"),
    description=_("Messages that have it keep what they have."),
    path_texts=_FILE,
    body=FileChanges,
    replies={200: FileReply},
    problems=("scenario.not_found", "attachment.not_found", (422, "upload.not_found")),
    if_match="required",
)
def change_scenario_attachment(request: ApiRequest) -> Reply:
    scenario, file_id = _checked(request)
    service = _service(request)
    changes = request.body_judged_by(service.mistakes_in)
    return Reply(body=present_file(*service.change_file(scenario, file_id, changes)))


@endpoint(
    "DELETE",
    "/scenarios/{id}/attachments/{attachment}",
    permission=Permission.SETUP_WRITE,
    summary=_("Delete a file of a scenario"),
    description=_("Messages that have it keep it."),
    path_texts=_FILE,
    replies={204: None},
    problems=("scenario.not_found", "attachment.not_found"),
    if_match="required",
)
def delete_scenario_attachment(request: ApiRequest) -> Reply:
    _service(request).delete_file(*_checked(request))
    return no_content()


def _service(request: ApiRequest) -> AttachmentsService:
    return request.work.service(AttachmentsService)


def _checked(request: ApiRequest) -> tuple[str, str]:
    """Scenario and id of a file that is there and whose revision the caller has seen."""
    scenario, file = _service(request).get_file(request.path["id"], request.path["attachment"])
    request.check_revision(str(file.revision))
    return scenario, file.id
