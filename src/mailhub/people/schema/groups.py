"""What may be said of groups (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _

from .texts import NO_CONTROLS

MOST_USERS = 5_000


class UserNames(colander.SequenceSchema):
    user = colander.SchemaNode(
        colander.String(), title=_("User"), validator=colander.Length(max=250), **hint.example("ada")
    )


class GroupFields(colander.MappingSchema):
    """Users whom record access names together."""

    name = colander.SchemaNode(
        colander.String(),
        title=_("Name"),
        validator=colander.All(
            colander.Length(max=250), colander.Regex(NO_CONTROLS, msg=_("Line breaks are not allowed."))
        ),
        **hint.help_text(_("Unique, whatever its case.")),
        **hint.example("Sales"),
    )
    users = UserNames(
        title=_("Users"),
        missing=(),
        validator=colander.Length(max=MOST_USERS),
        **hint.help_text(_("Logins or ids; they are read back as ids.")),
    )


class GroupReply(GroupFields):
    """A group as it is stored."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    created_at = colander.SchemaNode(colander.DateTime(), title=_("Made at"))
    revision = colander.SchemaNode(colander.String(), title=_("Revision"))


class GroupItems(colander.SequenceSchema):
    group = GroupReply(title=_("Group"))


class GroupList(colander.MappingSchema):
    """A page of groups, newest first."""

    items = GroupItems(title=_("Groups"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )
