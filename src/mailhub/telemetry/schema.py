"""What ``/health`` and the change feed take and answer. Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.http.paging import PageQuery
from mailhub.messages.replies import GoneMessageReply, MessageReply
from mailhub.schema_types import Alternatives

NOTE_CODES = ("disk.low", "plugin.not_loaded", "plugin.hung", "telemetry.behind")


class LiveReply(colander.MappingSchema):
    """The process runs and answers."""

    status = colander.SchemaNode(colander.String(), title=_("State"), validator=colander.OneOf(["alive"]))


class HealthNote(colander.MappingSchema):
    """Something to look after that keeps nobody from working."""

    code = colander.SchemaNode(colander.String(), title=_("Code"), validator=colander.OneOf(NOTE_CODES))
    message = colander.SchemaNode(colander.String(), title=_("What it is"))


class HealthNotes(colander.SequenceSchema):
    note = HealthNote()


class ReadyReply(colander.MappingSchema):
    """This process can do its work."""

    status = colander.SchemaNode(colander.String(), title=_("State"), validator=colander.OneOf(["ready"]))
    notes = HealthNotes(title=_("What should be looked after"))


class FeedQuery(PageQuery):
    """Where to go on, and how long to wait for something new."""

    wait = colander.SchemaNode(
        colander.Integer(),
        title=_("Wait for news"),
        missing=0,
        validator=colander.Range(min=0, max=30),
        **hint.unit(_("seconds")),
    )


class FeedEntry(colander.MappingSchema):
    """Something that happened to a message."""

    cursor = colander.SchemaNode(colander.String(), title=_("Go on behind this item"))
    at = colander.SchemaNode(colander.DateTime(), title=_("When it happened"))
    event = colander.SchemaNode(colander.String(), title=_("What happened"))
    message = colander.SchemaNode(
        Alternatives(),
        MessageReply(name="current", title=_("The message as it is now")),
        GoneMessageReply(name="gone", title=_("What is left of it, where it was deleted")),
        title=_("The message"),
    )


class FeedEntries(colander.SequenceSchema):
    entry = FeedEntry()


class FeedReply(colander.MappingSchema):
    """What happened, oldest first. There is always a next cursor: the feed has no end."""

    items = FeedEntries(title=_("What happened"))
    next_cursor = colander.SchemaNode(colander.String(), title=_("Where to go on"))
