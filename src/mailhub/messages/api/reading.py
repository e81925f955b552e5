"""Reading messages: lists, counts, one, its history, its MIME form, its files."""

from typing import Any

from mailhub.contract.message import WireOptions
from mailhub.contract.texts import _
from mailhub.delivery.mime import MessageWriter
from mailhub.delivery.outgoing import message_form
from mailhub.delivery.service import DeliveryService
from mailhub.errors import NOT_FOUND, NotFound
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, file_reply
from mailhub.http.paging import PageQuery
from mailhub.messages.model import Message, StoredAttachment
from mailhub.messages.presenting import present_history, present_whole_message
from mailhub.messages.replies import CountsReply, FullMessageReply, MessageHistory, MessageList
from mailhub.messages.schema import message_filters
from mailhub.messages.states import wrong_state
from mailhub.people.permissions import Permission
from mailhub.store.content import ContentReader, checked_chunks
from mailhub.visibility.service import MessageFilters, MessageReader

from .shared import MESSAGE_ID, message_of, presented

_RAW = WireOptions(eight_bit=True, smtputf8=True)


def message_query() -> Any:
    """The query of ``GET /messages``."""
    query = PageQuery()
    for node in message_filters():
        query.add(node)
    return query


@endpoint(
    "GET",
    "/messages",
    permission=Permission.MESSAGES_READ,
    summary=_("List messages, newest first"),
    description=_(
        "A page may be short while next_cursor goes on: each looks at a bounded part of the indexes."
    ),
    query=message_query,
    replies={200: MessageList},
)
def list_messages(request: ApiRequest) -> Reply:
    page, query = request.page, request.query
    filters = MessageFilters(**{name: query[name] for name in query if name not in ("limit", "cursor")})
    below = None if page.position is None else page.position[0]
    found = request.work.service(MessageReader).list_messages(filters, page.limit, below)
    items = [presented(request.work, message) for message in found.messages]
    return Reply(body=page.reply(items, None if found.next_below is None else [found.next_below]))


@endpoint(
    "GET",
    "/messages/counts",
    permission=Permission.MESSAGES_READ,
    summary=_("Count messages by box"),
    description=_("Of the messages that the caller may see."),
    replies={200: CountsReply},
)
def count_messages(request: ApiRequest) -> Reply:
    counts = request.work.service(MessageReader).counts()
    return Reply(
        body={
            "drafts": counts.drafts,
            "waiting": counts.waiting,
            "failed": counts.failed,
            "in_doubt": counts.in_doubt,
            "sent_30_days": counts.sent_30_days,
        }
    )


@endpoint(
    "GET",
    "/messages/{id}",
    permission=Permission.MESSAGES_READ,
    summary=_("Read a message"),
    path_texts=MESSAGE_ID,
    replies={200: FullMessageReply},
    problems=("message.not_found",),
)
def get_message(request: ApiRequest) -> Reply:
    message = message_of(request)
    waiting_for = request.work.service(DeliveryService).waiting_for(message)
    return Reply(body=present_whole_message(message, waiting_for))


@endpoint(
    "GET",
    "/messages/{id}/events",
    permission=Permission.MESSAGES_READ,
    summary=_("Read the history of a message, oldest first"),
    path_texts=MESSAGE_ID,
    replies={200: MessageHistory},
    problems=("message.not_found",),
)
def get_message_history(request: ApiRequest) -> Reply:
    return Reply(body=present_history(message_of(request)))


@endpoint(
    "GET",
    "/messages/{id}/raw",
    permission=Permission.MESSAGES_READ,
    summary=_("Read a message in its MIME form"),
    description=_("As it is sent, without Bcc. A draft has none yet."),
    path_texts=MESSAGE_ID,
    replies={200: None},
    raw_reply="message/rfc822",
    problems=("message.not_found", "message.wrong_state"),
)
def get_raw_message(request: ApiRequest) -> Reply:
    message = message_of(request)
    if message.status == "draft":
        raise wrong_state(message.status)
    writer = MessageWriter(message_form(message.content))
    return file_reply(
        writer.iter_bytes(_RAW),
        content_type="message/rfc822",
        name=f"{message.id}.eml",
        size=writer.size(_RAW),
    )


@endpoint(
    "GET",
    "/messages/{id}/attachments/{n}",
    permission=Permission.MESSAGES_READ,
    summary=_("Read an attachment of a message"),
    path_texts={**MESSAGE_ID, "n": _("Number of the attachment, from 0")},
    replies={200: None},
    raw_reply="*/*",
    problems=("message.not_found", "attachment.not_found"),
)
def get_message_attachment(request: ApiRequest) -> Reply:
    attachment = _attachment(message_of(request), request.path["n"])
    content = ContentReader.of(attachment.content)
    return file_reply(
        checked_chunks(content),
        content_type=attachment.content_type,
        name=attachment.name,
        size=content.size,
    )


def _attachment(message: Message, number: str) -> StoredAttachment:
    """Raises ``NotFound`` with ``attachment.not_found``."""
    attachments = message.content.attachments
    if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) >= len(attachments):
        raise NotFound(NOT_FOUND, code="attachment.not_found")
    return attachments[int(number)]
