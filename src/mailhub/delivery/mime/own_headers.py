"""Header fields that a caller adds to a message: which names and values are accepted."""

import re
from collections.abc import Iterable

from mailhub.contract.texts import _

from .header_text import HARD_LENGTH, HeaderInvalid, check_header_text, unstructured

NAME_LENGTH = 76
VALUE_LENGTH = 8_000

# RFC 5322 3.6.8 ftext: printable ASCII without the colon.
_NAME = re.compile(r"[!-9;-~]+")
# What the hub writes itself, what only servers on the way may write, and what would show hidden recipients.
_TAKEN = frozenset(
    [
        "apparently-to",
        "authentication-results",
        "bcc",
        "cc",
        "date",
        "delivered-to",
        "dkim-signature",
        "domainkey-signature",
        "envelope-to",
        "from",
        "importance",
        "message-id",
        "mime-version",
        "original-recipient",
        "received",
        "received-spf",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-envelope-to",
        "x-original-to",
        "x-priority",
    ]
)
_TAKEN_FAMILIES = ("content-", "resent-", "arc-")
_AT_MOST_ONCE = frozenset({"in-reply-to", "references"})


def check_own_header(name: str, value: str) -> None:
    """Refuse a field that the hub sets itself, or that is not a header field (RFC 5322 2.2 and 3.6.8).

    Raises ``HeaderInvalid``.
    """
    if _NAME.fullmatch(name) is None or len(name) > NAME_LENGTH:
        raise HeaderInvalid(
            name,
            _(
                '"${name}" is not the name of a header.',
                mapping={"name": name.encode("ascii", "replace").decode()},
            ),
        )
    folded = name.lower()
    if folded in _TAKEN or folded.startswith(_TAKEN_FAMILIES):
        raise HeaderInvalid(name, _("mailhub sets the header ${name} itself.", mapping={"name": name}))
    check_header_text(name, value)
    if len(value) > VALUE_LENGTH:
        raise HeaderInvalid(
            name,
            _(
                "The header ${name} is longer than ${limit} characters.",
                mapping={"name": name, "limit": str(VALUE_LENGTH)},
            ),
        )


def own_header_fields(headers: Iterable[tuple[str, str]], *, utf8: bool = False) -> list[str]:
    """The folded fields in the order given. Raises ``HeaderInvalid``.

    Many own headers are structured (addresses of lists, message ids), where encoded words mean nothing: ASCII
    values keep long words as they are up to the hard limit of a line.
    """
    seen: set[str] = set()
    fields = []
    for name, value in headers:
        check_own_header(name, value)
        folded = name.lower()
        if folded in seen and folded in _AT_MOST_ONCE:
            raise HeaderInvalid(name, _("There can be only one header ${name}.", mapping={"name": name}))
        seen.add(folded)
        fields.append(unstructured(name, value, utf8=utf8, longest_word=HARD_LENGTH - NAME_LENGTH - 2))
    return fields
