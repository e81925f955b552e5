"""What a view answers: plain values, turned into an HTTP response by the shell."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer.

    ``body``: a JSON object, or None for no content. ``stream`` with ``content_type``: bytes instead; the chunks are read
    after the transaction has ended, so they must not come from persistent objects. ``location``: a path
    (``/api/v1/...``). ``etag``: the revision; by default ``body["revision"]`` where there is one.
    """

    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(
        default_factory=lambda: NO_HEADERS
    )  # Python 3.11 takes a proxy for mutable
    stream: Iterable[bytes] | None = None
    content_type: str | None = None
    location: str | None = None
    etag: str | None = None


def created(location: str, body: Mapping[str, Any], *, etag: str | None = None) -> Reply:
    """201: the object is there, at this path."""
    return Reply(status=201, body=body, location=location, etag=etag)


def accepted(location: str, body: Mapping[str, Any], *, etag: str | None = None) -> Reply:
    """202: it is safe, and will be done."""
    return Reply(status=202, body=body, location=location, etag=etag)


def no_content() -> Reply:
    """204."""
    return Reply(status=204)


def file_reply(
    chunks: Iterable[bytes],
    *,
    content_type: str,
    name: str,
    size: int | None = None,
    disposition: Literal["attachment", "inline"] = "attachment",
) -> Reply:
    """A file that came from outside, sent so that no browser runs it (sandbox, nosniff; ASVS V3.2.1)."""
    headers = {
        "Content-Disposition": content_disposition(name, disposition),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if size is not None:
        headers["Content-Length"] = str(size)
    return Reply(stream=chunks, content_type=safe_content_type(content_type), headers=headers)


def content_disposition(name: str, disposition: str = "attachment") -> str:
    """A Content-Disposition header by RFC 6266: an ASCII name for the old, RFC 8187 for everybody else."""
    name = (
        re.sub(r"[\x00-\x1f\x7f\ud800-\udfff/\\\u2028\u2029\u202a-\u202e\u2066-\u2069]", "_", name) or "file"
    )
    plain = re.sub(r'[^ -~]|["%]', "_", name)
    header = f'{disposition}; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def safe_content_type(content_type: str) -> str:
    """The media type if it is well formed and cannot carry a header of its own, else ``application/octet-stream``."""
    token = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
    well_formed = re.fullmatch(rf'{token}/{token}(?:; ?{token}=(?:{token}|"[ !#-\[\]-~]*"))*', content_type)
    return content_type if well_formed else "application/octet-stream"
