"""Linked pictures (RFC 2392) of a draft, which the editor shows by an address of their own and the mail by their content id."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote

from mailhub.messages.model import StoredAttachment

SHOWN_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
_CID: Final = re.compile(r"""(\bsrc\s*=\s*["'])cid:([^"'\s>]+)""", re.IGNORECASE)
_OWN: Final = re.compile(
    r"""(\bsrc\s*=\s*["'])/compose/[A-Za-z0-9_-]+/pictures/([^"'\s>?#]+)""", re.IGNORECASE
)


def shown(html: str, draft_id: str, files: Iterable[StoredAttachment]) -> str:
    """The HTML for the editor. Pictures that the draft does not have stay as they are."""
    known = {file.content_id for file in files if file.content_id and file.content_type in SHOWN_TYPES}

    def replaced(found: re.Match[str]) -> str:
        content_id = unquote(found[2])
        if content_id not in known:
            return found[0]
        return f"{found[1]}/compose/{draft_id}/pictures/{quote(content_id, safe='')}"

    return _CID.sub(replaced, html)


def linked(html: str) -> str:
    """The HTML for the mail."""
    return _OWN.sub(lambda found: f"{found[1]}cid:{unquote(found[2])}", html)
