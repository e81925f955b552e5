import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailhub.capture.envelope import Envelope
from mailhub.capture.folder import CaptureFolder
from mailhub.errors import NotFound

MOMENT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ENVELOPE = Envelope(mail_from="ada@example.com", recipients=("bob@example.com",), received_at=MOMENT)


@pytest.fixture
def folder(tmp_path: Path) -> CaptureFolder:
    return CaptureFolder(tmp_path / "captured", keep=1000)


def add(folder: CaptureFolder, count: int = 1) -> None:
    for _ in range(count):
        folder.add([b"Subject: x\r\n\r\n", b"body\r\n"], ENVELOPE)


def names(folder: CaptureFolder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_a_mail_is_kept_with_its_envelope_and_length(folder: CaptureFolder) -> None:
    kept = folder.add([b"Subject: x\r\n\r\n", b"body\r\n"], ENVELOPE)

    assert kept.number == 1
    assert folder.get(1).content() == b"Subject: x\r\n\r\nbody\r\n"
    assert folder.get(1).envelope == ENVELOPE.with_size(20)
    assert names(folder) == ["00000001.eml", "00000001.json"]


def test_the_folder_and_its_files_are_for_their_owner_only(folder: CaptureFolder) -> None:
    add(folder)

    assert folder.path.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.path.iterdir())


def test_pages_go_from_the_newest_to_the_oldest(folder: CaptureFolder) -> None:
    add(folder, 5)

    assert [mail.number for mail in folder.list_mails(limit=2)] == [5, 4]
    assert [mail.number for mail in folder.list_mails(before=4, limit=2)] == [3, 2]
    assert folder.list_mails(before=1) == []


def test_an_empty_or_missing_folder_lists_nothing(folder: CaptureFolder) -> None:
    assert folder.list_mails() == []
    folder.prepare()
    assert folder.list_mails() == []
    assert folder.clear() == 0


def test_a_mail_that_is_not_there_is_not_found(folder: CaptureFolder) -> None:
    add(folder)

    with pytest.raises(NotFound):
        folder.get(2)
    with pytest.raises(NotFound):
        folder.delete(2)


def test_numbers_are_never_given_twice(folder: CaptureFolder) -> None:
    add(folder, 3)
    folder.delete(3)
    add(folder)
    assert folder.numbers() == [4, 2, 1]

    assert folder.clear() == 3
    add(folder)
    assert CaptureFolder(folder.path).numbers() == [5]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path, keep=3)

    add(folder, 5)

    assert folder.numbers() == [5, 4, 3]
    assert names(folder) == [f"0000000{n}.{ending}" for n in (3, 4, 5) for ending in ("eml", "json")]


def test_other_writers_learn_how_many_to_keep(tmp_path: Path) -> None:
    server, connector = CaptureFolder(tmp_path, keep=2), CaptureFolder(tmp_path)
    assert connector.keep == 1000

    server.remember_keep()

    assert connector.keep == 2


@pytest.mark.parametrize("written", ["", "many", "\udcff"])
def test_a_damaged_hint_counts_as_none(tmp_path: Path, written: str) -> None:
    (tmp_path / ".keep").write_bytes(written.encode("utf-8", "surrogateescape"))

    assert CaptureFolder(tmp_path).keep == 1000


@pytest.mark.parametrize(
    "sidecar",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"mail_from": "a@b.c", "recipients": null, "received_at": "x"}',
        b'{"mail_from": "a@b.c", "recipients": [], "received_at": "2026-11-02T08:00:00"}',
        b"[" * 100_000,
    ],
)
def test_a_broken_sidecar_hides_no_mail(folder: CaptureFolder, sidecar: bytes) -> None:
    add(folder, 2)
    (folder.path / "00000001.json").write_bytes(sidecar)

    listed = folder.list_mails()

    assert [mail.number for mail in listed] == [2, 1]
    assert listed[1].envelope is None
    assert listed[1].content().startswith(b"Subject: x")


def test_a_missing_sidecar_hides_no_mail(folder: CaptureFolder) -> None:
    add(folder)
    (folder.path / "00000001.json").unlink()

    assert [(mail.number, mail.envelope) for mail in folder.list_mails()] == [(1, None)]


def test_foreign_files_are_left_alone(folder: CaptureFolder) -> None:
    folder.prepare()
    for name in ("notes.eml", "1.eml", "000000001.eml", "00000001.eml.bak", "00000007.txt"):
        (folder.path / name).write_text("mine")

    add(folder)

    assert folder.numbers() == [1]
    folder.clear()
    assert {"notes.eml", "1.eml", "000000001.eml", "00000001.eml.bak", "00000007.txt"} <= set(names(folder))


def test_a_mail_stopped_right_before_it_appears_leaves_nothing(folder: CaptureFolder) -> None:
    def refuse() -> None:
        assert folder.numbers() == []
        raise RuntimeError("the lease ran out")

    with pytest.raises(RuntimeError):
        folder.add([b"x"], ENVELOPE, before_visible=refuse)

    assert names(folder) == []
    add(folder)
    assert folder.numbers() == [1]


def test_a_mail_that_cannot_be_read_to_its_end_leaves_nothing(folder: CaptureFolder) -> None:
    def broken() -> Iterator[bytes]:
        yield b"Subject: x\r\n"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        folder.add(broken(), ENVELOPE)

    assert names(folder) == []


def test_the_bytes_are_on_disk_before_the_mail_appears_and_its_name_before_it_is_told(
    folder: CaptureFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.prepare()
    seen: list[tuple[str, list[int]]] = []
    fsync = os.fsync

    def recording(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        seen.append((name.split("-")[0], folder.numbers()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", recording)
    add(folder)

    assert seen == [(".incoming", []), ("00000001.json", []), (folder.path.name, [1])]


def test_old_mail_that_cannot_be_removed_does_not_fail_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CaptureFolder(tmp_path, keep=1)
    add(folder)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    add(folder)

    assert folder.numbers() == [2, 1]


def test_what_dead_writers_left_is_swept_after_a_day(folder: CaptureFolder) -> None:
    add(folder)
    for name in (".incoming-dead", "00000005.json"):
        (folder.path / name).write_text("half")
    written_at = datetime.fromtimestamp((folder.path / ".incoming-dead").stat().st_mtime, UTC)

    folder.sweep(written_at + timedelta(hours=23))
    assert ".incoming-dead" in names(folder)

    folder.sweep(written_at + timedelta(hours=25))
    assert names(folder) == ["00000001.eml", "00000001.json"]


def test_threads_share_the_numbers_without_gaps(folder: CaptureFolder) -> None:
    threads = [threading.Thread(target=add, args=(CaptureFolder(folder.path), 15)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert folder.numbers() == list(range(90, 0, -1))
    assert all(mail.envelope is not None for mail in folder.list_mails(limit=90))


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mailhub.capture.envelope import Envelope
from mailhub.capture.folder import CaptureFolder

name = sys.argv[2]
envelope = Envelope(mail_from=name, recipients=(name,), received_at=datetime(2026, 11, 2, tzinfo=UTC))
for _ in range(40):
    CaptureFolder(Path(sys.argv[1])).add([name.encode() * 1000], envelope)
"""


def test_processes_share_the_numbers_and_never_mix_mails(folder: CaptureFolder) -> None:
    command = [sys.executable, "-c", WRITER, str(folder.path)]
    writers = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]

    assert folder.numbers() == list(range(80, 0, -1))
    for mail in folder.list_mails(limit=80):
        assert mail.envelope is not None
        assert mail.content() == mail.envelope.mail_from.encode() * 1000
