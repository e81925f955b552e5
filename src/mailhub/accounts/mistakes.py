"""Several checks, all of whose mistakes are told at once (api.md: ``errors`` has all that were found)."""

from collections.abc import Callable
from typing import TypeVar

from mailhub.errors import FieldError, Invalid

T = TypeVar("T")


class Mistakes:
    """Collects what checks refuse."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    @property
    def found(self) -> list[FieldError]:
        return list(self._errors)

    def of(self, check: Callable[[], T]) -> T | None:
        """What the check returns; None when it refused, or was None itself."""
        try:
            return check()
        except Invalid as refused:
            self._errors.extend(refused.errors)
            return None

    def raise_all(self) -> None:
        """Raises ``Invalid`` if there were any."""
        if self._errors:
            raise Invalid(self._errors)
