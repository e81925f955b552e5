"""``mailhub serve`` as a process: how it starts, how it ends, and what lives beside it."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

import pytest

from mailhub.testing.smtp_server import SmtpServer
from tests.kit.commands import Commands, Served, ended, read_line
from tests.kit.waiting import wait_for

pytestmark = [pytest.mark.enable_socket, pytest.mark.xdist_group("serve")]

HOLDING = """
import sys
from mailhub.cli.opening import api_client
from mailhub.cli.settings import load_settings
with api_client(load_settings(None, __import__("pathlib").Path(sys.argv[1]))):
    print("open", flush=True)
    sys.stdin.readline()
"""
"""A command that takes its time."""


@pytest.fixture(scope="module")
def fresh_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a hub that was just set up."""
    commands = Commands(tmp_path_factory.mktemp("fresh") / "data")
    assert commands("init").code == 0
    return commands.data


@pytest.fixture
def mailhub(fresh_data: Path, tmp_path: Path) -> Commands:
    """Commands on a hub of the test's own that does not run."""
    shutil.copytree(fresh_data, tmp_path / "data")
    return Commands(tmp_path / "data")


def connection_to(served: Served) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", served.port, timeout=20)


# -- its beginning -------------------------------------------------------------------------------------------------


def test_it_says_where_it_listens_and_answers_there(mailhub: Commands) -> None:
    with mailhub.serving() as served:
        with urlopen(f"{served.url}/health/live", timeout=10) as answer:
            assert answer.status == 200
        mode = (mailhub.data / "hub.sock").stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600


def test_machines_read_where_it_listens(mailhub: Commands) -> None:
    process = mailhub.start("serve", "--port", "0", "--json")
    said = json.loads(read_line(process))
    assert said["url"].startswith("http://127.0.0.1:")
    assert (said["data"], said["socket"]) == (str(mailhub.data), str(mailhub.data / "hub.sock"))
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 0


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_it_listens_on_the_host_it_is_told(mailhub: Commands, host: str) -> None:
    served = Served.by(mailhub.start("serve", "--host", host, "--port", "0"))
    with urlopen(f"{served.url}/health/live", timeout=10) as answer:
        assert answer.status == 200
    assert served.end().code == 0


def test_a_second_hub_on_the_same_data_ends_with_4_and_the_reason(mailhub: Commands) -> None:
    with mailhub.serving() as served:
        second = mailhub("serve", "--port", "0")
        assert (second.code, second.out) == (4, "")
        assert second.err == f"A hub is running on {mailhub.data} already. One database takes one process.\n"
        assert served.process.poll() is None


def test_a_port_in_use_is_named_with_a_way_out(mailhub: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = mailhub("serve", "--port", port)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"127.0.0.1:{port} is already in use. Stop the other program, or choose another port with --port.\n"
    )
    assert not (mailhub.data / "hub.sock").exists()


def test_the_socket_of_a_hub_that_was_killed_is_replaced(mailhub: Commands) -> None:
    with mailhub.serving() as served:
        served.end(signal.SIGKILL)
    assert (mailhub.data / "hub.sock").exists()
    assert mailhub("user", "list").code == 0
    with mailhub.serving():
        assert mailhub("user", "list").code == 0


def test_what_was_never_set_up_is_not_served_and_not_made(tmp_path: Path) -> None:
    for command in ("serve", "plugins"):
        refused = Commands(tmp_path / "nothing here")(command)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.endswith(f"Run: mailhub init --data '{tmp_path}/nothing here'\n")
    assert not (tmp_path / "nothing here").exists()


def test_all_wrong_settings_are_named(mailhub: Commands, tmp_path: Path) -> None:
    ini = tmp_path / "hub.ini"
    ini.write_text("[app:main]\nuse = egg:mailhub\nmailhub.http.port = many\nmailhub.colour = red\n")
    mailhub.environ["MAILHUB_DELIVERY_THREADS"] = "none"
    refused = mailhub("serve", "-c", str(ini))
    assert (refused.code, refused.out) == (1, "")
    assert all(
        name in refused.err for name in ("mailhub.http.port", "mailhub.colour", "MAILHUB_DELIVERY_THREADS")
    )


def test_data_may_lie_deeper_than_a_socket_s_address_is_long(tmp_path: Path) -> None:
    mailhub = Commands(tmp_path / ("d" * 60) / ("e" * 60) / "data")
    mailhub.data.parent.mkdir(parents=True)
    assert mailhub("init").code == 0
    with mailhub.serving():
        assert (mailhub.data / "hub.sock").is_socket()
        assert mailhub("user", "list", "--json").json["items"][0]["login"] == "admin"
        assert mailhub("serve", "--port", "0").code == 4
    assert not (mailhub.data / "hub.sock").exists()


# -- commands beside it --------------------------------------------------------------------------------------------


def test_commands_wait_for_a_hub_that_is_starting(mailhub: Commands) -> None:
    serving = mailhub.start("serve", "--port", "0")
    commands = [mailhub.start("user", "list", "--json") for _each in range(2)]
    results = [ended(each) for each in commands]
    assert [each.code for each in results] == [0, 0], results
    Served.by(serving).end()


def test_a_hub_waits_for_a_command_that_has_the_database(mailhub: Commands) -> None:
    with holding(mailhub.data) as holder:
        serving = mailhub.start("serve", "--port", "0")
        other = mailhub.start("user", "list", "--json")
        with pytest.raises(subprocess.TimeoutExpired):
            serving.wait(2)
        assert other.poll() is None
        holder.communicate("\n", timeout=20)
        assert ended(other).code == 0
        assert Served.by(serving).end().code == 0


@contextmanager
def holding(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has the database open."""
    command = [sys.executable, "-W", "ignore", "-c", HOLDING, str(data)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=data)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# -- its end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_peace(mailhub: Commands, end: signal.Signals) -> None:
    with mailhub.serving() as served:
        idle = socket.create_connection(("127.0.0.1", served.port))
        result = served.end(end)
        idle.close()
    assert (result.code, result.out, result.err) == (0, "", "")
    assert not (mailhub.data / "hub.sock").exists()


def test_a_signal_while_it_waits_for_the_database_ends_it_too(mailhub: Commands) -> None:
    with holding(mailhub.data):
        serving = mailhub.start("serve", "--port", "0")
        with pytest.raises(subprocess.TimeoutExpired):
            serving.wait(2)
        serving.send_signal(signal.SIGTERM)
        result = ended(serving)
    assert (result.code, result.out) == (0, "")


def test_a_call_in_hand_is_answered_before_the_end_and_no_new_one_is_taken(mailhub: Commands) -> None:
    token = mailhub("token", "create", "--user", "admin", "--json").json["token"]
    with mailhub.serving() as served, closing(connection_to(served)) as call:
        call.putrequest("POST", "/api/v1/uploads")
        for name, value in (
            ("Authorization", f"Bearer {token}"),
            ("Content-Length", "8"),
            ("Content-Type", "text/plain"),
        ):
            call.putheader(name, value)
        call.endheaders(b"half")
        # the hub has begun to read this call when it has answered one that was sent after it
        with urlopen(f"{served.url}/health/live", timeout=10) as answer:
            assert answer.status == 200
        served.process.send_signal(signal.SIGTERM)
        refuses_soon(served.port)
        call.send(b"half")
        response = call.getresponse()
        assert (response.status, json.loads(response.read())["size"]) == (201, 8)
        call.close()
        assert ended(served.process).code == 0


def refuses_soon(port: int) -> None:
    """Wait until nobody can connect any more."""
    wait_for(lambda: not takes_connections(port), "a refused connection", seconds=20)


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("keeps_connection", [True, False])
def test_no_call_is_broken_off_however_busy_its_connections_are(
    mailhub: Commands, keeps_connection: bool
) -> None:
    with mailhub.serving() as served, ThreadPoolExecutor(4) as clients:
        under_way = [Event() for _each in range(4)]
        found = [clients.submit(call_until_refused, served, each, keeps_connection) for each in under_way]
        assert all(each.wait(20) for each in under_way)
        assert served.end().code == 0
        assert [each.result(20) for each in found] == [{200}] * 4


def call_until_refused(served: Served, under_way: Event, keeps_connection: bool) -> set[int]:
    """Call as fast as it goes until nobody takes a connection; the statuses. Raises what breaks off a call."""
    statuses: set[int] = set()
    with closing(connection_to(served)) as call:
        while True:
            try:
                if call.sock is None:
                    call.connect()
            except OSError:
                return statuses
            call.request("GET", "/health/live")
            with call.getresponse() as response:
                response.read()
                statuses.add(response.status)
            under_way.set()
            if not keeps_connection:
                call.close()


def test_mail_that_was_taken_is_sent_by_the_next_hub(mailhub: Commands, tmp_path: Path) -> None:
    with SmtpServer(tmp_path) as smtp:
        settings = {"server": smtp.host, "port": smtp.port, "security": "none", "authentication": "anonymous"}
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        first = ("--connector", "smtp", "--name", "A", "--address", "a@example.com", "--default")
        assert mailhub("account", "add", *first, *words).code == 0
        sent = mailhub("send", "--to", "ada@example.com", "--text", "Hello", "--json").json
        assert smtp.received == []
        with mailhub.serving() as served:
            smtp.wait_for(1)
            result = served.end()
        assert result.code == 0
        # what is true of it is on disk before the process ends
        assert message(mailhub, sent["id"])["status"] == "sent"


def message(mailhub: Commands, message_id: str) -> Any:
    """The message as the API shows it to a hub that has come up again."""
    token = mailhub("token", "create", "--user", "admin", "--json").json["token"]
    with mailhub.serving() as served:
        call = connection_to(served)
        call.request("GET", f"/api/v1/messages/{message_id}", headers={"Authorization": f"Bearer {token}"})
        body = json.loads(call.getresponse().read())
        call.close()
    return body


# -- another WSGI server -------------------------------------------------------------------------------------------


def test_pserve_runs_it_by_the_same_ini_file(mailhub: Commands, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = Path(__file__).parents[2]
    ini = tmp_path / "development.ini"
    text = (
        (root / "development.ini")
        .read_text()
        .replace("listen = 127.0.0.1:6543", f"listen = 127.0.0.1:{port}")
    )
    ini.write_text(text.replace("# mailhub.data.dir = var\n", f"mailhub.data.dir = {mailhub.data}\n"))
    pserve = Path(sys.executable).with_name("pserve")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
    process = subprocess.Popen(
        [str(pserve), str(ini)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
    )
    try:
        assert answers_soon(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        out, _err = process.communicate(timeout=20)
    assert "Traceback" not in out
    assert mailhub("user", "list").code == 0


def answers_soon(process: "subprocess.Popen[str]", port: int) -> bool:
    """Whether readiness comes, while the process lives: pserve says nothing when it is there."""
    for _turn in range(300):
        call = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            call.request("GET", "/health/ready")
            return call.getresponse().status == 200
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                return False
        finally:
            call.close()
    return False
