"""``mailhub capture`` as a program: starts, says where it listens, ends at SIGTERM or SIGINT."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TextIO

from mailhub.contract.texts import Text, _, plain

from .listening import CannotListen
from .server import CaptureServer

DONE, FAILED = 0, 1


def run_capture(
    folder: Path,
    host: str,
    port: int,
    http_port: int,
    keep: int,
    out: TextIO,
    *,
    as_json: bool = False,
    err: TextIO | None = None,
) -> int:
    """Capture mail until a signal comes; the exit code. Call it from the main thread."""
    try:
        server = CaptureServer(folder, host=host, port=port, http_port=http_port, keep=keep)
    except CannotListen as error:
        return _refuse(error.message, err)
    with _until_signalled() as stopped:
        try:
            server.start()
        except OSError as error:
            server.stop()
            reason = error.strerror or str(error)
            return _refuse(
                _("${folder} cannot be used: ${reason}.", mapping={"folder": folder, "reason": reason}), err
            )
        try:
            out.write(f"{_announcement(server, as_json)}\n")
            out.flush()
            stopped.wait()
        finally:
            server.stop()
    return DONE


def _announcement(server: CaptureServer, as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {"smtp": server.smtp_address, "page": server.url, "folder": str(server.folder.path)}
        )
    values = {"smtp": server.smtp_address, "page": server.url}
    return plain(_("capturing SMTP on ${smtp}, page ${page}", mapping=values))


def _refuse(message: Text, err: TextIO | None) -> int:
    (err or sys.stderr).write(f"{plain(message)}\n")
    return FAILED


@contextmanager
def _until_signalled() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set instead of ending the process."""
    stopped = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
