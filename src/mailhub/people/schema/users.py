"""What may be said of users (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.people.passwords import LONGEST
from mailhub.people.permissions import PERMISSION_SETS

from .texts import LANGUAGE, NO_CONTROLS, TIME_ZONE

THEMES = ("system", "light", "dark")
KINDS = ("internal", "delegated_admin", "external_accountant", "guest")

_LOGIN = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,249}$"


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
            colander.Length(max=250), colander.Regex(NO_CONTROLS, msg=_("Line breaks are not allowed."))
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
        validator=colander.Regex(LANGUAGE, msg=_("A language is written as en or pt-BR.")),
        **hint.example("en"),
    )
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


def theme_node() -> colander.SchemaNode:
    """How the pages look to somebody; everybody sets it for himself."""
    return colander.SchemaNode(
        colander.String(),
        name="theme",
        title=_("Theme"),
        missing="system",
        validator=colander.OneOf(THEMES),
        **hint.choice(("system", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))),
    )


class UserReply(UserFields):
    """A user as he is stored."""

    theme = theme_node()

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
