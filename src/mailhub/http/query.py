"""Query parameters: texts in a URL, read by the same strict pass as JSON."""

import re
from typing import Any

import colander

from mailhub.contract.texts import _
from mailhub.errors import FieldError, Invalid
from mailhub.strict_values import strict_values

from .strict_json import Malformed

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


def query_parameters(request: Any) -> Any:
    """The query of a request as a multi-dict. Raises ``Malformed`` for one that is not UTF-8."""
    try:
        return request.GET
    except UnicodeDecodeError:
        raise Malformed(_("The query is not UTF-8."), code="request.bad") from None


def no_query() -> Any:
    """The schema of a query that has nothing in it."""
    return colander.SchemaNode(colander.Mapping())


def read_query(node: Any, parameters: Any) -> dict[str, Any]:
    """The checked query. ``parameters``: a multi-dict. Raises ``Invalid``; unknown parameters are refused."""
    children = {child.name: child for child in node.children}
    given = {name: _json_value(children.get(name), parameters.getall(name)) for name in parameters}
    repeated = [
        FieldError(f"/{name}", "schema.invalid", _("This parameter may be given once."))
        for name, child in children.items()
        if not isinstance(child.typ, colander.Sequence) and len(parameters.getall(name)) > 1
    ]
    if repeated:
        raise Invalid(repeated)
    values: dict[str, Any] = strict_values(node, given)
    return values


def _json_value(node: Any, texts: list[str]) -> Any:
    """What the texts mean in JSON; those that mean nothing stay texts, so that the strict pass refuses them."""
    if node is not None and isinstance(node.typ, colander.Sequence):
        return [_single_value(node.children[0], text) for text in texts]
    return _single_value(node, texts[0])


def _single_value(node: Any, text: str) -> Any:
    if node is None:
        return text
    if isinstance(node.typ, colander.Integer) and _INTEGER.fullmatch(text):
        return int(text)
    if isinstance(node.typ, colander.Boolean) and text in ("true", "false"):
        return text == "true"
    return text
