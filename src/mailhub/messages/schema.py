"""What may be said of messages (api.md, "Messages"). Pure colander.

Types, sizes and forms are checked here; whether addresses, headers and files may be sent is for ``composing``, which knows the
hub's own limits.
"""

import binascii
import json
from typing import Any

import colander
import pybase64

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.schema_errors import coded_invalid
from mailhub.schema_types import WRONG_TYPE, Alternatives, JsonObject, TextMap

from .model import PRIORITIES
from .states import BOXES, STATUSES

IMPORTANCES = ("low", "normal", "high")
RELATIONS = ("primary", "related")
MOST_REPLY_TO = 100
MOST_ATTACHMENTS = 500
MOST_RELATED = 100
MOST_TAGS = 50
METADATA_BYTES = 64 * 1024

_OPAQUE = r"^[A-Za-z0-9._~-]{1,100}$"
_SCENARIO = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_KIND = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_URL = r"^https?://[!-~]{1,2000}$"
_ONE_LINE = colander.Regex(
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$", msg=_("Line breaks and control characters are not allowed.")
)


class Base64:
    """Bytes as base64 (RFC 4648 4): the standard alphabet, padded, nothing else in between."""

    def from_json(self, node: Any, value: Any) -> bytes:
        if not isinstance(value, str):
            raise coded_invalid(node, _("A text in base64 is needed here."), WRONG_TYPE)
        try:
            return pybase64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise colander.Invalid(
                node, _("This is not base64: the standard alphabet, padded, without line breaks.")
            ) from None

    def json_schema(self, node: Any) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64"}


class AddressFields(colander.MappingSchema):
    """An address, and the name shown beside it."""

    name = colander.SchemaNode(
        colander.String(allow_empty=True), title=_("Name"), missing=None, **hint.example("Ada Lovelace")
    )
    address = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("E-mail address"),
        **hint.address(),
        **hint.example("ada@example.com"),
    )


class AddressItem(colander.SchemaNode):
    """One address, never a list: a text, or an object with a name."""

    schema_type = Alternatives
    text = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("E-mail address"),
        **hint.address(),
        **hint.example("ada@example.com"),
    )
    fields = AddressFields(title=_("Name and address"))


class AddressItems(colander.SequenceSchema):
    address = AddressItem(title=_("Address"))


class BodyFields(colander.MappingSchema):
    """A body that a layout makes of data."""

    layout = colander.SchemaNode(
        colander.String(), title=_("Id of the layout"), validator=colander.Regex(_OPAQUE)
    )
    data = colander.SchemaNode(JsonObject(), title=_("Data"), missing={})
    language = colander.SchemaNode(
        colander.String(), title=_("Language"), missing=None, validator=colander.Length(max=50)
    )


class AttachmentFields(colander.MappingSchema):
    """A file to attach: its content, an upload that has it, or a file of the scenario."""

    name = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("File name"),
        missing=None,
        **hint.help_text(_("Needed with content; an upload may bring its own.")),
        **hint.example("invoice.pdf"),
    )
    content_type = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Content type"),
        missing=None,
        **hint.help_text(_("Left out: told by the file name.")),
        **hint.example("application/pdf"),
    )
    content = colander.SchemaNode(
        Base64(), title=_("Content in base64"), missing=None, **hint.example("JVBERi0=")
    )
    upload = colander.SchemaNode(
        colander.String(), title=_("Id of an upload"), missing=None, validator=colander.Regex(_OPAQUE)
    )
    scenario_attachment = colander.SchemaNode(
        colander.String(),
        title=_("Id of a file of the scenario"),
        missing=None,
        validator=colander.Regex(_OPAQUE),
        **hint.help_text(
            _(
                "One that is not default: default files are added by themselves. For the scenario default, of any scenario."
            )
        ),
    )
    inline = colander.SchemaNode(
        colander.Boolean(),
        title=_("Inline"),
        missing=False,
        **hint.help_text(_("A picture that the HTML shows as cid: and its content id.")),
    )
    content_id = colander.SchemaNode(
        colander.String(allow_empty=True), title=_("Content id"), missing=None, **hint.example("logo")
    )


class AttachmentItems(colander.SequenceSchema):
    attachment = AttachmentFields(title=_("Attachment"))


class RelatedFields(colander.MappingSchema):
    """A record of the business application that the message belongs to."""

    kind = colander.SchemaNode(
        colander.String(),
        title=_("Kind"),
        validator=colander.Regex(_KIND, msg=_("A kind is made of letters, digits and . _ -")),
        **hint.example("sales-invoice"),
    )
    id = colander.SchemaNode(
        colander.String(),
        title=_("Id"),
        validator=colander.All(colander.Length(max=250), _ONE_LINE),
        **hint.example("103001"),
    )
    title = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Title"),
        missing="",
        validator=colander.All(colander.Length(max=1024), _ONE_LINE),
        **hint.example("Invoice 103001"),
    )
    url = colander.SchemaNode(
        colander.String(),
        title=_("Address of its page"),
        missing=None,
        validator=colander.Regex(_URL, msg=_("An address begins with http:// or https://.")),
        **hint.example("https://erp.example.com/invoices/103001"),
    )
    relation = colander.SchemaNode(
        colander.String(),
        title=_("Relation"),
        missing="related",
        validator=colander.OneOf(RELATIONS),
        **hint.choice(("primary", _("What the message is about")), ("related", _("Related to it"))),
    )


class RelatedItems(colander.SequenceSchema):
    related = RelatedFields(title=_("Related record"))


class TagItems(colander.SequenceSchema):
    tag = colander.SchemaNode(
        colander.String(), title=_("Tag"), validator=colander.All(colander.Length(max=100), _ONE_LINE)
    )


@hint.described_as({})
def _small_enough(node: Any, value: dict[str, Any]) -> None:
    if len(json.dumps(value, ensure_ascii=False).encode()) > METADATA_BYTES:
        raise colander.Invalid(
            node, _("Metadata may have ${limit} bytes as JSON at most.", mapping={"limit": METADATA_BYTES})
        )


class _ContentFields(colander.MappingSchema):
    """What is said of a message, whether it is handed in or a draft is changed."""

    scenario = colander.SchemaNode(
        colander.String(),
        title=_("Scenario"),
        missing="default",
        validator=colander.Regex(_SCENARIO, msg=_("A scenario is made of letters, digits and . _ -")),
        **hint.help_text(_("What the message is for; decides which account sends it.")),
        **hint.example("sales-invoice"),
    )
    account = colander.SchemaNode(
        colander.String(),
        title=_("Account"),
        missing=None,
        validator=colander.Regex(_OPAQUE),
        **hint.help_text(_("Id of the account to send by; null: the scenario's.")),
    )
    sender = AddressItem(
        title=_("Sender"),
        missing=None,
        **hint.help_text(_("Another From than the account's, where the account allows it.")),
    )
    to = AddressItems(title=_("To"), missing=())
    cc = AddressItems(title=_("Cc"), missing=())
    bcc = AddressItems(
        title=_("Bcc"), missing=(), **hint.help_text(_("Gets the message and is shown in it to nobody."))
    )
    reply_to = AddressItems(title=_("Reply to"), missing=(), validator=colander.Length(max=MOST_REPLY_TO))
    subject = colander.SchemaNode(
        colander.String(allow_empty=True), title=_("Subject"), missing="", **hint.example("Invoice 103001")
    )
    html = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("HTML"),
        missing=None,
        **hint.rich_text(),
        **hint.help_text(_("Alone, it gets a plain text made of it.")),
    )
    text = colander.SchemaNode(
        colander.String(allow_empty=True), title=_("Plain text"), missing=None, **hint.multiline()
    )
    body = BodyFields(title=_("Body by a layout"), missing=None)
    include_default_attachments = colander.SchemaNode(
        colander.Boolean(), title=_("Add the scenario's default attachments"), missing=True
    )
    related = RelatedItems(
        title=_("Related records"), missing=(), validator=colander.Length(max=MOST_RELATED)
    )
    send_at = colander.SchemaNode(
        colander.DateTime(), title=_("Send at"), missing=None, **hint.help_text(_("Not before this time."))
    )
    expires_at = colander.SchemaNode(
        colander.DateTime(),
        title=_("Expires at"),
        missing=None,
        **hint.help_text(_("Not sent by then, it fails with message.expired.")),
    )
    priority = colander.SchemaNode(
        colander.String(),
        title=_("Priority"),
        missing="normal",
        validator=colander.OneOf(tuple(PRIORITIES)),
        **hint.choice(("high", _("High")), ("normal", _("Normal")), ("low", _("Low"))),
        **hint.help_text(_("Which leaves first of what waits in the hub.")),
    )
    importance = colander.SchemaNode(
        colander.String(),
        title=_("Importance"),
        missing="normal",
        validator=colander.OneOf(IMPORTANCES),
        **hint.choice(("low", _("Low")), ("normal", _("Normal")), ("high", _("High"))),
        **hint.help_text(_("What the recipient is told.")),
    )
    headers = colander.SchemaNode(
        TextMap(), title=_("Headers"), missing={}, **hint.help_text(_("Own header fields, by name."))
    )
    tags = TagItems(title=_("Tags"), missing=(), validator=colander.Length(max=MOST_TAGS))
    metadata = colander.SchemaNode(
        JsonObject(),
        title=_("Metadata"),
        missing={},
        validator=_small_enough,
        **hint.help_text(_("Kept and given back; the hub does not look into it.")),
    )


class MessageFields(_ContentFields):
    """A message to send, or a draft to keep. One of ``html``, ``text`` and ``body`` is given, or both ``html`` and
    ``text``."""

    on_behalf_of = colander.SchemaNode(
        colander.String(),
        title=_("On behalf of"),
        missing=None,
        validator=colander.Length(max=250),
        **hint.help_text(
            _(
                "Login or id of the user whose message it is; for tokens with the scope messages:on-behalf. "
                "What he may see, the caller need not: read it as one who may."
            )
        ),
        **hint.example("ada"),
    )
    attachments = AttachmentItems(
        title=_("Attachments"), missing=(), validator=colander.Length(max=MOST_ATTACHMENTS)
    )
    draft = colander.SchemaNode(
        colander.Boolean(),
        title=_("Draft"),
        missing=False,
        **hint.help_text(_("Keep it as it is, and do not send it.")),
    )


class DraftAttachmentFields(AttachmentFields):
    """A file of a draft: a new one, or ``n`` alone for one that it has."""

    n = colander.SchemaNode(
        colander.Integer(),
        title=_("Number of the draft's file to keep, from 0"),
        missing=None,
        validator=colander.Range(min=0, max=100_000),
    )


class DraftAttachmentItems(colander.SequenceSchema):
    attachment = DraftAttachmentFields(title=_("Attachment"))


class DraftChanges(_ContentFields):
    """What of a draft is to change."""

    attachments = DraftAttachmentItems(
        title=_("All attachments"), missing=(), validator=colander.Length(max=MOST_ATTACHMENTS)
    )


class ResolveFields(colander.MappingSchema):
    """What became of a message whose outcome nobody knew."""

    outcome = colander.SchemaNode(
        colander.String(),
        title=_("Outcome"),
        validator=colander.OneOf(("sent", "resend", "failed")),
        **hint.choice(
            ("sent", _("It was sent")), ("resend", _("Send it again")), ("failed", _("It was not sent"))
        ),
    )


class SendQuery(colander.MappingSchema):
    """How a message is handed in."""

    dry_run = colander.SchemaNode(
        colander.Boolean(),
        title=_("Dry run"),
        missing=False,
        **hint.help_text(_("Check and explain everything, and store nothing.")),
    )


def message_filters() -> list[colander.SchemaNode]:
    """The filters of every list of messages, to be added to its query."""
    return [
        _choice("box", _("Box"), tuple(BOXES)),
        _choice("status", _("Status"), STATUSES),
        colander.SchemaNode(
            colander.String(),
            name="account",
            title=_("Account"),
            missing=None,
            validator=colander.Regex(_OPAQUE),
        ),
        colander.SchemaNode(
            colander.String(),
            name="scenario",
            title=_("Scenario"),
            missing=None,
            validator=colander.Regex(_SCENARIO),
        ),
        colander.SchemaNode(
            colander.String(),
            name="owner",
            title=_("Owner"),
            missing=None,
            validator=colander.Length(max=250),
            **hint.help_text(_("Login or id of whose message it is.")),
        ),
        colander.SchemaNode(
            colander.DateTime(),
            name="since",
            title=_("Since"),
            missing=None,
            **hint.help_text(_("By the time of acceptance; in the box sent by that of sending.")),
        ),
        colander.SchemaNode(
            colander.DateTime(), name="until", title=_("Until, this time not included"), missing=None
        ),
        *_content_filters(),
    ]


def _content_filters() -> list[colander.SchemaNode]:
    return [
        colander.SchemaNode(
            colander.String(),
            name="kind",
            title=_("Kind of a related record"),
            missing=None,
            validator=colander.Regex(_KIND),
        ),
        colander.SchemaNode(
            colander.String(),
            name="record",
            title=_("Id of a related record of this kind"),
            missing=None,
            validator=colander.Length(max=250),
        ),
        colander.SchemaNode(
            colander.String(), name="tag", title=_("Tag"), missing=None, validator=colander.Length(max=100)
        ),
        colander.SchemaNode(
            colander.String(),
            name="q",
            title=_("Words"),
            missing=None,
            validator=colander.Length(max=250),
            **hint.help_text(
                _(
                    "Beginnings of words of the subject and of the names and addresses in To, Cc and Bcc; all of them "
                    "must be there. Case and accents do not count."
                )
            ),
        ),
    ]


def _choice(name: str, title: Any, values: tuple[str, ...]) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(), name=name, title=title, missing=None, validator=colander.OneOf(values)
    )
