"""The controls of a form, read with an end to their number: each costs far more than the byte or two it may be sent in."""

from typing import Any, Final

from webob.compat import cgi_FieldStorage
from webob.multidict import MultiDict

from mailhub.contract.texts import _
from mailhub.errors import BadRequest, TooLarge

MOST_CONTROLS: Final = 20_000
"""Of a form without files."""

MOST_PARTS: Final = 2_000
"""Of one that is sent in parts, so that files can be among them."""

_FORMS: Final = ("", "application/x-www-form-urlencoded", "multipart/form-data")
_PARTS: Final = "mailhub.parts"


class _Storage(cgi_FieldStorage):
    """A form, or one of its parts, which may be a form in turn."""

    def __init__(
        self, fp: Any, headers: Any, outerboundary: bytes, environ: dict[str, Any], *args: Any, **more: Any
    ) -> None:
        environ[_PARTS] = environ.get(_PARTS, 0) + 1
        if environ[_PARTS] > MOST_PARTS + 1:
            raise TooLarge(_("This is more than the page takes. Send less at a time."))
        super().__init__(
            fp, headers, outerboundary, environ, *args, **{**more, "max_num_fields": MOST_CONTROLS}
        )


def controls_of(request: Any) -> list[tuple[str, Any]]:
    """Names with texts or files (``cgi.FieldStorage``), in their order; none where no form was sent.

    Raises ``BadRequest``, ``TooLarge``.
    """
    if request.content_type not in _FORMS:
        return []
    request.make_body_seekable()
    request.body_file_raw.seek(0)
    environ = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "",
        "CONTENT_TYPE": request.environ.get("CONTENT_TYPE", ""),
        "CONTENT_LENGTH": request.environ.get("CONTENT_LENGTH") or "0",
    }
    try:
        storage = _Storage(request.body_file, None, b"", environ, keep_blank_values=True, encoding="utf8")
        return list(MultiDict.from_fieldstorage(storage).items())
    except (LookupError, RecursionError, ValueError) as error:
        raise BadRequest(_("The form cannot be read. Send it once more.")) from error
