"""Calls about the company (api.md, "Bodies and documents")."""

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, file_reply
from mailhub.people.permissions import Permission
from mailhub.store.content import ContentReader, checked_chunks

from .presenting import present_company
from .schema import CompanyFields, CompanyReply
from .service import CompanyService


@endpoint(
    "GET",
    "/company",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Read what is known of the company"),
    replies={200: CompanyReply},
)
def get_company(request: ApiRequest) -> Reply:
    return Reply(body=present_company(request.work.service(CompanyService).get_company()))


@endpoint(
    "PUT",
    "/company",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Say who the company is"),
    description=_("All of it: what is left out is empty. A logo is uploaded before."),
    body=CompanyFields,
    replies={200: CompanyReply},
    problems=("address.invalid", (422, "upload.not_found"), "company.logo_unusable"),
    if_match="required",
)
def set_company(request: ApiRequest) -> Reply:
    service = request.work.service(CompanyService)
    request.check_revision(service.get_company().revision)
    return Reply(body=present_company(service.set_company(request.body_judged_by(service.mistakes_in))))


@endpoint(
    "GET",
    "/company/logo",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Read the company's logo"),
    replies={200: None},
    raw_reply="*/*",
    problems=("company.no_logo",),
)
def get_company_logo(request: ApiRequest) -> Reply:
    logo = request.work.service(CompanyService).get_logo()
    content = ContentReader.of(logo.content)
    ending = logo.content_type.rpartition("/")[2]
    return file_reply(
        checked_chunks(content), content_type=logo.content_type, name=f"logo.{ending}", size=content.size
    )
