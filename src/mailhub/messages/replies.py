"""What the API answers about messages (api.md, "Messages"). Pure colander."""

from typing import Any

import colander

from mailhub.contract.texts import Text, _
from mailhub.scenarios.explain_schema import ExplainReply
from mailhub.schema_types import JsonObject, TextMap

from .schema import IMPORTANCES, RelatedItems, TagItems
from .states import DELETABLE, STATUSES

WAITING_FOR = (
    "rate_limit",
    "concurrency",
    "paused_account",
    "connector_missing",
    "sign_in",
    "retry",
    "schedule",
)
SOURCES = ("message", "scenario", "related")
OUTCOMES = ("accepted", "refused", "deferred", "pending")


def _text(title: Text, **more: Any) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(allow_empty=True), title=title, **more)


def _time(title: Text, **more: Any) -> colander.SchemaNode:
    return colander.SchemaNode(colander.DateTime(), title=title, **more)


def _number(title: Text) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Integer(), title=title)


def _switch(title: Text) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Boolean(), title=title)


class AddressReply(colander.MappingSchema):
    """An address as it is read back."""

    name = _text(_("Name"))
    address = _text(_("E-mail address"))


class AddressReplies(colander.SequenceSchema):
    address = AddressReply(title=_("Address"))


class AttachmentReply(colander.MappingSchema):
    """A file of a message; its content is at ``/messages/{id}/attachments/{n}``."""

    n = _number(_("Number, from 0"))
    name = _text(_("File name"))
    content_type = _text(_("Content type"))
    size = _number(_("Size in bytes"))
    sha256 = _text(_("SHA-256, hexadecimal"))
    inline = _switch(_("Inline"))
    content_id = _text(_("Content id"), missing=None)
    source = _text(_("Where it came from"), validator=colander.OneOf(SOURCES))


class AttachmentReplies(colander.SequenceSchema):
    attachment = AttachmentReply(title=_("Attachment"))


class ErrorReply(colander.MappingSchema):
    """Why the last attempt did not succeed."""

    code = _text(_("Code"))
    message = _text(_("Message"))
    retryable = _switch(_("May succeed later"))


class WarningReply(colander.MappingSchema):
    """What the sender should know, though the message was taken; of a draft, what it could not be sent for."""

    code = _text(_("Code"))
    message = _text(_("Message"))
    pointer = _text(_("JSON Pointer to the field, or empty"))


class WarningReplies(colander.SequenceSchema):
    warning = WarningReply(title=_("Warning"))


class MessageReply(colander.MappingSchema):
    """A message as lists show it."""

    id = _text(_("Id"))
    status = _text(_("Status"), validator=colander.OneOf(STATUSES))
    scenario = _text(_("Scenario"))
    account = _text(_("Id of the account; of a draft, the one it names"), missing=None)
    from_ = AddressReply(name="from", title=_("From; null for a draft"), missing=None)
    sender = AddressReply(title=_("Sender; of a draft, the From it asks for"), missing=None)
    to = AddressReplies(title=_("To"))
    cc = AddressReplies(title=_("Cc"))
    bcc = AddressReplies(title=_("Bcc"))
    reply_to = AddressReplies(title=_("Reply to"))
    subject = _text(_("Subject"))
    attachments = AttachmentReplies(title=_("Attachments"))
    related = RelatedItems(title=_("Related records"))
    owner = _text(_("Id of whose message it is"))
    caller = _text(_("Id of who sent it for the owner, or the owner"))
    created_at = _time(_("Accepted at"))
    queued_at = _time(_("Queued at"), missing=None)
    send_at = _time(_("Not before"), missing=None)
    expires_at = _time(_("Expires at"), missing=None)
    next_attempt_at = _time(_("Next attempt at"), missing=None)
    sent_at = _time(_("Sent at"), missing=None)
    attempts = _number(_("Attempts that were started"))
    message_id = _text(_("Message-ID (RFC 5322); null for a draft"), missing=None)
    priority = _text(_("Priority"))
    importance = _text(_("Importance"), validator=colander.OneOf(IMPORTANCES))
    error = ErrorReply(title=_("Error"), missing=None)
    waiting_for = _text(_("What it waits for"), missing=None, validator=colander.OneOf(WAITING_FOR))
    partial = _switch(_("Sent, but not to all recipients"))
    tags = TagItems(title=_("Tags"))
    metadata = colander.SchemaNode(JsonObject(), title=_("Metadata"))
    warnings = WarningReplies(title=_("Warnings"))
    revision = _text(_("Revision"))


class GoneMessageReply(colander.MappingSchema):
    """What is left of a message that was deleted."""

    id = _text(_("Id"))
    status = _text(_("Status before it was deleted"), validator=colander.OneOf(sorted(DELETABLE)))
    scenario = _text(_("Scenario"))
    account = _text(_("Id of the account; of a draft, the one it named"), missing=None)
    owner = _text(_("Id of whose message it was"))


class DryRunMessage(MessageReply):
    """A message as it would be taken; null: what is not known before."""

    id = _text(_("Id"), missing=None)
    created_at = _time(_("Accepted at"), missing=None)
    revision = _text(_("Revision"), missing=None)


class RenderedBody(colander.MappingSchema):
    """What the mail says."""

    subject = _text(_("Subject"))
    html = _text(_("HTML"), missing=None)
    text = _text(_("Plain text, given or made from the HTML"), missing=None)
    warnings = WarningReplies(title=_("Warnings"))


class DryRunReply(colander.MappingSchema):
    """What would become of a message; nothing of it is stored."""

    message = DryRunMessage(title=_("Message"))
    explain = ExplainReply(title=_("What it gets, and why"))
    body = RenderedBody(title=_("Body"))


class RecipientReply(colander.MappingSchema):
    """What became of one recipient. ``code`` and ``detail`` are the server's, as far as it said anything."""

    address = _text(_("E-mail address"))
    kind = _text(_("To, Cc or Bcc"), validator=colander.OneOf(("to", "cc", "bcc")))
    outcome = _text(_("Outcome"), validator=colander.OneOf(OUTCOMES))
    code = _text(_("Code"))
    detail = _text(_("Detail"))


class RecipientReplies(colander.SequenceSchema):
    recipient = RecipientReply(title=_("Recipient"))


class DraftBody(colander.MappingSchema):
    """The layout of a draft and its data."""

    layout = _text(_("Id of the layout"))
    data = colander.SchemaNode(JsonObject(), title=_("Data"))
    language = _text(_("Language"), missing=None)


class FullMessageReply(MessageReply):
    """A message with all that it says."""

    html = _text(_("HTML"), missing=None)
    text = _text(_("Plain text"), missing=None)
    body = DraftBody(title=_("What a draft says of a layout"), missing=None)
    headers = colander.SchemaNode(TextMap(), title=_("Headers"))
    recipients = RecipientReplies(title=_("Recipients"))


class MessageItems(colander.SequenceSchema):
    message = MessageReply(title=_("Message"))


class MessageList(colander.MappingSchema):
    """A page of messages, newest first. It may be short while there is a next one."""

    items = MessageItems(title=_("Messages"))
    next_cursor = _text(_("Where the next page begins; null at the end"), missing=None)


class HistoryReply(colander.MappingSchema):
    """A transition of a message, or an attempt with the server's answer."""

    at = _time(_("At"))
    event = _text(_("Event"))
    attempt = _number(_("Attempt"))
    status = _text(_("Status after it"), validator=colander.OneOf(STATUSES))
    code = _text(_("Code"))
    detail = _text(_("Detail"))
    possible_duplicate = _switch(_("May have been sent before"))


class HistoryItems(colander.SequenceSchema):
    entry = HistoryReply(title=_("Entry"))


class MessageHistory(colander.MappingSchema):
    """All that happened to a message, oldest first."""

    items = HistoryItems(title=_("History"))


class CountsReply(colander.MappingSchema):
    """How many messages the caller sees in each box."""

    drafts = _number(_("Drafts"))
    waiting = _number(_("Waiting"))
    failed = _number(_("Failed"))
    in_doubt = _number(_("In doubt"))
    sent_30_days = _number(_("Sent in the last 30 days"))


class ItemError(colander.MappingSchema):
    """One mistake, at its place in the item."""

    pointer = _text(_("Place (JSON Pointer)"))
    code = _text(_("Code"))
    message = _text(_("What to do"))


class ItemErrors(colander.SequenceSchema):
    error = ItemError()


class ItemProblem(colander.MappingSchema):
    """Why an item of a batch was refused, as its own call would have told it (RFC 9457)."""

    type = _text(_("Kind of problem"))
    title = _text(_("Short"))
    status = colander.SchemaNode(colander.Integer(), title=_("Status"))
    detail = _text(_("What to do"))
    code = _text(_("Code"))
    errors = ItemErrors(title=_("Every mistake"), missing=colander.drop)


class BatchResult(colander.MappingSchema):
    """What became of one item."""

    status = colander.SchemaNode(colander.Integer(), title=_("Status its own call would have had"))
    message = MessageReply(title=_("The message, when it was taken"), missing=None)
    problem = ItemProblem(title=_("The problem, when it was refused"), missing=None)


class BatchResults(colander.SequenceSchema):
    result = BatchResult()


class BatchReply(colander.MappingSchema):
    """What became of a batch, item by item, in their order."""

    results = BatchResults(title=_("Results"))
