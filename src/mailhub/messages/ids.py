"""Ids of messages: nobody can guess them, and each says where its message is kept.

A message's key is its time of acceptance in microseconds since 2020 and, in the low 12 bits, the number of the writer
that accepted it: unique over all processes, and in order of time. The public id is the key and 80 random bits, so a look-up
needs no index, and a guessed id does not match (docs/decisions).
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta

from mailhub.entropy import Entropy

WRITER_BITS = 12
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MICROSECONDS = int(_EPOCH.timestamp()) * 1_000_000
RANDOM_BYTES = 10
_ID_LENGTH = 24


def make_key(microseconds: int, writer: int) -> int:
    """The key of a message accepted at this time (since 1970) by this writer."""
    return (microseconds - _EPOCH_MICROSECONDS) << WRITER_BITS | writer


def writer_of(key: int) -> int:
    return key & (1 << WRITER_BITS) - 1


def time_of(key: int) -> datetime:
    """When a message with this key was accepted."""
    return _EPOCH + timedelta(microseconds=key >> WRITER_BITS)


def first_key_at(at: datetime) -> int:
    """The lowest key a message accepted at this time can have."""
    microseconds = (at - _EPOCH) // timedelta(microseconds=1)
    return max(microseconds, 0) << WRITER_BITS


def month_of(key: int) -> str:
    """The month (``2026-11``) whose trees hold this key."""
    return time_of(key).strftime("%Y-%m")


def first_key_of_month(month: str) -> int:
    """The lowest key that this month's trees can hold."""
    year, number = month.split("-")
    return first_key_at(datetime(int(year), int(number), 1, tzinfo=UTC))


def random_part(entropy: Entropy) -> bytes:
    """What makes an id unguessable."""
    return entropy.token_bytes(RANDOM_BYTES)


def id_of(key: int, random: bytes) -> str:
    """The public id of a key: 24 characters of ``A-Za-z0-9_-``, the first of them a letter."""
    return base64.urlsafe_b64encode(key.to_bytes(8, "big") + random).decode("ascii")


def find_key(message_id: str) -> int | None:
    """The key inside an id, or None when the text is no id at all."""
    if len(message_id) != _ID_LENGTH or not message_id.isascii():
        return None
    try:
        packed = base64.b64decode(message_id, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    key = int.from_bytes(packed[:8], "big")
    return key if key < 1 << 63 else None
