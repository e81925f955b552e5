"""What is answered about uploads (api.md). Pure colander."""

import colander

from mailhub.contract.texts import _


class UploadReply(colander.MappingSchema):
    """A file that was sent ahead of the messages that use it."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    size = colander.SchemaNode(colander.Integer(), title=_("Size in bytes"))
    sha256 = colander.SchemaNode(
        colander.String(),
        title=_("SHA-256, hexadecimal; null while a resumable upload is not complete"),
        missing=None,
    )
