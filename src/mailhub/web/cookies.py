"""Cookies of the pages: who is signed in, whose form it is before that, and what to say on the next page.

Over HTTPS their names begin with ``__Host-``: no other host and no plain connection can set them (RFC 6265bis 4.1.3). Over
plain HTTP, which is for loopback alone, they cannot have that prefix.
"""

from dataclasses import dataclass
from typing import Any, Final

SESSION: Final = "mailhub-session"
GUEST: Final = "mailhub-guest"
NOTICES: Final = "mailhub-notices"


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of one request, read and set."""

    request: Any

    def get(self, name: str) -> str | None:
        """What the browser has under this name."""
        value: str | None = self.request.cookies.get(self._full_name(name))
        return value

    def set(self, response: Any, name: str, value: str, *, max_age_seconds: int | None = None) -> None:
        """Not readable for scripts; kept until the browser ends where no age is given."""
        response.set_cookie(
            self._full_name(name),
            value,
            max_age=max_age_seconds,
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
        )

    def remove(self, response: Any, name: str) -> None:
        """Have the browser forget it, if it has it."""
        if self.get(name) is not None:
            self.set(response, name, "", max_age_seconds=0)

    @property
    def _is_secure(self) -> bool:
        return bool(self.request.scheme == "https")

    def _full_name(self, name: str) -> str:
        return f"__Host-{name}" if self._is_secure else name
