"""The headers of tus 1.0.0, the protocol of resumable uploads (https://tus.io/protocols/resumable-upload).

What a caller sends in them is checked here and is data from then on: no name becomes a path, and only what is known to
hold no line break goes back into a header.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from mailhub.contract.texts import Text, _
from mailhub.errors import BadRequest

from .names import announced_type, last_segment

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "termination", "checksum", "expiration")
CHECKSUM_ALGORITHMS = ("sha1", "sha256")
CHUNK_TYPE = "application/offset+octet-stream"

MAX_METADATA_CHARACTERS = 4096
_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]{1,128}")
"""A key of the metadata: visible ASCII without a comma."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a caller says of his file. ``text``: all of it, as sent; ``name`` and ``content_type``: what we understand."""

    text: str = ""
    name: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must hash to."""

    algorithm: str
    digest: bytes

    def new(self) -> Any:
        """A fresh hash of the algorithm."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def read_number(name: str, text: str | None) -> int:
    """A header that is a number of bytes. Raises ``BadRequest``."""
    if text is None or not _NUMBER.fullmatch(text):
        raise BadRequest(_("The header ${name} has to be a number of bytes.", mapping={"name": name}))
    return int(text)


def read_metadata(text: str | None) -> Metadata:
    """The header Upload-Metadata. Raises ``BadRequest`` for another form than tus describes."""
    text = (text or "").strip(" ")
    if not text:
        return Metadata()
    if len(text) > MAX_METADATA_CHARACTERS:
        raise _bad_metadata(
            _("it has more than ${limit} characters", mapping={"limit": MAX_METADATA_CHARACTERS})
        )
    pairs: dict[str, bytes] = {}
    for pair in text.split(","):
        key, value = _read_pair(pair.strip(" "))
        if key in pairs:
            raise _bad_metadata(_("a key is there twice"))
        pairs[key] = value
    return Metadata(text, _name_in(pairs), _type_in(pairs))


def _read_pair(pair: str) -> tuple[str, bytes]:
    key, _space, value = pair.partition(" ")
    if not _KEY.fullmatch(key):
        raise _bad_metadata(_("a key has to be visible ASCII characters"))
    try:
        return key, base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _bad_metadata(_("a value is not base64")) from None


def _bad_metadata(why: Text) -> BadRequest:
    return BadRequest(_("The header Upload-Metadata cannot be understood: ${why}.", mapping={"why": why}))


def _name_in(pairs: dict[str, bytes]) -> str:
    return last_segment(_text_of(pairs, "filename") or _text_of(pairs, "name"))


def _type_in(pairs: dict[str, bytes]) -> str:
    return announced_type(_text_of(pairs, "filetype") or _text_of(pairs, "type"))


def _text_of(pairs: dict[str, bytes], key: str) -> str:
    try:
        return pairs.get(key, b"").decode("utf-8")
    except UnicodeDecodeError:
        return ""


def read_checksum(text: str | None) -> Checksum | None:
    """The header Upload-Checksum, or None without one. Raises ``BadRequest`` for another form or algorithm."""
    if text is None:
        return None
    algorithm, _space, value = text.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise BadRequest(
            _("Checksums may be ${known}.", mapping={"known": ", ".join(CHECKSUM_ALGORITHMS)}),
            code="upload.checksum_unknown",
        )
    try:
        return Checksum(algorithm, base64.b64decode(value.encode("ascii"), validate=True))
    except (binascii.Error, UnicodeEncodeError):
        raise BadRequest(_("The checksum in Upload-Checksum is not base64.")) from None


def http_date(at: datetime) -> str:
    """A time in the form of RFC 7231, section 7.1.1.1."""
    return format_datetime(at, usegmt=True)
