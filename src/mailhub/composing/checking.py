"""Checking a message before it is taken: all mistakes at once, each at its field (S9, AD, M, SM8)."""

import mimetypes
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailhub.bodies.colours import with_plain_colours
from mailhub.bodies.pictures import Linked, Picture, PictureUnreadable, link_pictures
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.delivery.mime import HeaderInvalid, check_header_text, check_own_header
from mailhub.errors import FieldError
from mailhub.scenarios.files import OfferedFile
from mailhub.scenarios.model import ScenarioAttachment
from mailhub.schema_types import UNFIT_TEXT, unfit_text
from mailhub.uploads.model import Upload

from .addresses import AddressInvalid, deduplicate, parse_address
from .request import AttachmentRequest, KeptFile, MessageRequest, RawAddress

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")
NAME_CHARACTERS = 250
MOST_HEADERS = 100
OCTET_STREAM = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLimits:
    """What one message may be at most (settings ``mailhub.message.*``)."""

    max_recipients: int = 500
    max_attachment_bytes: int = 100 * 1024 * 1024
    max_bytes: int = 150 * 1024 * 1024
    max_subject_characters: int = 2048


@dataclass(frozen=True, slots=True)
class CheckedAttachment:
    """A file that may be attached: its bytes, or the upload, the scenario (and its file's id) or the message that has them."""

    name: str
    content_type: str
    size: int
    data: bytes | None
    upload_id: str | None
    inline: bool
    content_id: str | None
    scenario_file: tuple[str, str] | None = None
    kept: KeptFile | None = None


@dataclass(frozen=True, slots=True)
class CheckedMessage:
    """What of a request is checked without knowing its account.

    ``html``: as it is sent; ``pictures``: those that stood in it as data (SM7).
    """

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    sender: Address | None
    attachments: tuple[CheckedAttachment, ...]
    headers: tuple[tuple[str, str], ...]
    html: str | None = None
    pictures: tuple[CheckedAttachment, ...] = ()

    @property
    def files(self) -> tuple[CheckedAttachment, ...]:
        """All that are sent with it."""
        return (*self.attachments, *self.pictures)

    @property
    def size(self) -> int:
        """Bytes of the files together."""
        return sum(each.size for each in self.files)


PluginCheck = Callable[[Address], Iterable[Text]]
FindUpload = Callable[[str], Upload | None]
FindScenarioFile = Callable[[str, str], OfferedFile | None]
"""The file of this id among those that a message of this scenario may add."""


_BOTH_BODIES = _("Give a body by a layout, or html and text, not both.")


class Checker:
    """Checks one request; ``errors`` has every mistake found."""

    def __init__(
        self,
        limits: MessageLimits,
        check_address: PluginCheck,
        find_upload: FindUpload,
        find_scenario_file: FindScenarioFile,
        new_content_id: Callable[[], str],
        now: datetime,
    ) -> None:
        self._limits = limits
        self._check_address = check_address
        self._find_upload = find_upload
        self._find_scenario_file = find_scenario_file
        self._new_content_id = new_content_id
        self._now = now
        self._addresses_left = limits.max_recipients
        self.errors: list[FieldError] = []

    def check(self, request: MessageRequest) -> CheckedMessage:
        """Everything that can be checked, whatever mistakes there are already."""
        linked = self._linked(request.html)
        checked = CheckedMessage(
            reply_to=self._addresses("reply_to", request.reply_to),
            to=self._addresses("to", request.to),
            cc=self._addresses("cc", request.cc),
            bcc=self._addresses("bcc", request.bcc),
            sender=None if request.sender is None else self._address("/sender", request.sender),
            attachments=self._attachments(request.scenario, request.attachments),
            headers=self._headers(request.headers),
            html=None if linked is None else with_plain_colours(linked.html),
            pictures=() if linked is None else tuple(map(self._picture, linked.pictures)),
        )
        self._recipients(request)
        self._subject(request.subject)
        self._bodies(request)
        self._times(request)
        return checked

    def _refuse(self, pointer: str, code: str, message: Text) -> None:
        self.errors.append(FieldError(pointer, code, message))

    def _addresses(self, field: str, items: tuple[RawAddress, ...]) -> tuple[Address, ...]:
        """Those beyond what a message may have are not even read: there may be very many."""
        read = items[: self._addresses_left]
        self._addresses_left -= 0 if field == "reply_to" else len(read)
        found = [self._address(f"/{field}/{number}", item) for number, item in enumerate(read)]
        return tuple(deduplicate([each for each in found if each is not None]))

    def _address(self, pointer: str, item: RawAddress) -> Address | None:
        try:
            address = parse_address(item)
        except AddressInvalid as error:
            self._refuse(pointer, "address.invalid", error.message)
            return None
        for reason in self._check_address(address):
            self._refuse(pointer, "address.invalid", reason)
        return address

    def _recipients(self, request: MessageRequest) -> None:
        """Counted as they were given: a list with a bad address is not an empty one."""
        count = len(request.to) + len(request.cc) + len(request.bcc)
        if count == 0:
            self._refuse("/to", "recipients.none", _("Name at least one recipient in To, Cc or Bcc."))
        elif count > self._limits.max_recipients:
            limit = {"count": count, "limit": self._limits.max_recipients}
            text = _("A message may have ${limit} recipients at most, this one has ${count}.", mapping=limit)
            self._refuse("/to", "recipients.too_many", text)

    def _subject(self, subject: str) -> None:
        self._header_text("/subject", "Subject", subject)
        if len(subject) > self._limits.max_subject_characters:
            limit = {"limit": self._limits.max_subject_characters}
            self._refuse(
                "/subject",
                "header.invalid",
                _("A subject may have ${limit} characters at most.", mapping=limit),
            )

    def _header_text(self, pointer: str, name: str, text: str) -> None:
        try:
            check_header_text(name, text)
        except HeaderInvalid as error:
            self._refuse(pointer, "header.invalid", error.message)

    def _headers(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        if len(headers) > MOST_HEADERS:
            limit = {"limit": MOST_HEADERS}
            self._refuse(
                "/headers", "header.invalid", _("A message may have ${limit} headers at most.", mapping=limit)
            )
            return ()
        seen: set[str] = set()
        for name, value in headers.items():
            pointer = f"/headers/{_pointer(name)}"
            try:
                check_own_header(name, value)
            except HeaderInvalid as error:
                self._refuse(pointer, "header.invalid", error.message)
            if name.lower() in seen:
                self._refuse(pointer, "header.invalid", _("This header is given twice; case does not count."))
            seen.add(name.lower())
        return tuple(headers.items())

    def _bodies(self, request: MessageRequest) -> None:
        if request.body is not None:
            # layouts are not there yet, so no id can be one
            self._refuse("/body/layout", "layout.not_found", _("There is no such layout."))
            if request.html is not None or request.text is not None:
                self._refuse("/body", "schema.invalid", _BOTH_BODIES)
        elif request.html is None and request.text is None:
            self._refuse("/text", "schema.required", _("Give the message a text: html, text, or both."))
        for name, text in (("html", request.html), ("text", request.text)):
            if text is not None and unfit_text(text):
                self._refuse(f"/{name}", "schema.invalid", UNFIT_TEXT)

    def _linked(self, html: str | None) -> Linked | None:
        """The HTML with its pictures taken out; all of it when one of them cannot be read."""
        if html is None:
            return None
        try:
            return link_pictures(html, self._new_content_id)
        except PictureUnreadable as error:
            self._refuse("/html", "attachment.unreadable", error.message)
            return Linked(html)

    def _picture(self, picture: Picture) -> CheckedAttachment:
        size = len(picture.data)
        self._check_size("/html", size)
        return CheckedAttachment(
            picture.name, picture.content_type, size, picture.data, None, True, picture.content_id
        )

    def _check_size(self, pointer: str, size: int) -> None:
        if size > self._limits.max_attachment_bytes:
            limit = {"limit": self._limits.max_attachment_bytes}
            text = _("An attachment may have ${limit} bytes at most.", mapping=limit)
            self._refuse(pointer, "attachment.too_large", text)

    def _times(self, request: MessageRequest) -> None:
        if request.expires_at is None:
            return
        if request.expires_at <= max(self._now, request.send_at or self._now):
            self._refuse(
                "/expires_at", "message.expired", _("The message would have expired before it can be sent.")
            )

    def _attachments(
        self, scenario: str, items: tuple[AttachmentRequest, ...]
    ) -> tuple[CheckedAttachment, ...]:
        found = [self._attachment(number, item, scenario) for number, item in enumerate(items)]
        self._content_ids(items)
        return tuple(each for each in found if each is not None)

    def _attachment(self, number: int, item: AttachmentRequest, scenario: str) -> CheckedAttachment | None:
        pointer = f"/attachments/{number}"
        upload = None if item.upload is None else self._find_upload(item.upload)
        offered = None
        if item.scenario_file is not None:
            offered = self._find_scenario_file(scenario, item.scenario_file)
        size = self._size(pointer, item, upload, offered)
        if upload is not None:
            item = _as_stored(number, item, upload)
        elif offered is not None:
            item = _as_stored(number, item, offered.file)
        name = self._name(pointer, item)
        content_type = self._content_type(pointer, item, name)
        self._content_id(pointer, item)
        if size is None:
            return None
        self._check_size(pointer, size)
        place = None if offered is None else offered.place
        return CheckedAttachment(
            name, content_type, size, item.data, item.upload, item.inline, item.content_id, place, item.kept
        )

    def _size(
        self, pointer: str, item: AttachmentRequest, upload: Upload | None, offered: OfferedFile | None
    ) -> int | None:
        sources = (item.data, item.upload, item.scenario_file, item.kept)
        if sum(each is not None for each in sources) != 1:
            text = _(
                "Give an attachment its content, or the id of an upload, or that of a file of the scenario."
            )
            self._refuse(pointer, "schema.required", text)
            return None
        if item.data is not None:
            return len(item.data)
        if item.kept is not None:
            return item.kept.size
        stored: Upload | ScenarioAttachment | None = upload if offered is None else offered.file
        if stored is None:
            self._refuse_missing(pointer, item)
            return None
        size: int = stored.content.size
        return size

    def _refuse_missing(self, pointer: str, item: AttachmentRequest) -> None:
        if item.upload is not None:
            self._refuse(f"{pointer}/upload", "upload.not_found", _("There is no such upload of yours."))
        else:
            text = _("The scenario has no such file to add; its default files are added by themselves.")
            self._refuse(f"{pointer}/scenario_attachment", "attachment.not_found", text)

    def _name(self, pointer: str, item: AttachmentRequest) -> str:
        name = (item.name or "").strip()
        if not name and item.upload is None and item.scenario_file is None:
            self._refuse(f"{pointer}/name", "schema.required", _("Give the attachment a file name."))
        elif len(name) > NAME_CHARACTERS:
            limit = {"limit": NAME_CHARACTERS}
            text = _("A file name may have ${limit} characters at most.", mapping=limit)
            self._refuse(f"{pointer}/name", "header.invalid", text)
        self._header_text(f"{pointer}/name", "Content-Disposition", name)
        return name

    def _content_type(self, pointer: str, item: AttachmentRequest, name: str) -> str:
        """Given, else by the standard registry from the file's name (M6)."""
        if item.content_type is None:
            return mimetypes.guess_type(name, strict=True)[0] or OCTET_STREAM
        if _MEDIA_TYPE.fullmatch(item.content_type) is None:
            text = _("A content type is written type/subtype, such as application/pdf.")
            self._refuse(f"{pointer}/content_type", "header.invalid", text)
        return item.content_type.lower()

    def _content_id(self, pointer: str, item: AttachmentRequest) -> None:
        if item.content_id is not None and _CONTENT_ID.fullmatch(item.content_id) is None:
            text = _("A content id has letters, digits and marks without spaces, such as logo.")
            self._refuse(f"{pointer}/content_id", "header.invalid", text)
        if item.inline and item.content_id is None:
            text = _("An inline picture needs a content id, which the HTML shows as cid:...")
            self._refuse(f"{pointer}/content_id", "schema.required", text)

    def _content_ids(self, items: tuple[AttachmentRequest, ...]) -> None:
        seen: set[str] = set()
        for number, item in enumerate(items):
            if item.content_id is not None and item.content_id in seen:
                text = _("Another attachment has this content id.")
                self._refuse(f"/attachments/{number}/content_id", "header.invalid", text)
            seen.add(item.content_id or "")


def _as_stored(
    number: int, item: AttachmentRequest, stored: Upload | ScenarioAttachment
) -> AttachmentRequest:
    """What the attachment does not say of itself, the stored file does; a name it always has."""
    content_type = item.content_type
    if content_type is None and _MEDIA_TYPE.fullmatch(stored.content_type):
        content_type = stored.content_type
    ending = mimetypes.guess_extension(content_type or "") or ""
    name = item.name or stored.name or f"attachment-{number + 1}{ending}"
    return replace(item, name=name, content_type=content_type)


def _pointer(name: str) -> str:
    """A name as a part of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
