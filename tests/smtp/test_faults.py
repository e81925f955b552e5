"""A server that breaks off at each step of the conversation, as Postfix's smtp-sink does when told to."""

import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from mailhub.contract import Connector, DeliveryError, Permanent, Transient, Uncertain
from mailhub.testing import make_message
from mailhub.testing.context import RecordingContext
from mailhub_smtp.plugin import SMTP
from tests.kit.waiting import wait_for

from .processes import free_ports, listens

SMTP_SINK = "/usr/sbin/smtp-sink"

pytestmark = [
    pytest.mark.system("postfix", root=True),
    pytest.mark.enable_socket,
    pytest.mark.xdist_group("postfix"),
]

StartSink = Callable[..., Connector]


@pytest.fixture
def sink() -> Iterator[StartSink]:
    """Starts smtp-sink with these options; gives a connector to it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Connector:
        (port,) = free_ports(1)
        command = [SMTP_SINK, "-u", "postfix", *options, f"127.0.0.1:{port}", "8"]
        running.append(subprocess.Popen(command))
        wait_for(lambda: listens(port), "starting smtp-sink")
        settings = {"server": "127.0.0.1", "port": port, "security": "none", "authentication": "anonymous"}
        return SMTP.make(SMTP.settings_schema().deserialize(settings))

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("options", "error", "is_handed_over"),
    [
        (("-q", "EHLO"), Transient, False),
        (("-q", "MAIL"), Transient, False),
        (("-q", "RCPT"), Transient, False),
        (("-q", "DATA"), Transient, False),
        (("-q", "."), Uncertain, True),
        (("-Q", "MAIL"), Transient, False),
        (("-Q", "DATA"), Transient, False),
        (("-Q", "."), Transient, True),
        (("-r", "MAIL"), Transient, False),
        (("-r", "DATA"), Transient, False),
        (("-r", "."), Transient, True),
        (("-f", "MAIL"), Permanent, False),
        (("-f", "DATA"), Permanent, False),
        (("-f", "."), Permanent, True),
    ],
)
@pytest.mark.parametrize("hidden", [(), ("-p",)], ids=["pipelined", "stepwise"])
def test_a_fault_at_each_step(
    sink: StartSink,
    context: RecordingContext,
    hidden: tuple[str, ...],
    options: tuple[str, ...],
    error: type[DeliveryError],
    is_handed_over: bool,
) -> None:
    with pytest.raises(error):
        sink(*hidden, *options).send(make_message(), context)
    assert bool(context.handed_over) is is_handed_over


def test_a_server_without_extensions_gets_the_mail(sink: StartSink, context: RecordingContext) -> None:
    outcome = sink("-e").send(make_message(), context)
    assert [each.status for each in outcome.recipients] == ["accepted"]


def test_a_name_that_is_not_known_is_no_fault_of_the_message(context: RecordingContext) -> None:
    settings = {"server": "nowhere.example", "authentication": "anonymous"}
    with pytest.raises(Transient):
        SMTP.make(SMTP.settings_schema().deserialize(settings)).send(make_message(), context)
    assert socket.gethostname() not in str(context.steps[0].detail)
