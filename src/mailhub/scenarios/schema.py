"""What may be said of scenarios (api.md). Pure colander."""

from typing import Any

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _

ID = r"^[a-z][a-z0-9-]{0,62}$"
OPAQUE = r"^[A-Za-z0-9._~-]{1,100}$"
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


class ScenarioCreation(colander.MappingSchema):
    """A scenario of one's own."""

    id = colander.SchemaNode(
        colander.String(),
        title=_("Id"),
        validator=colander.Regex(ID, msg=_("An id is made of a-z, 0-9 and -, and begins with a letter.")),
        **hint.example("rent-reminder"),
    )
    title = colander.SchemaNode(
        colander.String(),
        title=_("Title"),
        validator=colander.All(
            colander.Length(max=250), colander.Regex(_NO_CONTROLS, msg=_("Line breaks are not allowed."))
        ),
        **hint.example("Rent reminder"),
    )


class AssignmentFields(colander.MappingSchema):
    """A scenario's own account; the substitute overrules the account's for this scenario."""

    account = colander.SchemaNode(
        colander.String(), title=_("Account"), validator=colander.Regex(OPAQUE), **hint.nullable()
    )
    substitute_sender = colander.SchemaNode(
        colander.String(),
        title=_("Substitute sender"),
        missing=None,
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(_("Another address for From; the account must allow it.")),
    )
    substitute_mode = colander.SchemaNode(
        colander.String(),
        title=_("How the substitute is shown"),
        missing=None,
        validator=colander.OneOf(["send_as", "on_behalf"]),
        **hint.choice(("send_as", _("Send as")), ("on_behalf", _("Send on behalf"))),
        **hint.help_text(_("Null: as the account has it.")),
    )


class ScenarioReply(colander.MappingSchema):
    """A scenario and who sends for it."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    title = colander.SchemaNode(colander.String(), title=_("Title"))
    source = colander.SchemaNode(
        colander.String(),
        title=_("Where it comes from: a plugin's distribution, or custom"),
        **hint.example("custom"),
    )
    account = colander.SchemaNode(colander.String(), title=_("Its own account"), missing=None)
    effective_account = colander.SchemaNode(
        colander.String(), title=_("The account that sends: its own, else the default"), missing=None
    )
    substitute_sender = colander.SchemaNode(colander.String(), title=_("Substitute sender"), missing=None)
    substitute_mode = colander.SchemaNode(
        colander.String(), title=_("How the substitute is shown"), missing=None
    )
    revision = colander.SchemaNode(colander.String(), title=_("Revision"))


class ScenarioItems(colander.SequenceSchema):
    scenario = ScenarioReply(title=_("Scenario"))


class ScenarioList(colander.MappingSchema):
    """A page of scenarios, by id."""

    items = ScenarioItems(title=_("Scenarios"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )


class AssignedIds(colander.SequenceSchema):
    scenario = colander.SchemaNode(colander.String(), title=_("Scenario"), validator=colander.Length(max=63))


class AccountScenarios(colander.MappingSchema):
    """All scenarios that an account sends."""

    scenarios = AssignedIds(title=_("Scenarios"), validator=colander.Length(max=1000))


def _file_name(**options: Any) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        title=_("File name"),
        validator=colander.All(
            colander.Length(max=250),
            colander.Regex(r"\S", msg=_("A name is more than blanks.")),
            colander.Regex(_NO_CONTROLS, msg=_("Line breaks are not allowed.")),
        ),
        **options,
        **hint.example("terms.pdf"),
    )


def _upload_id() -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(), title=_("Id of an upload"), validator=colander.Regex(OPAQUE)
    )


class FileCreation(colander.MappingSchema):
    """A file for a scenario, sent ahead as an upload."""

    upload = _upload_id()
    name = _file_name(missing=None)
    is_default = colander.SchemaNode(
        colander.Boolean(),
        title=_("Is it added to every message of the scenario"),
        missing=False,
        **hint.help_text(_("The scenario default adds no files by itself.")),
    )


class FileChanges(colander.MappingSchema):
    """What is to change of a file; a new upload replaces its content."""

    upload = _upload_id()
    name = _file_name()
    is_default = colander.SchemaNode(
        colander.Boolean(), title=_("Is it added to every message of the scenario")
    )


class FileReply(colander.MappingSchema):
    """A file of a scenario."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    scenario = colander.SchemaNode(colander.String(), title=_("Scenario"))
    name = colander.SchemaNode(colander.String(), title=_("File name"))
    content_type = colander.SchemaNode(colander.String(), title=_("Content type"))
    size = colander.SchemaNode(colander.Integer(), title=_("Size in bytes"))
    sha256 = colander.SchemaNode(colander.String(), title=_("SHA-256, hexadecimal"))
    is_default = colander.SchemaNode(
        colander.Boolean(), title=_("Is it added to every message of the scenario")
    )
    revision = colander.SchemaNode(colander.String(), title=_("Revision"))


class FileItems(colander.SequenceSchema):
    file = FileReply(title=_("File"))


class FileList(colander.MappingSchema):
    """A page of the files of a scenario, in the order they were added."""

    items = FileItems(title=_("Files"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )
