"""Log lines: golden, one for each record, and nothing from outside that could forge one."""

import io
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from mailhub.events.catalogue import CATALOGUE
from mailhub.events.rows import Event
from mailhub.settings import Settings
from mailhub.telemetry.event_log import log_event
from mailhub.telemetry.logging import (
    FIELDS,
    JsonFormatter,
    TextFormatter,
    command_logging,
    configured_logging,
    escaped,
)

AT = datetime(2026, 11, 2, 8, 0, 0, 250_000, UTC)
HOSTILE = 'a\r\n2026-11-02 ERROR forged\x1b[2J\x00\x7f\x85\u2028\u202egpj.exe\ud800\t"\\'


def record(text: str, *args: Any, level: int = logging.INFO, error: Any = None, **extra: Any) -> Any:
    made = logging.LogRecord("mailhub.http", level, __file__, 1, text, args, error)
    made.created = AT.timestamp()
    made.__dict__.update(extra)
    return made


def raised(text: str) -> Any:
    try:
        raise ValueError(text)
    except ValueError:
        return sys.exc_info()


def sent(**dimensions: Any) -> Event:
    known = dict.fromkeys(CATALOGUE["message.sent"].dimensions) | {
        "message": "m1",
        "account": "a1",
        "connector": "smtp",
        "scenario": "invoice",
        "attempt": 1,
        "owner": "u1",
        "duration_seconds": 0.25,
        "reply": "250 2.0.0 queued as 4F",
        "is_partial": False,
        **dimensions,
    }
    return Event("message.sent", AT, MappingProxyType(known), 1, 17)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def json_log(stream: io.StringIO) -> Iterator[io.StringIO]:
    with configured_logging(Settings(), stream):
        yield stream


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_record_as_json() -> None:
    line = JsonFormatter().format(record("GET %s %s", "/api/v1/me", 200, request_id="r1", status=200))
    assert line == (
        '{"at":"2026-11-02T08:00:00.250000Z","level":"info","logger":"mailhub.http","text":"GET /api/v1/me 200",'
        '"request_id":"r1","status":200}'
    )


def test_a_record_as_text() -> None:
    line = TextFormatter().format(record("sent in %s s", 2, level=logging.WARNING, account="a 1"))
    assert line == '2026-11-02 08:00:00.250Z WARNING mailhub.http sent in 2 s account="a 1"'


def test_an_error_brings_its_traceback_in_the_same_line() -> None:
    line = JsonFormatter().format(record("broken", error=raised("first\nsecond")))
    assert "\n" not in line
    assert json.loads(line)["error"].endswith("ValueError: first\nsecond")


def test_a_traceback_as_text_is_indented_so_that_nothing_in_it_passes_for_a_line() -> None:
    shown = TextFormatter().format(record("broken", error=raised("x\n2026-11-02 08:00:00.250Z ERROR forged")))
    first, *rest = shown.split("\n")
    assert first.endswith("mailhub.http broken")
    assert rest
    assert all(line.startswith("    ") for line in rest)


def test_what_code_hangs_on_a_record_stays_out_unless_it_is_known() -> None:
    shown = record("x", password="secret", recipient="ada@example.com", incident="i1")
    for formatter in (JsonFormatter(), TextFormatter()):
        line = formatter.format(shown)
        assert "i1" in line
        assert "secret" not in line
        assert "ada@example.com" not in line


def test_nothing_from_outside_forges_a_json_line() -> None:
    line = JsonFormatter().format(record("%s", HOSTILE, request_id=HOSTILE, error=raised(HOSTILE)))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["text"] == HOSTILE


def test_nothing_from_outside_forges_a_text_line_or_steers_a_terminal() -> None:
    shown = TextFormatter().format(record("%s", HOSTILE, request_id=HOSTILE, error=raised(HOSTILE)))
    for line in shown.split("\n"):
        assert line.isprintable()
        assert line.encode("utf-8")
    assert "forged" not in [line.split()[2] for line in shown.split("\n") if not line.startswith("    ")]


def test_an_escaped_text_says_what_was_there() -> None:
    assert escaped("Zürich → 7\n\x1b\u202e") == "Zürich → 7\\n\\x1b\\u202e"


def test_an_event_is_one_json_line_with_what_may_leave(json_log: io.StringIO) -> None:
    assert log_event(sent()) is False
    (line,) = lines(json_log)
    assert line == (
        '{"at":"2026-11-02T08:00:00.250000Z","level":"info","logger":"mailhub.events","event":"message.sent",'
        '"message":"m1","account":"a1","connector":"smtp","scenario":"invoice","attempt":1,'
        '"duration_seconds":0.25,"reply":"250 2.0.0 queued as 4F","is_partial":false}'
    )


def test_an_event_as_text(stream: io.StringIO) -> None:
    with configured_logging(replace(Settings(), log_format="text"), stream):
        log_event(sent(error_code="x"))
    assert lines(stream)[0].endswith(
        " mailhub.events message.sent message=m1 account=a1 connector=smtp scenario=invoice attempt=1 "
        'duration_seconds=0.25 error_code=x reply="250 2.0.0 queued as 4F" is_partial=False'
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_hostile_answer_of_a_server_stays_in_its_line(stream: io.StringIO, form: str) -> None:
    with configured_logging(replace(Settings(), log_format=form), stream):
        log_event(sent(reply=HOSTILE))
    (line,) = stream.getvalue().rstrip("\n").split("\n")
    assert line.isprintable()


def test_no_dimension_hides_what_a_line_says_by_itself() -> None:
    taken = {"at", "level", "logger", "event", "text", "error"}
    dimensions = {name for event in CATALOGUE.values() for name in event.dimensions}
    assert not taken & dimensions
    assert not taken & set(FIELDS)


def test_the_level_is_the_hubs_and_libraries_only_warn(stream: io.StringIO) -> None:
    with configured_logging(replace(Settings(), log_level="debug"), stream):
        logging.getLogger("mailhub.store").debug("ours")
        logging.getLogger("urllib3").debug("a header with a token in it")
        logging.getLogger("urllib3").warning("theirs")
    assert [json.loads(line)["text"] for line in lines(stream)] == ["ours", "theirs"]


def test_a_level_above_keeps_events_out(stream: io.StringIO) -> None:
    with configured_logging(replace(Settings(), log_level="warning"), stream):
        log_event(sent())
    assert lines(stream) == []


def test_a_command_says_warnings_only_and_a_serving_one_as_its_settings_say() -> None:
    command, serving = io.StringIO(), io.StringIO()
    log = logging.getLogger("mailhub.cli")
    with command_logging(command):
        log.info("not worth it")
        log.warning("before")
        with configured_logging(Settings(), serving):
            log.info("while it serves")
        log.warning("after")
    assert [line.split()[-1] for line in lines(command)] == ["before", "after"]
    assert [json.loads(line)["text"] for line in lines(serving)] == ["while it serves"]


def test_what_was_before_is_put_back(stream: io.StringIO) -> None:
    def state() -> Mapping[str, Any]:
        return {
            name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers))
            for name in ("", "mailhub")
        }

    before = state()
    with configured_logging(Settings(), stream):
        assert state() != before
    assert state() == before
