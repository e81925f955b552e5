"""What may be said of users and tokens (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _

from .passwords import LONGEST
from .permissions import PERMISSION_SETS, SCOPES

KINDS = ("internal", "delegated_admin", "external_accountant", "guest")

_LOGIN = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,249}$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
_TIME_ZONE = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$"
_OPAQUE = r"^[A-Za-z0-9._~-]{1,100}$"
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


class PermissionSetNames(colander.SequenceSchema):
    permission_set = colander.SchemaNode(
        colander.String(),
        title=_("Permission set"),
        validator=colander.OneOf(sorted(PERMISSION_SETS)),
        **hint.choice(
            ("email-read", _("E-mail: read")),
            ("email-edit", _("E-mail: write and send")),
            ("email-setup", _("E-mail set-up")),
            ("email-operator", _("E-mail operator")),
            ("email-admin", _("E-mail administrator")),
        ),
    )


class UserFields(colander.MappingSchema):
    """Somebody who may sign in, or in whose name a program works."""

    login = colander.SchemaNode(
        colander.String(),
        title=_("Login"),
        validator=colander.Regex(_LOGIN, msg=_("A login is made of letters, digits and . _ @ + -")),
        **hint.help_text(_("Unique, whatever its case.")),
        **hint.example("ada"),
    )
    name = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Name"),
        missing="",
        validator=colander.All(
            colander.Length(max=250), colander.Regex(_NO_CONTROLS, msg=_("Line breaks are not allowed."))
        ),
        **hint.help_text(_("What From says where mail leaves as the user's own.")),
        **hint.example("Ada Lovelace"),
    )
    contact_email = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Contact e-mail"),
        missing="",
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.example("ada@example.com"),
    )
    kind = colander.SchemaNode(
        colander.String(),
        title=_("Kind"),
        missing="internal",
        validator=colander.OneOf(KINDS),
        **hint.choice(
            ("internal", _("Internal")),
            ("delegated_admin", _("Delegated administrator")),
            ("external_accountant", _("External accountant")),
            ("guest", _("Guest")),
        ),
    )
    is_licensed = colander.SchemaNode(
        colander.Boolean(),
        title=_("Has a mailbox licence"),
        missing=True,
        **hint.help_text(_("Connectors that send from the user's own mailbox need it.")),
    )
    permission_sets = PermissionSetNames(title=_("Permission sets"), missing=())
    language = colander.SchemaNode(
        colander.String(),
        title=_("Language"),
        missing="en",
        validator=colander.Regex(_LANGUAGE, msg=_("A language is written as en or pt-BR.")),
        **hint.example("en"),
    )
    time_zone = colander.SchemaNode(
        colander.String(),
        title=_("Time zone"),
        missing="UTC",
        validator=colander.All(
            colander.Length(max=64),
            colander.Regex(_TIME_ZONE, msg=_("A time zone is written as Europe/Zurich.")),
        ),
        **hint.example("Europe/Zurich"),
    )
    is_active = colander.SchemaNode(
        colander.Boolean(),
        title=_("May sign in"),
        missing=True,
        **hint.help_text(_("Without it all of the user's tokens are dead.")),
    )


class UserCreation(UserFields):
    """A new user."""

    password = colander.SchemaNode(
        colander.String(),
        title=_("Password"),
        missing=None,
        validator=colander.Length(max=LONGEST),
        **hint.secret(),
        **hint.help_text(_("Left out: the answer has a password for the first sign-in.")),
    )


class UserReply(UserFields):
    """A user as he is stored."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    must_change_password = colander.SchemaNode(
        colander.Boolean(), title=_("Must change the password at the next sign-in")
    )
    created_at = colander.SchemaNode(colander.DateTime(), title=_("Made at"))
    revision = colander.SchemaNode(colander.String(), title=_("Revision"))


class NewUserReply(UserReply):
    """A new user."""

    one_time_password = colander.SchemaNode(
        colander.String(), title=_("Password for the first sign-in, shown this once"), missing=None
    )


class UserItems(colander.SequenceSchema):
    user = UserReply(title=_("User"))


class UserList(colander.MappingSchema):
    """A page of users, newest first."""

    items = UserItems(title=_("Users"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )


class OneTimePasswordReply(colander.MappingSchema):
    """A new password, to be changed at the next sign-in."""

    one_time_password = colander.SchemaNode(colander.String(), title=_("Password, shown this once"))


class ScopeNames(colander.SequenceSchema):
    scope = colander.SchemaNode(colander.String(), title=_("Scope"), validator=colander.OneOf(sorted(SCOPES)))


class Ids(colander.SequenceSchema):
    id = colander.SchemaNode(colander.String(), title=_("Id"), validator=colander.Regex(_OPAQUE))


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
            colander.Length(max=250), colander.Regex(_NO_CONTROLS, msg=_("Line breaks are not allowed."))
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


class PermissionNames(colander.SequenceSchema):
    permission = colander.SchemaNode(colander.String(), title=_("Permission"))


class MyToken(colander.MappingSchema):
    id = colander.SchemaNode(colander.String(), title=_("Id"))
    name = colander.SchemaNode(colander.String(), title=_("Name"))
    expires_at = colander.SchemaNode(colander.DateTime(), title=_("Expires at"), missing=None)


class MeReply(colander.MappingSchema):
    """Who calls, and what he may do by this token. ``token``: null on the local socket."""

    user = UserReply(title=_("User"))
    permissions = PermissionNames(title=_("Permissions"))
    scopes = ScopeNames(title=_("Scopes"), missing=None)
    scenarios = Ids(title=_("Scenarios"), missing=None)
    accounts = Ids(title=_("Accounts"), missing=None)
    token = MyToken(title=_("Token"), missing=None)
