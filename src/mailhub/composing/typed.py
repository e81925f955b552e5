"""What of a draft is refused, and what is only told: it is kept as it was typed (api.md, ``"draft": true``)."""

import re
from collections.abc import Iterable, Iterator

from mailhub.contract.texts import _, plain
from mailhub.errors import FieldError
from mailhub.messages.model import Mailbox, mailbox

from .addresses import AddressInvalid, parse_address
from .request import MessageRequest, RawAddress

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WITHOUT_CONTENT = re.compile(r"/attachments/\d+(/upload|/scenario_attachment)?")
_NOTHING_THERE = frozenset({"schema.required", "upload.not_found", "attachment.not_found"})


def iter_control_errors(request: MessageRequest) -> Iterator[FieldError]:
    """Line breaks and other control characters where there is one line."""
    for pointer, code, text in _iter_lines(request):
        if _CONTROL.search(text) is not None:
            yield FieldError(pointer, code, _CONTROL_TEXT)


_CONTROL_TEXT = _("Line breaks and other control characters are not allowed, in a draft either.")


def cannot_be_kept(error: FieldError) -> bool:
    """A file that is not there, an owner who is nobody."""
    return error.pointer == "/on_behalf_of" or _is_empty_file(error)


def _is_empty_file(error: FieldError) -> bool:
    return error.code in _NOTHING_THERE and _WITHOUT_CONTENT.fullmatch(error.pointer) is not None


def as_typed(address: RawAddress) -> Mailbox:
    """An address in its stored form where it is one, else what was typed."""
    try:
        return mailbox(parse_address(address))
    except AddressInvalid:
        pass
    if isinstance(address, str):
        return (address, "")
    return (str(address.get("address") or ""), str(address.get("name") or ""))


def all_as_typed(addresses: Iterable[RawAddress]) -> tuple[Mailbox, ...]:
    return tuple(map(as_typed, addresses))


def _iter_lines(request: MessageRequest) -> Iterator[tuple[str, str, str]]:
    """(pointer, code, text) of all that is one line."""
    yield "/subject", "header.invalid", request.subject
    for field in ("to", "cc", "bcc", "reply_to"):
        for number, address in enumerate(getattr(request, field)):
            yield f"/{field}/{number}", "address.invalid", _line_of(address)
    if request.sender is not None:
        yield "/sender", "address.invalid", _line_of(request.sender)
    for name, value in request.headers.items():
        pointer = name.replace("~", "~0").replace("/", "~1")
        yield f"/headers/{pointer}", "header.invalid", name + value
    for number, file in enumerate(request.attachments):
        for field in ("name", "content_type", "content_id"):
            yield f"/attachments/{number}/{field}", "header.invalid", getattr(file, field) or ""


def _line_of(address: RawAddress) -> str:
    return (
        address if isinstance(address, str) else f"{address.get('name') or ''}{address.get('address') or ''}"
    )


def as_warning(error: FieldError) -> tuple[str, str, str]:
    """A mistake as a draft keeps it."""
    return (error.code, plain(error.message), error.pointer)
