"""``mailhub capture`` as a process."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from smtplib import SMTP
from urllib.request import urlopen

import pytest

from mailhub.capture.folder import CaptureFolder
from mailhub.capture.server import CaptureServer

pytestmark = pytest.mark.enable_socket

COMMAND = """
import argparse, sys
from mailhub.capture.cli import add_parser
parser = argparse.ArgumentParser()
add_parser(parser.add_subparsers())
args = parser.parse_args(sys.argv[1:])
sys.exit(args.run(args))
"""

Program = subprocess.Popen[str]
Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            COMMAND,
            "capture",
            "--data",
            str(tmp_path),
            *arguments,
        ]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


ANY_PORTS = ("--port", "0", "--http-port", "0")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(start: Start, end: signal.Signals, tmp_path: Path) -> None:
    program = start(*ANY_PORTS)
    assert program.stdout is not None
    line = program.stdout.readline()
    said = re.fullmatch(r"capturing SMTP on 127\.0\.0\.1:(\d+), page (http://127\.0\.0\.1:\d+/)\n", line)
    assert said is not None

    with SMTP("127.0.0.1", int(said[1])) as client:
        client.sendmail("a@example.com", ["b@example.com"], b"Subject: kept\r\n\r\n")
    with urlopen(said[2], timeout=10) as page:
        assert b"kept" in page.read()

    program.send_signal(end)
    out, err = program.communicate(timeout=20)
    assert (program.returncode, out, err) == (0, "", "")
    assert CaptureFolder(tmp_path / "captured").numbers() == [1]


def test_machines_read_where_it_listens(start: Start, tmp_path: Path) -> None:
    program = start(*ANY_PORTS, "--json")
    assert program.stdout is not None

    said = json.loads(program.stdout.readline())

    assert said["folder"] == str(tmp_path / "captured")
    assert said["page"].startswith("http://127.0.0.1:")
    assert said["smtp"].startswith("127.0.0.1:")


def test_a_port_in_use_ends_it_with_a_sentence(start: Start, server: CaptureServer) -> None:
    program = start("--port", str(server.port), "--http-port", "0")
    out, err = program.communicate(timeout=20)

    assert program.returncode == 1
    assert out == ""
    assert err == (
        f"127.0.0.1:{server.port} is already in use. Stop the other program, or choose another port with --port.\n"
    )


def test_a_folder_that_cannot_be_made_ends_it_with_a_sentence(start: Start, tmp_path: Path) -> None:
    (tmp_path / "captured").write_text("a file")

    program = start(*ANY_PORTS)
    _out, err = program.communicate(timeout=20)

    assert program.returncode == 1
    assert re.fullmatch(r"\S+/captured cannot be used: File exists\.\n", err)


def test_only_as_many_as_asked_for_are_kept(start: Start, tmp_path: Path) -> None:
    program = start(*ANY_PORTS, "--keep", "2", "--json")
    assert program.stdout is not None
    host, port = json.loads(program.stdout.readline())["smtp"].split(":")

    with SMTP(host, int(port)) as client:
        for _ in range(4):
            client.sendmail("a@example.com", ["b@example.com"], b"x")

    assert CaptureFolder(tmp_path / "captured").numbers() == [4, 3]
