"""Sender settings that any connector may include: the core resolves From from these names alone (SM2, SM10).

A connector whose schema lacks them always sends as the account's own address.
"""

import colander

from . import schema_hints as hint
from .texts import _

SENDER_SETTINGS = (
    "sender_type",
    "sender_name",
    "substitute_sender",
    "substitute_mode",
    "allow_sender_override",
    "allowed_senders",
)


class AllowedSenders(colander.SequenceSchema):
    """Addresses (``ada@example.com``) and whole domains (``example.com``)."""

    allowed = colander.SchemaNode(colander.String(), validator=colander.Length(min=1, max=320))


class SenderSettings(colander.MappingSchema):
    """Who From says the mail is from, and who else it may say."""

    sender_type = colander.SchemaNode(
        colander.String(),
        title=_("Sender"),
        missing="specific",
        validator=colander.OneOf(["specific", "current_user"]),
        **hint.choice(("specific", _("The account")), ("current_user", _("The user who sends"))),
    )
    sender_name = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Sender name"),
        missing="",
        validator=colander.Length(max=250),
        **hint.visible_when("sender_type", "specific"),
    )
    substitute_sender = colander.SchemaNode(
        colander.String(),
        title=_("Substitute sender"),
        missing=None,
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(_("Another address that From shows instead of the account's.")),
    )
    substitute_mode = colander.SchemaNode(
        colander.String(),
        title=_("How the substitute is shown"),
        missing="send_as",
        validator=colander.OneOf(["send_as", "on_behalf"]),
        **hint.choice(("send_as", _("Send as")), ("on_behalf", _("Send on behalf"))),
    )
    allow_sender_override = colander.SchemaNode(
        colander.Boolean(),
        title=_("Scenarios and messages may name another sender"),
        missing=False,
    )
    allowed_senders = AllowedSenders(
        title=_("Allowed senders"),
        missing=(),
        **hint.help_text(_("Addresses or domains that a scenario or a message may use as From.")),
    )


class UncertainSettings(colander.MappingSchema):
    """What to do with a message when the connection died between the hand-over and the answer."""

    on_uncertain = colander.SchemaNode(
        colander.String(),
        title=_("When it is unclear whether a mail went out"),
        missing="resend",
        validator=colander.OneOf(["resend", "hold"]),
        **hint.choice(("resend", _("Send it again")), ("hold", _("Hold it until somebody decides"))),
    )
