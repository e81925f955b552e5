"""What a message is made of, each at an address of its own: its HTML, its source, its files."""

from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, NotFound
from mailhub.http.reply import Reply, file_reply
from mailhub.messages.model import StoredAttachment
from mailhub.messages.presenting import text_of
from mailhub.messages.states import wrong_state
from mailhub.people.permissions import Permission
from mailhub.store.content import ContentReader, checked_chunks
from mailhub.visibility.service import MessageReader
from mailhub.web.answers import Answer, Raw
from mailhub.web.page import page
from mailhub.web.policy import MAIL_POLICY
from mailhub.web.request import PageRequest

from .preview import preview_of
from .source import RAW, writer_of

_PREVIEW_HEADERS = {"X-DNS-Prefetch-Control": "off"}
"""A policy does not keep browsers from looking up the names in links."""


@page("GET", "/messages/{id}/body", permission=Permission.MESSAGES_READ, policy=MAIL_POLICY)
def show_body(request: PageRequest) -> Answer:
    """The HTML of a message, for a sandboxed frame."""
    message = request.work.service(MessageReader).get(request.path["id"])
    html = text_of(message.content.html)
    if html is None:
        raise NotFound(_("This message has no HTML."), code="message.not_found")
    preview = preview_of(html, message.content.attachments)
    body = preview.html.encode("utf-8", "xmlcharrefreplace")
    return Raw(body, "text/html; charset=utf-8", headers=_PREVIEW_HEADERS)


@page("GET", "/messages/{id}/source", permission=Permission.MESSAGES_READ)
def download_source(request: PageRequest) -> Answer:
    """The message as a file that mail programs open."""
    message = request.work.service(MessageReader).get(request.path["id"])
    if message.status == "draft":
        raise wrong_state(message.status)
    writer = writer_of(message)
    name = f"{message.id}.eml"
    size = writer.size(RAW)
    return _file(file_reply(writer.iter_bytes(RAW), content_type="message/rfc822", name=name, size=size))


@page("GET", "/messages/{id}/attachments/{n}", permission=Permission.MESSAGES_READ)
def download_attachment(request: PageRequest) -> Answer:
    message = request.work.service(MessageReader).get(request.path["id"])
    attachment = _attachment(message.content.attachments, request.path["n"])
    content = ContentReader.of(attachment.content)
    return _file(
        file_reply(
            checked_chunks(content),
            content_type=attachment.content_type,
            name=attachment.name,
            size=content.size,
        )
    )


def _attachment(attachments: tuple[StoredAttachment, ...], number: str) -> StoredAttachment:
    """Raises ``NotFound`` with ``attachment.not_found``."""
    if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) >= len(attachments):
        raise NotFound(NOT_FOUND, code="attachment.not_found")
    return attachments[int(number)]


def _file(reply: Reply) -> Raw:
    assert reply.stream is not None
    assert reply.content_type is not None
    return Raw(reply.stream, reply.content_type, headers=reply.headers)
