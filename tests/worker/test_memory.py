"""A big attachment is streamed: it never lies in memory as a whole, neither when it comes nor when it leaves."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from .hub_process import HubProcess
from .smtp_sink import SmtpSink

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]

MB = 1024**2
ATTACHMENT_BYTES = 100 * MB
ALLOWED_BYTES = 64 * MB


def forget_peak(pid: int) -> None:
    """Count anew from what it has now: signing in by a password has a peak of its own (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had since."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def send_with(hub: HubProcess, file: Path) -> Any:
    with file.open("rb") as content:
        upload = hub.upload(content)
    attachments = [{"name": "plan.bin", "upload": upload}]
    message_id = hub.send(to=["ada@example.com"], attachments=attachments)
    return hub.wait_for_end(message_id, seconds=120)


def make_file(path: Path, size_bytes: int) -> Path:
    chance = random.Random(4711)
    with path.open("wb") as file:
        for _megabyte in range(size_bytes // MB):
            file.write(chance.randbytes(MB))
    return path


def test_a_100_mb_attachment_raises_the_hub_by_less_than_64_mb(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "var", log_level="warning") as hub, SmtpSink() as sink:
        hub.set_up()
        hub.start()
        hub.add_smtp_account(sink.port)
        # what is loaded with the first mail is no part of the question
        assert send_with(hub, make_file(tmp_path / "small", MB))["status"] == "sent"
        forget_peak(hub.pid)
        before = peak_bytes(hub.pid)

        message = send_with(hub, make_file(tmp_path / "big", ATTACHMENT_BYTES))

        risen = peak_bytes(hub.pid) - before
        print(
            f"{ATTACHMENT_BYTES // MB} MB sent: the hub rose by {risen / MB:.1f} MB from {before / MB:.1f} MB"
        )
        assert message["status"] == "sent"
        assert sink.mails[-1].size_bytes > ATTACHMENT_BYTES * 4 / 3
        assert risen < ALLOWED_BYTES
        assert hub.stop() == 0
