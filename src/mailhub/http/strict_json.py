"""From the bytes of a request to checked values: strict JSON (RFC 8259, RFC 7493), then the strict pass.

400 for what is not JSON, 413 for too much of it, 415 for another type, 422 (``strict_values``) for what the schema does
not allow. Duplicate keys, NaN and deep nesting are no JSON here: parsers disagree about them.
"""

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from mailhub.contract.texts import Text, _
from mailhub.errors import HubError, Invalid, TooLarge
from mailhub.strict_values import strict_values

if TYPE_CHECKING:
    from .parts import ApiParts

MAX_DEPTH = 64


class Malformed(HubError):
    """400: not JSON."""

    code = "json.malformed"


class UnsupportedMediaType(HubError):
    """415: not of the type that is needed."""

    code = "request.unsupported_media_type"


def read_body(request: Any, schema: Any, parts: "ApiParts", *, partial: bool) -> dict[str, Any]:
    """The checked body of a call. Raises ``Malformed``, ``TooLarge``, ``UnsupportedMediaType``, ``Invalid``."""
    content = body_bytes(request, parts.max_json_bytes)
    _require_json_type(request)
    values: dict[str, Any] = strict_values(
        schema, parse_json(content), partial=partial, settings_schemas=parts.settings_schemas
    )
    return values


def require_no_fields(request: Any, parts: "ApiParts") -> None:
    """Calls without fields take no body, or ``{}``. Raises as ``read_body`` does."""
    content = body_bytes(request, parts.max_json_bytes)
    if not content:
        return
    if request.headers.get("Content-Type"):
        _require_json_type(request)
    fields = parse_json(content)
    if not isinstance(fields, dict):
        raise Invalid.of("", "schema.wrong_type", _("An object is needed here."))
    if fields:
        raise Invalid.of(f"/{min(fields)}", "schema.unknown_field", _("This call takes no fields."))


def body_bytes(request: Any, max_bytes: int) -> bytes:
    """The whole body. Raises ``TooLarge`` before more than the limit is read."""
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    content: bytes = request.body_file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    return content


def parse_json(content: bytes) -> Any:
    """The JSON value in these bytes. Raises ``Malformed``."""
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
    except UnicodeDecodeError:
        raise Malformed(_("The body is not UTF-8.")) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as exc:
        raise Malformed(_("The body is not JSON: ${why}.", mapping={"why": str(exc)})) from None
    if _is_deeper_than(value, MAX_DEPTH):
        raise _too_deep()
    return value


def _require_json_type(request: Any) -> None:
    """``application/json``, in UTF-8, as it is."""
    media_type, *parameters = request.headers.get("Content-Type", "").lower().split(";")
    charset = [
        each.partition("=")[2].strip(' "') for each in parameters if each.strip().startswith("charset=")
    ]
    if media_type.strip() != "application/json" or charset not in ([], ["utf-8"]):
        raise UnsupportedMediaType(_("Send JSON: Content-Type: application/json."))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(_("Send the body as it is, without Content-Encoding."))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        _refuse(_("A name stands twice in one object."), "json.duplicate_key")
    return made


def _refuse_constant(name: str) -> NoReturn:
    _refuse(_("${name} is no JSON number.", mapping={"name": name}))


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse(_("A number is too large."))
    return number


def _refuse(message: Text, code: str | None = None) -> NoReturn:
    raise Malformed(message, code=code)


def _too_deep() -> Malformed:
    return Malformed(
        _("The body is nested deeper than ${max} levels.", mapping={"max": MAX_DEPTH}), code="json.too_deep"
    )


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        _(
            "A JSON body may have at most ${max} MB. Send large files to POST /api/v1/uploads and name the upload here.",
            mapping={"max": f"{max_bytes / 1024 / 1024:g}"},
        )
    )


def _is_deeper_than(value: Any, depth: int) -> bool:
    """Whether lists and objects lie in each other more than ``depth`` times; level by level, without recursion."""
    level = [value]
    for _level in range(depth + 1):
        level = [each for each in level if isinstance(each, (dict, list))]
        if not level:
            return False
        level = [child for each in level for child in _children(each)]
    return True


def _children(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
