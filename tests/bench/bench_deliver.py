"""Delivering: from the queue to an SMTP server over kept connections, every state kept durably."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailhub.messages.indexes import waiting_of_account
from mailhub_smtp.plugin import SMTP

from .standing import ACCOUNT, Standing, standing_hub

MESSAGES = 1_500
PAUSE_SECONDS = 0.005
MAIL = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\n" + b"x" * 70 + b"\r\n"


def run() -> list[str]:
    """Messages a second from the release of a held queue to the last record; beside smtplib on one connection."""
    with sink() as port:
        anchor = smtplib_rate(port)
        settings = {"server": "127.0.0.1", "port": port, "security": "none", "authentication": "anonymous"}
        with standing_hub(SMTP, settings=settings) as standing:
            standing.pause(is_paused=True)
            for number in range(MESSAGES):
                standing.send(number)
            standing.hub.start_delivery()
            began = time.perf_counter()
            standing.pause(is_paused=False)
            wait_until_sent(standing)
            rate = MESSAGES / (time.perf_counter() - began)
    line = (
        f"deliver: {rate:,.0f} messages/s by one account, three sessions, claim and outcome on disk; "
        f"anchor: {anchor:,.0f}/s by smtplib on one kept connection; ratio {rate / anchor:.2f}"
    )
    return [line]


@contextmanager
def sink() -> Iterator[int]:
    """The port of a sink that runs beside."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def smtplib_rate(port: int, count: int = 1_000) -> float:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        began = time.perf_counter()
        for _number in range(count):
            client.sendmail("a@example.com", ["b@example.com"], MAIL)
        return count / (time.perf_counter() - began)


def wait_until_sent(standing: Standing) -> None:
    while True:
        with standing.hub.database.reading() as root:
            if not sum(waiting_of_account(root, ACCOUNT, status) for status in ("queued", "sending")):
                return
        time.sleep(PAUSE_SECONDS)
