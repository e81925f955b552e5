"""What may be said of and by oneself (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.people.passwords import LONGEST

from .texts import LANGUAGE, TIME_ZONE
from .tokens import Ids, ScopeNames, TokenReply
from .users import UserReply, theme_node


class MeFields(colander.MappingSchema):
    """What everybody may change of himself. Name and contact e-mail are in From, so administrators change them."""

    language = colander.SchemaNode(
        colander.String(),
        title=_("Language"),
        missing="en",
        validator=colander.Regex(LANGUAGE, msg=_("A language is written as en or pt-BR.")),
        **hint.example("en"),
    )
    theme = theme_node()
    time_zone = colander.SchemaNode(
        colander.String(),
        title=_("Time zone"),
        missing="UTC",
        validator=colander.All(
            colander.Length(max=64),
            colander.Regex(TIME_ZONE, msg=_("A time zone is written as Europe/Zurich.")),
        ),
        **hint.example("Europe/Zurich"),
    )


class PasswordChange(colander.MappingSchema):
    """A new password for oneself."""

    old = colander.SchemaNode(
        colander.String(),
        title=_("Password until now"),
        validator=colander.Length(max=LONGEST),
        **hint.secret(),
    )
    new = colander.SchemaNode(
        colander.String(),
        title=_("New password"),
        validator=colander.Length(max=LONGEST),
        **hint.secret(),
        **hint.help_text(_("At least 8 characters, and not one that everybody uses.")),
    )


class PermissionNames(colander.SequenceSchema):
    permission = colander.SchemaNode(colander.String(), title=_("Permission"))


class MeReply(colander.MappingSchema):
    """Who calls, and what he may do by this token. ``token``: null on the local socket."""

    user = UserReply(title=_("User"))
    permissions = PermissionNames(title=_("Permissions"))
    scopes = ScopeNames(title=_("Scopes"), missing=None)
    scenarios = Ids(title=_("Scenarios"), missing=None)
    accounts = Ids(title=_("Accounts"), missing=None)
    token = TokenReply(title=_("Token"), missing=None)
    revision = colander.SchemaNode(colander.String(), title=_("Revision of the user"))
