"""What the process says on standard error: one line for each record, JSON for machines or text for people.

Whatever comes from outside is escaped, so that it can neither forge a line nor steer a terminal (ASVS V16.4.1). Of what
code hangs on a record only ``FIELDS`` get into the line.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from mailhub.settings import Settings

FIELDS: Final = ("request_id", "status", "incident", "account")
"""Attributes of records that are shown: ids and numbers, never addresses or content."""

EVENT: Final = "mailhub_event"
"""The attribute of an event's record: a mapping that stands for its text."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BARE_VALUE = re.compile(r"[A-Za-z0-9._~:/+-]+")


class JsonFormatter(logging.Formatter):
    """A record as a JSON object on one line, in ASCII.

    ``at level logger text``, then what it has of ``FIELDS`` and ``error`` (a traceback). A line of an event has ``event``
    and its dimensions instead of ``text``, and its ``at`` is when it happened.
    """

    def format(self, record: logging.LogRecord) -> str:
        known: dict[str, Any] = {
            "at": time_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        event: Mapping[str, Any] | None = getattr(record, EVENT, None)
        known |= {"text": record.getMessage()} if event is None else event
        known |= {
            name: getattr(record, name) for name in FIELDS if name not in known and hasattr(record, name)
        }
        if record.exc_info and record.exc_info[0] is not None:
            known["error"] = self.formatException(record.exc_info)
        # json escapes all controls but this one
        return json.dumps(known, default=str, separators=(",", ":")).replace("\x7f", "\\u007f")


class TextFormatter(logging.Formatter):
    """A record on one line; a traceback below it, indented, so that nothing in it can pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(sep=" ", timespec="milliseconds")[:-6]
        line = f"{at}Z {record.levelname:<7} {record.name} {escaped(record.getMessage())}"
        shown = [name for name in FIELDS if hasattr(record, name) and not hasattr(record, EVENT)]
        line += "".join(f" {name}={logfmt(getattr(record, name))}" for name in shown)
        if record.exc_info and record.exc_info[0] is not None:
            trace = self.formatException(record.exc_info).split("\n")
            line += "".join(f"\n    {escaped(each)}" for each in trace)
        return line


def escaped(text: str) -> str:
    r"""The text with everything written out that moves a cursor or turns text around: ``\n``, ``\x1b``, ``\u202e``."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def logfmt(value: object) -> str:
    """A value behind ``name=``: bare where that is clear, else quoted."""
    text = str(value)
    return text if _BARE_VALUE.fullmatch(text) else escaped(json.dumps(text, ensure_ascii=False))


def time_text(at: datetime) -> str:
    """RFC 3339, UTC, always with microseconds, so that lines sort."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def configured_logging(settings: "Settings", stream: TextIO) -> Iterator[None]:
    """Log as the settings say while this lasts: the hub from ``mailhub.log.level`` on, libraries warnings and worse."""
    formatter = JsonFormatter() if settings.log_format == "json" else TextFormatter()
    with _logging_to(stream, formatter, settings.log_level.upper()):
        yield


@contextmanager
def command_logging(stream: TextIO) -> Iterator[None]:
    """What a command that serves nobody says beside its answer: warnings, as text."""
    with _logging_to(stream, TextFormatter(), "WARNING"):
        yield


class _HubHandler(logging.StreamHandler[TextIO]):
    """Ours: set aside while an inner one is at work; those of others stay."""


@contextmanager
def _logging_to(stream: TextIO, formatter: logging.Formatter, level: str) -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("mailhub")
    levels = (root.level, ours.level)
    outer = [each for each in root.handlers if isinstance(each, _HubHandler)]
    handler = _HubHandler(stream)
    handler.setFormatter(formatter)
    _exchange(root, outer, [handler])
    root.setLevel(logging.WARNING)
    ours.setLevel(level)
    try:
        yield
    finally:
        _exchange(root, [handler], outer)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def _exchange(logger: logging.Logger, old: Sequence[logging.Handler], new: Sequence[logging.Handler]) -> None:
    for handler in old:
        logger.removeHandler(handler)
    for handler in new:
        logger.addHandler(handler)
