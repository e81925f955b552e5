"""What may be said of the company (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _

_OPAQUE = r"^[A-Za-z0-9._~-]{1,100}$"
_ONE_LINE = colander.Regex(
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$", msg=_("Line breaks and control characters are not allowed.")
)


def _line(name: str, title: str, help_text: str, example: str) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(allow_empty=True),
        name=name,
        title=title,
        missing="",
        validator=colander.All(colander.Length(max=250), _ONE_LINE),
        **hint.help_text(help_text),
        **hint.example(example),
    )


class CompanyFields(colander.MappingSchema):
    """The company that this hub sends for. What is left out is empty."""

    name = _line("name", _("Name"), _("In subjects, bodies and pages."), "Example Ltd")
    logo = colander.SchemaNode(
        colander.String(),
        title=_("Logo"),
        missing=None,
        validator=colander.Regex(_OPAQUE),
        **hint.file("image/png", "image/jpeg"),
        **hint.help_text(
            _("Id of an upload with a PNG or JPEG of 1 MB at most; the id that is read back keeps the logo.")
        ),
    )
    sender_name = _line(
        "sender_name",
        _("Sender's name"),
        _("Shown beside the address of an account that has no name of its own for it."),
        "Example Ltd",
    )
    reply_to = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Reply to"),
        missing="",
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(_("Where answers go to messages that do not say it themselves.")),
        **hint.example("office@example.com"),
    )


class CompanyReply(CompanyFields):
    """The company as it is stored."""

    revision = colander.SchemaNode(colander.String(), title=_("Revision"))
