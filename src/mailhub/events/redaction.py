"""Taking addresses out of servers' answers, so that no event holds one."""

import re

_LONGEST = 2_000
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_QUOTED_LOCAL_PART = re.compile(r'"[^"\r\n]{1,64}"@[^\s<>@]{1,255}')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def without_addresses(text: str) -> str:
    """The text on one line, at most 2,000 characters, with ``<address>`` for whatever looks like an address.

    What stands at an "@" is taken, well formed or not: an answer may well be about an address that is not. Time grows
    with the length only (V1.3.12), and control characters, which forge log lines (V16.4.1), become blanks.
    """
    line = text[:_LONGEST]
    if not line.isprintable():
        line = _CONTROLS.sub(" ", line)
    if "@" not in line:
        return line
    for pattern in (_QUOTED_LOCAL_PART, _ADDRESS):
        line = pattern.sub("<address>", line)
    return line.replace("<<address>>", "<address>")
