"""Bring docs/reference/errors.md up to date with the error codes; ``--check`` changes nothing."""

import sys
from collections.abc import Iterable, Iterator, Mapping

from mailhub.contract.texts import plain
from mailhub.http.codes import STATUS_BY_CODE, TITLES
from tools.code_texts import API, DELIVERY, NOTES, PROGRAMS
from tools.pages import REFERENCE, Pages, bring_up_to_date, code, table

PAGE = REFERENCE / "errors.md"

HEAD = """\
# Error codes

<!-- written by `make reference` from src/mailhub/http/codes.py and tools/code_texts.py; do not edit -->

A code is stable and has the form `area.reason`; texts are for people and may change. Branch on codes, never on texts.

## Answers of the API

A refusal is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail` and `code`. A 422 has all
mistakes that were found in `errors`, each with the place (`pointer`, RFC 6901), its own `code` and a `message`; the
`code` at the top is that of the first. The status given here is the usual one: a code has one meaning, and stands in a
422 where the mistake is in what was sent (an account that does not exist is 404 in the address and 422 in the body).
"""

DELIVERY_HEAD = """
## Outcomes of delivery

In `error.code` of a message, in `recipients`, in an account's `attention`, in the events of a message's history and in
the error of a check. `recipients[].code` may also be the server's own three digits. The last column says what a person
can do. A connector of another plugin may have further codes.

"""

NOTES_HEAD = """
## Warnings

In `GET /health/ready` and in an account's `warnings`. Nothing is refused for them.

"""

PROGRAMS_HEAD = """
## Programs and their log

Why a program did not start, or an entry in its log. Where such a fault meets a call of the API, the answer is 500
`internal.error` with an `incident` that names the entry in the log.

"""


def expected() -> Pages:
    """The page, as it should be."""
    return {PAGE: "".join(_parts())}


def _parts() -> Iterator[str]:
    yield HEAD
    for status, title in TITLES.items():
        known = [each for each, usual in STATUS_BY_CODE.items() if usual == status]
        if known:
            yield f"\n### {status} {plain(title)}\n\n" + _table(API, known)
    yield DELIVERY_HEAD
    rows = ([code(each), *texts] for each, texts in DELIVERY.items())
    yield table(["code", "meaning", "the message", "what to do"], rows)
    yield NOTES_HEAD + _table(NOTES, NOTES)
    yield PROGRAMS_HEAD + _table(PROGRAMS, PROGRAMS)


def _table(texts: Mapping[str, tuple[str, str]], known: Iterable[str]) -> str:
    return table(["code", "meaning", "what to do"], ([code(each), *texts[each]] for each in known))


if __name__ == "__main__":
    sys.exit(bring_up_to_date(__doc__ or "", expected))
