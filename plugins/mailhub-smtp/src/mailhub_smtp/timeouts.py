"""How long to wait for a server, step by step. One value for all makes duplicates at a slow final dot."""

from dataclasses import asdict, dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. The defaults are at least those of RFC 5321 4.5.3.2 and follow Postfix where the RFC is silent.

    ``block``: until the server has taken one block of content. ``dot``: until it has answered the whole message.
    ``farewell``: how long to stay for the answer to QUIT, which decides nothing.
    """

    connect: float = 30.0
    greeting: float = 300.0
    ehlo: float = 300.0
    starttls: float = 300.0
    auth: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0
    dot: float = 600.0
    rset: float = 20.0
    farewell: float = 5.0

    @classmethod
    def at_most(cls, seconds: float) -> Self:
        """For somebody who is waiting before a page: no step takes longer than this."""
        return cls(**{name: min(usual, seconds) for name, usual in asdict(cls()).items()})


PATIENT: Final = Timeouts()
"""For mail on its way, which has time."""
