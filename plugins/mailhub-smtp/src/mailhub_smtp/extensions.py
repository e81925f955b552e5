"""What a server says it can do, in its answer to EHLO (RFC 5321 4.1.1.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from .reply import Reply


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions that change how mail is sent."""

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    size: bool = False
    size_limit_bytes: int = 0
    """Largest message the server takes; 0 = it does not say."""
    mechanisms: frozenset[str] = field(default_factory=frozenset)
    """SASL mechanisms, upper case."""

    @classmethod
    def from_reply(cls, reply: Reply) -> Self:
        """Read an EHLO reply; what is not understood is left out."""
        offered = _keywords(reply)
        return cls(
            pipelining="PIPELINING" in offered,
            eight_bit="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered and "8BITMIME" in offered,
            starttls="STARTTLS" in offered,
            size="SIZE" in offered,
            size_limit_bytes=_limit(offered.get("SIZE", ())),
            mechanisms=frozenset(offered.get("AUTH", ())),
        )


def _keywords(reply: Reply) -> Mapping[str, tuple[str, ...]]:
    offered: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        # some old servers write AUTH=LOGIN instead of AUTH LOGIN
        words = line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ").split()
        if words:
            offered[words[0]] = offered.get(words[0], ()) + tuple(words[1:])
    return offered


def _limit(parameters: tuple[str, ...]) -> int:
    return int(parameters[0]) if parameters and parameters[0].isdigit() and len(parameters[0]) < 20 else 0
