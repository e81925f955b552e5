"""The headers of tus 1.0.0, as the API's document tells of them."""

from mailhub.contract.texts import _
from mailhub.http.headers import NUMBER, Header

from .tus import CHECKSUM_ALGORITHMS, VERSION

RESUMABLE = Header(
    name="Tus-Resumable",
    text=_("The version of tus that the caller speaks."),
    schema={"type": "string", "enum": [VERSION]},
)
OVERRIDE = Header(
    name="X-HTTP-Method-Override",
    text=_("What this call is."),
    schema={"type": "string", "enum": ["PATCH", "DELETE"]},
    is_required=True,
)
LENGTH = Header(name="Upload-Length", text=_("Bytes of the whole file."), schema=NUMBER)
OFFSET = Header(name="Upload-Offset", text=_("Bytes that are here and on disk."), schema=NUMBER)
REQUIRED_OFFSET = Header(
    name="Upload-Offset", text=_("Where these bytes begin."), schema=NUMBER, is_required=True
)
METADATA = Header(
    name="Upload-Metadata",
    text=_(
        "Pairs of a key and a value in base64, separated by commas. filename and filetype are kept for attachments that "
        "name none; all of it comes back as it was sent."
    ),
)
CHECKSUM = Header(
    name="Upload-Checksum",
    text=_("An algorithm and, in base64, what the body hashes to."),
    schema={"type": "string", "pattern": f"^({'|'.join(CHECKSUM_ALGORITHMS)}) [A-Za-z0-9+/]+=*$"},
)
EXPIRES = Header(
    name="Upload-Expires",
    text=_("When the upload goes unless it is continued or used, in the form of RFC 7231."),
)
EXTENSION = Header(name="Tus-Extension", text=_("The extensions of tus that are there."))
MAX_SIZE = Header(name="Tus-Max-Size", text=_("The most bytes that a file may have."), schema=NUMBER)
CHECKSUM_ALGORITHM = Header(
    name="Tus-Checksum-Algorithm", text=_("The algorithms that Upload-Checksum may use.")
)
