"""What may be said of tokens (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.people.permissions import SCOPES

from .texts import NO_CONTROLS, OPAQUE


class ScopeNames(colander.SequenceSchema):
    scope = colander.SchemaNode(colander.String(), title=_("Scope"), validator=colander.OneOf(sorted(SCOPES)))


class Ids(colander.SequenceSchema):
    id = colander.SchemaNode(colander.String(), title=_("Id"), validator=colander.Regex(OPAQUE))


class NetworkTexts(colander.SequenceSchema):
    network = colander.SchemaNode(
        colander.String(),
        title=_("Network"),
        validator=colander.Length(max=49),
        **hint.example("192.0.2.0/24"),
    )


class TokenFields(colander.MappingSchema):
    """What a token may do. Where null stands, it has no bound."""

    user = colander.SchemaNode(
        colander.String(),
        title=_("User"),
        missing=None,
        validator=colander.Length(max=250),
        **hint.help_text(_("Login or id of whom the token acts as; null is you.")),
    )
    name = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Name"),
        missing="",
        validator=colander.All(
            colander.Length(max=250), colander.Regex(NO_CONTROLS, msg=_("Line breaks are not allowed."))
        ),
        **hint.help_text(_("What the token is for.")),
        **hint.example("ERP"),
    )
    scopes = ScopeNames(
        title=_("Scopes"),
        missing=None,
        validator=colander.Length(max=len(SCOPES)),
        **hint.help_text(_("Null is all that the user may do, but never messages:on-behalf.")),
    )
    scenarios = Ids(title=_("Scenarios"), missing=None, validator=colander.Length(max=500))
    accounts = Ids(title=_("Accounts"), missing=None, validator=colander.Length(max=500))
    networks = NetworkTexts(title=_("Client networks"), missing=None, validator=colander.Length(max=100))
    expires_at = colander.SchemaNode(colander.DateTime(), title=_("Expires at"), missing=None)


class TokenReply(TokenFields):
    """A token as it is stored."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    created_at = colander.SchemaNode(colander.DateTime(), title=_("Made at"))


class TokenItems(colander.SequenceSchema):
    token = TokenReply(title=_("Token"))


class TokenList(colander.MappingSchema):
    """A page of tokens, newest first."""

    items = TokenItems(title=_("Tokens"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )


class NewTokenReply(TokenReply):
    """A new token."""

    token = colander.SchemaNode(colander.String(), title=_("The token itself, shown this once"))
