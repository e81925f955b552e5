"""What ``/health`` answers. Pure colander."""

import colander

from mailhub.contract.texts import _

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
