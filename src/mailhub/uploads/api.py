"""Calls about files sent ahead of messages: whole ones, and by tus 1.0.0 in pieces (api.md, ``POST /uploads``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from mailhub.contract.texts import _
from mailhub.errors import BadRequest, VersionUnknown
from mailhub.http.endpoint import ApiRequest, Reply, created, endpoint, no_content
from mailhub.http.idempotency import CallKey
from mailhub.http.responses import json_bytes
from mailhub.http.strict_json import UnsupportedMediaType
from mailhub.people.permissions import Permission
from mailhub.store.content import StagedContent
from mailhub.store.root import HubRoot

from . import tus_headers as headers
from .names import announced_name, announced_type
from .resumable import Progress, ResumableUploads
from .schema import UploadReply
from .service import OnceFor, UploadsService
from .tus import (
    CHECKSUM_ALGORITHMS,
    CHUNK_TYPE,
    EXTENSIONS,
    VERSION,
    Checksum,
    http_date,
    read_checksum,
    read_metadata,
    read_number,
)

TUS_ANSWER: Mapping[str, str] = MappingProxyType({"Tus-Resumable": VERSION, "Tus-Version": VERSION})
_UPLOAD = MappingProxyType({"id": _("The upload; the last segment of its Location.")})
_APPEND_PROBLEMS = (
    "request.bad",
    "upload.checksum_unknown",
    "upload.not_found",
    "upload.wrong_offset",
    "upload.expired",
    "upload.version_unknown",
    "upload.too_long",
    "request.unsupported_media_type",
    "upload.busy",
    "upload.checksum_mismatch",
    "storage.outcome_unknown",
)


@endpoint(
    "OPTIONS",
    "/uploads",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Tell what resumable uploads can do here"),
    replies={204: None},
    reply_headers={204: (headers.EXTENSION, headers.MAX_SIZE, headers.CHECKSUM_ALGORITHM)},
    answer_headers=TUS_ANSWER,
)
def describe_uploads(request: ApiRequest) -> Reply:
    limits = request.work.service(ResumableUploads).limits
    told = {
        headers.EXTENSION.name: ",".join(EXTENSIONS),
        headers.MAX_SIZE.name: str(limits.max_bytes),
        headers.CHECKSUM_ALGORITHM.name: ",".join(CHECKSUM_ALGORITHMS),
    }
    return Reply(status=204, headers=told)


@endpoint(
    "POST",
    "/uploads",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Send a file ahead of the messages that use it"),
    description=_(
        "The body is the file. Content-Type and the file name in Content-Disposition are kept for attachments that "
        "name none. It belongs to its maker, may be used in several messages, and expires 24 hours after its last use. "
        "With the header Tus-Resumable it begins a resumable upload of Upload-Length bytes (tus 1.0.0) instead; the body "
        "may hold the first of them, announced as application/offset+octet-stream. An Idempotency-Key is for whole files: a "
        "resumable upload goes on where it was."
    ),
    raw_body=True,
    raw_types=("application/octet-stream", CHUNK_TYPE),
    request_headers=(headers.RESUMABLE, headers.LENGTH, headers.METADATA, headers.CHECKSUM),
    replies={201: UploadReply},
    replays="answer",
    reply_headers={201: (headers.OFFSET, headers.EXPIRES)},
    answer_headers=TUS_ANSWER,
    problems=(
        "request.bad",
        "upload.checksum_unknown",
        "upload.version_unknown",
        "attachment.too_large",
        "upload.too_long",
        "request.unsupported_media_type",
        "upload.too_many",
        "upload.checksum_mismatch",
        "storage.outcome_unknown",
    ),
)
def create_upload(request: ApiRequest) -> Reply:
    return _take_whole(request) if headers.RESUMABLE.name not in request.headers else _begin(request)


def _take_whole(request: ApiRequest) -> Reply:
    _refuse_headers_of_tus(request)
    body = request.stream
    name = announced_name(request.headers.get("Content-Disposition"))
    content_type = announced_type(request.headers.get("Content-Type"))
    upload_id, size, sha256 = request.work.service(UploadsService).receive(
        request.identity,
        body.file,
        body.content_length,
        name=name,
        content_type=content_type,
        once=_once(request, name, content_type),
    )
    return _created(request, upload_id, size, sha256)


def _created(request: ApiRequest, upload_id: str, size: int, sha256: str) -> Reply:
    place = f"{request.endpoint.prefix}/uploads/{upload_id}"
    return created(place, {"id": upload_id, "size": size, "sha256": sha256})


def _once(request: ApiRequest, name: str, content_type: str) -> OnceFor | None:
    """The caller's Idempotency-Key; the same body is one with the same bytes, name and type."""
    make_key = request.raw_key()
    if make_key is None:
        return None

    def once(staged: StagedContent) -> _KeyedUpload:
        key = make_key(f"{staged.sha256}\n{name}\n{content_type}".encode())
        return _KeyedUpload(key, lambda upload_id: _created(request, upload_id, staged.size, staged.sha256))

    return once


@dataclass(frozen=True, slots=True)
class _KeyedUpload:
    """Implements ``Once``: the answer is kept with the file."""

    key: CallKey
    answer: Callable[[str], Reply]

    def require_new(self, hub: HubRoot, now: datetime) -> None:
        self.key.require_new(hub, now)

    def keep(self, hub: HubRoot, now: datetime, upload_id: str) -> None:
        reply = self.answer(upload_id)
        self.key.keep(hub, now, reply.status, json_bytes(reply.body), reply.location)


def _refuse_headers_of_tus(request: ApiRequest) -> None:
    """Who says a length or a checksum relies on it, and without Tus-Resumable nothing would look at it."""
    for header in (headers.LENGTH, headers.METADATA, headers.CHECKSUM):
        if header.name in request.headers:
            raise BadRequest(
                _(
                    "${header} is for resumable uploads; send Tus-Resumable too.",
                    mapping={"header": header.name},
                )
            )


def _begin(request: ApiRequest) -> Reply:
    body, service = request.stream, request.work.service(ResumableUploads)
    _require_version(request)
    _refuse_other_kinds(request)
    length = read_number(headers.LENGTH.name, request.headers.get(headers.LENGTH.name))
    metadata = read_metadata(request.headers.get(headers.METADATA.name))
    checksum = _checksum(request)
    if body.content_length == 0 or (body.content_length is None and not _is_chunk(request)):
        progress = service.create(request.identity, length, metadata)
    else:
        _require_chunk_type(request)
        progress = service.create_with(
            request.identity,
            length,
            metadata,
            body.file,
            announced_bytes=body.content_length,
            checksum=checksum,
        )
    return Reply(
        status=201,
        location=f"{request.endpoint.prefix}/uploads/{progress.id}",
        body={"id": progress.id, "size": progress.length, "sha256": progress.sha256},
        headers=_moving_headers(progress),
    )


@endpoint(
    "HEAD",
    "/uploads/{id}",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Ask how far an upload is"),
    path_texts=_UPLOAD,
    request_headers=(headers.RESUMABLE,),
    reply_headers={200: (headers.OFFSET, headers.LENGTH, headers.METADATA, headers.EXPIRES)},
    answer_headers=TUS_ANSWER,
    problems=("upload.not_found", "upload.expired", "upload.version_unknown"),
)
def read_upload_offset(request: ApiRequest) -> Reply:
    _require_version(request)
    progress = request.work.service(ResumableUploads).progress(request.identity, request.path["id"])
    told = _moving_headers(progress) | {headers.LENGTH.name: str(progress.length)}
    return Reply(headers=told | ({headers.METADATA.name: progress.metadata} if progress.metadata else {}))


@endpoint(
    "PATCH",
    "/uploads/{id}",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Add bytes to an upload"),
    description=_(
        "The bytes are on disk when this is answered. The one that completes the file makes it usable in messages. A "
        "piece whose connection is lost is not taken: ask for the offset and go on from there."
    ),
    path_texts=_UPLOAD,
    raw_body=True,
    raw_types=(CHUNK_TYPE,),
    request_headers=(headers.RESUMABLE, headers.REQUIRED_OFFSET, headers.CHECKSUM),
    replies={204: None},
    reply_headers={204: (headers.OFFSET, headers.EXPIRES)},
    answer_headers=TUS_ANSWER,
    problems=_APPEND_PROBLEMS,
)
def append_to_upload(request: ApiRequest) -> Reply:
    return _append(request)


@endpoint(
    "DELETE",
    "/uploads/{id}",
    permission=Permission.UPLOADS_WRITE,
    summary=_("Give an upload up"),
    description=_("Finished or not. Messages keep the files that they have."),
    path_texts=_UPLOAD,
    once=True,
    request_headers=(headers.RESUMABLE,),
    replies={204: None},
    answer_headers=TUS_ANSWER,
    problems=(
        "upload.not_found",
        "upload.expired",
        "upload.version_unknown",
        "upload.busy",
        "storage.outcome_unknown",
    ),
)
def delete_upload(request: ApiRequest) -> Reply:
    return _delete(request)


@endpoint(
    "POST",
    "/uploads/{id}",
    permission=Permission.UPLOADS_WRITE,
    summary=_("PATCH or DELETE for clients that can only POST"),
    description=_("X-HTTP-Method-Override says which of the two this is; it then answers as that one does."),
    path_texts=_UPLOAD,
    raw_body=True,
    raw_types=(CHUNK_TYPE,),
    request_headers=(headers.OVERRIDE, headers.RESUMABLE, headers.OFFSET, headers.CHECKSUM),
    replies={204: None},
    reply_headers={204: (headers.OFFSET, headers.EXPIRES)},
    answer_headers=TUS_ANSWER,
    problems=_APPEND_PROBLEMS,
)
def override_upload_method(request: ApiRequest) -> Reply:
    method, body = request.headers.get(headers.OVERRIDE.name), request.stream
    if method == "PATCH":
        return _append(request)
    if method == "DELETE" and not body.content_length:
        return _delete(request)
    raise BadRequest(_("X-HTTP-Method-Override may be PATCH here, or DELETE without a body."))


def _append(request: ApiRequest) -> Reply:
    body = request.stream
    _require_version(request)
    uploads = request.work.service(ResumableUploads)
    uploads.progress(request.identity, request.path["id"])
    _require_chunk_type(request)
    progress = uploads.append(
        request.identity,
        request.path["id"],
        read_number(headers.OFFSET.name, request.headers.get(headers.OFFSET.name)),
        body.file,
        announced_bytes=body.content_length,
        checksum=_checksum(request),
    )
    return Reply(status=204, headers=_moving_headers(progress))


def _delete(request: ApiRequest) -> Reply:
    _require_version(request)
    uploads = request.work.service(ResumableUploads)
    uploads.progress(request.identity, request.path["id"])
    if request.endpoint.takes_no_fields:
        request.require_no_fields()
    uploads.remove(request.identity, request.path["id"])
    return no_content()


def _moving_headers(progress: Progress) -> dict[str, str]:
    """Those that are another with every piece."""
    return {
        headers.OFFSET.name: str(progress.offset),
        headers.EXPIRES.name: http_date(progress.expires_at),
    }


def _require_version(request: ApiRequest) -> None:
    """Another version is refused before anything is looked at; a call on an upload that names none means this one."""
    if request.headers.get(headers.RESUMABLE.name, VERSION) != VERSION:
        raise VersionUnknown(
            _("This is tus ${version}; say so in Tus-Resumable.", mapping={"version": VERSION})
        )


def _refuse_other_kinds(request: ApiRequest) -> None:
    """What other extensions of tus would begin must not be taken for an upload of one piece after the other."""
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        if name in request.headers:
            raise BadRequest(_("${name} is not supported: give Upload-Length.", mapping={"name": name}))


def _checksum(request: ApiRequest) -> Checksum | None:
    return read_checksum(request.headers.get(headers.CHECKSUM.name))


def _is_chunk(request: ApiRequest) -> bool:
    return request.headers.get("Content-Type", "").strip().lower() == CHUNK_TYPE


def _require_chunk_type(request: ApiRequest) -> None:
    if not _is_chunk(request):
        raise UnsupportedMediaType(_("Send pieces of an upload as ${type}.", mapping={"type": CHUNK_TYPE}))
