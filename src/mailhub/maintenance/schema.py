"""What may be said of maintenance. Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import Text, _

MOST_CHARACTERS = 64 * 1024 * 1024


def _passphrase(help_text: Text) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="passphrase",
        title=_("Passphrase"),
        missing=None,
        validator=colander.Length(max=1000),
        **hint.secret(),
        **hint.help_text(help_text),
    )


class ExportFields(colander.MappingSchema):
    """How the configuration is to be written."""

    passphrase = _passphrase(_("Secrets are written, sealed to it. Null: no secrets."))


class ImportFields(colander.MappingSchema):
    """A configuration to take in."""

    content = colander.SchemaNode(
        colander.String(), title=_("The file"), validator=colander.Length(max=MOST_CHARACTERS)
    )
    passphrase = _passphrase(_("What the secrets in the file were sealed to."))
    dry_run = colander.SchemaNode(
        colander.Boolean(), title=_("Tell what it would change, and change nothing"), missing=False
    )
