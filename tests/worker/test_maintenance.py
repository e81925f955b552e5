"""Packing, a new key and steps of evolution, killed at any change of a file: run again they finish, and nothing is lost."""

import http.client
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from mailhub.accounts.settings import secret_record_id
from mailhub.clock import SystemClock
from mailhub.messages.model import Message, messages_of
from mailhub.store.database import open_database
from mailhub.store.rotation import find_in_file, mark_of
from mailhub.store.secrets import KeyRing, SecretBox, key_id_of, read_key_file
from tests.worker.hub_process import HubProcess

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(300), pytest.mark.xdist_group("maintenance")]

KILLED = Path(__file__).with_name("killed.py")
SECRET = "correct horse battery staple"
MESSAGES = 10
KILLS = 2
BIG = b"B" * 100_000


class Folder:
    """A hub's data folder, worked on by commands that are killed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._counted = data.parent / f"{data.name}.counted"

    def copy(self, name: str) -> "Folder":
        target = self.data.parent / name
        shutil.copytree(self.data, target)
        return Folder(target)

    def program(self, point: int, mark: str) -> tuple[str, ...]:
        return (sys.executable, "-W", "ignore", str(KILLED), str(point), mark, str(self._counted))

    def run(self, *command: str, point: int = 0, mark: str = "hub.fs") -> int:
        """The exit code of a command, -9 for one that was killed."""
        done = subprocess.run(
            [*self.program(point, mark), *command, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in (0, -9), (command, point, done.stdout, done.stderr)
        return done.returncode

    @property
    def counted(self) -> int:
        """How many changes the last command counted that came to its end."""
        return int(self._counted.read_text())

    def messages(self, value: Callable[[Message], Any]) -> dict[str, Any]:
        """Something of every message, by id."""
        database = open_database("", data_dir=self.data, clock=SystemClock())
        try:
            with database.reading() as hub:
                return {
                    message.id: value(message)
                    for month in messages_of(hub).months
                    for shard in messages_of(hub).iter_shards(month)
                    for message in shard.messages.values()
                }
        finally:
            database.close()

    def secret(self) -> str:
        """The one secret of the one account, as today's key opens it."""
        box = SecretBox(KeyRing(read_key_file(self.data / "secret.key")))
        database = open_database("", data_dir=self.data, clock=SystemClock())
        try:
            with database.reading() as hub:
                account = next(iter(accounts_of(hub)))
                return box.open(account.secrets["password"], secret_record_id(account.id, "password"))
        finally:
            database.close()

    def key_ids(self) -> list[str]:
        return [key_id_of(key) for key in read_key_file(self.data / "secret.key")]

    def has_trace_of(self, key_id: str) -> bool:
        paths = (path for path in self.data.rglob("*") if path.is_file())
        return any(find_in_file(path, [mark_of(key_id)]) is not None for path in paths)


def _kept(message: Message) -> tuple[str, str, list[str]]:
    files = [each.content.sha256 for each in message.content.attachments]
    return message.status, message.content.subject, files


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A hub that has accepted messages, some with a file, and whose account has a secret."""
    data = tmp_path_factory.mktemp("maintenance") / "var"
    with HubProcess(data, delivery_embedded="false", log_level="warning") as hub:
        hub.set_up()
        hub.start()
        settings = {"security": "starttls", "authentication": "basic", "user_name": "u", "password": SECRET}
        hub.add_smtp_account(1, settings=settings)
        for number in range(MESSAGES):
            _send(hub, number)
        assert hub.stop() == 0
    return Folder(data)


def _send(hub: HubProcess, number: int) -> str:
    attachments = [{"upload": hub.upload(BIG + bytes([number]))}] if number % 3 == 0 else []
    return hub.send(to=["ada@example.com"], subject=f"Invoice {number}", attachments=attachments)


def _points(total: int, seed: int) -> list[int]:
    """Some of the changes, the last ones among them: there the files get their names."""
    chosen = random.Random(seed).sample(range(1, total + 1), KILLS)
    return sorted({*chosen, total, total - 2})


def test_a_killed_packing_loses_nothing_and_is_finished_by_the_next(filled: Folder) -> None:
    kept = filled.messages(_kept)
    measured = filled.copy("measured")
    assert measured.run("pack", mark=".packing-") == 0
    for point in _points(measured.counted, seed=1):
        folder = filled.copy(f"pack{point}")
        assert folder.run("pack", point=point, mark=".packing-") == -9
        assert folder.messages(_kept) == kept, f"killed at {point}"
        assert folder.run("pack") == 0
        assert folder.run("check") == 0
        assert folder.messages(_kept) == kept
        names = {path.name for path in folder.data.iterdir()}
        assert names <= {
            "hub.fs",
            "hub.fs.index",
            "hub.fs.lock",
            "hub.fs.tmp",
            "sessions.fs",
            "sessions.fs.index",
            "sessions.fs.lock",
            "sessions.fs.tmp",
            "blobs",
            "secret.key",
            "journal",
        }
        assert (folder.data / "hub.fs").stat().st_size <= (measured.data / "hub.fs").stat().st_size * 1.1


def test_a_killed_key_rotation_keeps_every_secret_and_is_finished_by_the_next(filled: Folder) -> None:
    kept = filled.messages(_kept)
    measured = filled.copy("rotated")
    first = measured.key_ids()[0]
    assert measured.run("rotate-key", mark=".secret.key.") == 0
    assert not measured.has_trace_of(first)
    assert measured.secret() == SECRET
    for point in _points(measured.counted, seed=2):
        folder = filled.copy(f"rotate{point}")
        assert folder.run("rotate-key", point=point, mark=".secret.key.") == -9
        assert folder.secret() == SECRET, f"killed at {point}"
        assert folder.run("rotate-key") == 0
        assert folder.secret() == SECRET
        assert first not in folder.key_ids()
        assert len(folder.key_ids()) == 1
        assert not folder.has_trace_of(first)
        assert folder.run("check") == 0
        assert folder.messages(_kept) == kept


def test_a_killed_evolution_goes_on_where_it_was(filled: Folder) -> None:
    kept = filled.messages(_kept)
    measured = filled.copy("evolved")
    assert measured.run("evolve") == 0
    for point in _points(measured.counted, seed=3):
        folder = filled.copy(f"evolve{point}")
        assert folder.run("evolve", point=point) == -9
        assert folder.run("evolve") == 0
        assert set(folder.messages(lambda message: message.converted).values()) == {1}
        assert folder.messages(_kept) == kept
        assert folder.run("check") == 0


@pytest.mark.parametrize(("command", "mark"), [("pack", ".packing-"), ("rotate-key", ".secret.key.")])
def test_a_hub_that_is_killed_while_it_goes_on_beside_keeps_what_it_accepted(
    filled: Folder, command: str, mark: str
) -> None:
    chance = random.Random(command)
    for round_number in range(2):
        folder = filled.copy(f"beside-{command}-{round_number}")
        accepted = dict(folder.messages(lambda message: message.content.subject))
        with HubProcess(folder.data, delivery_embedded="false", log_level="warning") as hub:
            hub.token = hub.command("token", "create", "--user", "admin")["token"]
            vars(hub)["_mailhub"] = folder.program(chance.randint(1, 12), mark)
            hub.start()
            process = _beside(folder, command)
            number = MESSAGES
            try:
                while process.poll() is None:
                    number += 1
                    accepted[_send(hub, number)] = f"Invoice {number}"
            except (OSError, http.client.HTTPException):
                pass  # it was killed: that message may be there or not
            assert process.wait(60) == 1, "the hub was not killed"
            assert hub.wait() == -signal.SIGKILL
        found = folder.messages(lambda message: message.content.subject)
        assert accepted.items() <= found.items()
        assert folder.secret() == SECRET
        assert folder.run(command) == 0
        assert folder.run("check") == 0
        assert folder.messages(lambda message: message.content.subject) == found
        assert folder.secret() == SECRET


def _beside(folder: Folder, command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "mailhub.cli.main", command, "--data", str(folder.data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_evolve_waits_for_no_hub(filled: Folder) -> None:
    folder = filled.copy("running")
    with HubProcess(folder.data, delivery_embedded="false") as hub:
        hub.start()
        hub.command("evolve", expected=4)
        hub.command("evolve", "--dry-run", expected=4)
        assert hub.stop() == 0
    assert hub.command("evolve", "--dry-run")["taken"] == []
