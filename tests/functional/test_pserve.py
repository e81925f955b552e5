"""The hub under another program that serves it: ``pserve`` with the ini file as it is shipped."""

import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest

from tests.kit.commands import Commands

pytestmark = [pytest.mark.enable_socket, pytest.mark.xdist_group("serve")]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mailhub(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "data")
    assert commands("init").code == 0
    return commands


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_hub(mailhub: Commands, tmp_path: Path, end: signal.Signals) -> None:
    process, port = pserve(mailhub.data, tmp_path)
    try:
        wait_until_ready(port)
    finally:
        process.send_signal(end)
        out, _err = process.communicate(timeout=30)
    assert process.returncode == 0, out
    assert "Traceback" not in out
    # a hub that was closed leaves no journal that the next one would have to settle
    assert [each.name for each in (mailhub.data / "journal").iterdir()] == []


def pserve(data: Path, folder: Path) -> "tuple[subprocess.Popen[str], int]":
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    text = (ROOT / "development.ini").read_text()
    text = text.replace("listen = 127.0.0.1:6543", f"listen = 127.0.0.1:{port}")
    text = text.replace("# mailhub.data.dir = var\n", f"mailhub.data.dir = {data}\n")
    ini = folder / "hub.ini"
    ini.write_text(text)
    command = [str(Path(sys.executable).with_name("pserve")), str(ini)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True), port


def wait_until_ready(port: int) -> None:
    for _turn in range(300):
        call = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            call.request("GET", "/health/ready")
            if call.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            call.close()
        Event().wait(0.1)
    raise AssertionError("it does not become ready")
