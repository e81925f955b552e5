"""What the form engine needs to know of a request; a ``PageRequest`` has it all."""

from typing import Protocol
from zoneinfo import ZoneInfo

from mailhub.contract.texts import Text


class FormReader(Protocol):
    """The person before the form."""

    @property
    def locale(self) -> str: ...

    @property
    def time_zone(self) -> ZoneInfo: ...

    @property
    def csrf_token(self) -> str: ...

    def translated(self, text: Text) -> str: ...
