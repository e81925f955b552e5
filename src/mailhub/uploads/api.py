"""Calls about files sent ahead of messages (api.md, ``POST /uploads``)."""

from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint
from mailhub.people.permissions import Permission

from .names import announced_name, announced_type
from .schema import UploadReply
from .service import UploadsService


@endpoint(
    "POST",
    "/uploads",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Send a file ahead of the messages that use it"),
    description=_(
        "The body is the file. Content-Type and the file name in Content-Disposition are kept for attachments that "
        "name none. It belongs to its maker, may be used in several messages, and expires 24 hours after its last use."
    ),
    raw_body=True,
    replies={201: UploadReply},
    problems=("attachment.too_large", "storage.outcome_unknown"),
)
def create_upload(request: ApiRequest) -> Reply:
    body = request.stream
    upload_id, size, sha256 = request.work.service(UploadsService).receive(
        request.identity,
        body.file,
        body.content_length,
        name=announced_name(request.headers.get("Content-Disposition")),
        content_type=announced_type(request.headers.get("Content-Type")),
    )
    return created(f"/api/v1/uploads/{upload_id}", {"id": upload_id, "size": size, "sha256": sha256})
