"""Which code wrote the data, and which may read them (design decision 15).

A data format is a number that grows with every change of what is stored. Code starts if its own number is at least
what the data ask for, so during a rolling upgrade two releases can work side by side.
"""

from importlib.metadata import version

from persistent import Persistent

from mailhub.contract.texts import _

from .problems import FormatTooNew
from .root import HubRoot

FORMAT = 1
"""The data format that this code writes."""

READABLE_FROM = 1
"""The lowest data format whose code can still read what this code writes."""


class DataFormat(Persistent):
    """``hub.format``. ``release``: the mailhub release that first wrote this format here."""

    def __init__(self, written_by: int, readable_from: int, release: str) -> None:
        self.written_by = written_by
        self.readable_from = readable_from
        self.release = release


def check_format(hub: HubRoot, known: int = FORMAT) -> None:
    """Raises FormatTooNew when code that knows the format ``known`` must not touch these data."""
    found: DataFormat | None = getattr(hub, "format", None)
    if found is not None and found.readable_from > known:
        raise FormatTooNew(
            _(
                "These data were written by mailhub ${release} and need a program that knows data format ${needed}; "
                "this one knows ${known}. Start mailhub ${release} or newer.",
                mapping={"release": found.release, "needed": found.readable_from, "known": known},
            )
        )


def record_format(hub: HubRoot, written_by: int = FORMAT, readable_from: int = READABLE_FROM) -> None:
    """Note that code of this format writes from now on; older code that is still allowed changes nothing."""
    found: DataFormat | None = getattr(hub, "format", None)
    if found is None:
        hub.format = DataFormat(written_by, readable_from, version("mailhub"))
    elif found.written_by < written_by:
        found.written_by = written_by
        found.readable_from = max(readable_from, found.readable_from)
        found.release = version("mailhub")


def raise_readable_from(hub: HubRoot, readable_from: int) -> None:
    """Shut out code that cannot read the data any more, since something was taken away."""
    found: DataFormat = hub.format
    found.readable_from = max(readable_from, found.readable_from)
