"""Bring docs/reference/api.md up to date with the declared calls and their examples; ``--check`` changes nothing.

What stands above the tables is written by hand, the examples are those of docs/examples/calls.
"""

import sys
from collections.abc import Iterator

from mailhub.contract.texts import plain
from mailhub.http.endpoint import Endpoint
from tools.call_examples import examples_by_call
from tools.endpoints import by_tag, mounted, shown
from tools.pages import REFERENCE, Pages, bring_up_to_date, code, table, with_generated

PAGE = REFERENCE / "api.md"
BEGIN = "<!-- begin of what `make reference` writes from the declared calls -->\n"
END = "<!-- end -->\n"


def expected() -> Pages:
    """The page, as it should be."""
    return {PAGE: with_generated(PAGE, BEGIN, END, "".join(_sections()))}


def _sections() -> Iterator[str]:
    shown_at = examples_by_call(mounted())
    for tag, endpoints in by_tag().items():
        yield f"\n## {tag}\n\n"
        yield table(["call", "does", "permission", "answers"], map(_row, endpoints))
        for each in endpoints:
            yield f"\n### {code(shown(each))}\n"
            if each.description:
                yield f"\n{plain(each.description)}\n"
            yield from (f"\n{example.markdown}" for example in shown_at[each.operation_id])
    yield "\n"


def _row(endpoint: Endpoint) -> list[str]:
    return [
        code(shown(endpoint)),
        plain(endpoint.summary) + _remark(endpoint),
        code(endpoint.permission),
        ", ".join(str(status) for status in sorted(endpoint.replies)),
    ]


def _remark(endpoint: Endpoint) -> str:
    """What follows for a client from how the call is declared."""
    if endpoint.if_match is not None:
        return f" (`If-Match` {endpoint.if_match})"
    return " (the body is the file)" if endpoint.raw_body else ""


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
