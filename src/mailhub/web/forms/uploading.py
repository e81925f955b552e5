"""Files of a form: the form holds ids of uploads only."""

from typing import Any, Protocol


class Uploads(Protocol):
    """Where files go that a browser sends within the form, without a script."""

    def store(self, file: Any) -> str:
        """Keep a ``cgi.FieldStorage`` as an upload of who posts; its id. Raises ``HubError`` (too large, over quota)."""
        ...

    def find_name(self, id: str) -> str | None:
        """The name of an upload or of the file that is stored already, to be shown; None: it is not there."""
        ...
