"""What the next page is to say: "The account was saved." It travels in a signed cookie, so that reading it writes nothing."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

Kind = Literal["success", "info", "warning", "danger"]
KINDS: Final = ("success", "info", "warning", "danger")
LONGEST_BYTES: Final = 3_000
_SEAL_BYTES: Final = 16


class Notice(NamedTuple):
    """A sentence in the reader's language, and how serious it is."""

    kind: str
    text: str


def packed(notices: Sequence[Notice], key: bytes) -> str:
    """The cookie; the first notices that are in it are dropped where there are too many for one."""
    kept = list(notices)
    while True:
        content = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        if len(content) <= LONGEST_BYTES or not kept:
            return base64.urlsafe_b64encode(_seal(content, key) + content).decode("ascii")
        kept = kept[1:]


def unpacked(cookie: str | None, key: bytes) -> list[Notice]:
    """The notices in a cookie; none where it is not ours."""
    try:
        sealed = base64.urlsafe_b64decode((cookie or "").encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return []
    seal, content = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(content, key)):
        return []
    return [Notice(kind if kind in KINDS else "info", text) for kind, text in json.loads(content)]


def _seal(content: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"notices\0" + content, hashlib.sha256).digest()[:_SEAL_BYTES]
