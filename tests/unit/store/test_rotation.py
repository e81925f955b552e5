"""The guard that keeps secrets of an old key out, and the search for what an old key has left."""

from pathlib import Path

import pytest

from mailhub.entropy import SystemEntropy
from mailhub.store import rotation
from mailhub.store.database import Database
from mailhub.store.problems import KeyUnusable
from mailhub.store.root import HubRoot
from mailhub.store.rotation import begin_sealing_with, files_of, find_in_file, mark_of, rely_on_sealing
from mailhub.store.secrets import (
    KeyRing,
    SecretBox,
    key_id_of,
    load_key_ring,
    read_key_file,
    sealed_with,
    write_key_file,
)

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_secret_that_was_sealed_before_is_sealed_again_when_it_is_stored_after(database: Database) -> None:
    box, tries = SecretBox(KeyRing([OLD])), []

    def store(hub: HubRoot) -> None:
        rely_on_sealing(hub)
        hub.things["secret"] = box.seal("hunter2", "a")
        tries.append(hub.things["secret"])
        if len(tries) == 1:
            box.use(KeyRing([NEW, OLD]))
            database.transact(lambda other: begin_sealing_with(other, key_id_of(NEW)), "begin")

    database.transact(store, "store")
    with database.reading() as hub:
        assert sealed_with(hub.things["secret"]) == key_id_of(NEW)
    assert len(tries) == 2


@pytest.mark.parametrize("sealed", ["", "x", "1.abc", "2.abc.def", "1.a.b.c"])
def test_what_is_not_sealed_names_no_key(sealed: str) -> None:
    assert sealed_with(sealed) == ""


def test_every_secret_begins_with_the_mark_of_its_key() -> None:
    sealed = SecretBox(KeyRing([NEW, OLD])).seal("hunter2", "a")
    assert sealed.encode().startswith(mark_of(key_id_of(NEW)))


@pytest.mark.parametrize("offset", range(-12, 3))
def test_a_mark_is_found_wherever_chunks_end(
    tmp_path: Path, offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "CHUNK_BYTES", 64)
    path = tmp_path / "file"
    path.write_bytes(b"." * (128 + offset) + b"the mark" + b"." * 100)
    assert find_in_file(path, [b"another", b"the mark"]) == b"the mark"
    assert find_in_file(path, [b"another", b"no mark"]) is None
    assert find_in_file(path, []) is None


def test_the_files_of_a_database_are_the_data_file_and_those_beside_it(
    database: Database, memory: Database, tmp_path: Path
) -> None:
    (tmp_path / "hub.fs.old").touch()
    assert {path.name for path in files_of(database.storage)} >= {"hub.fs", "hub.fs.old", "hub.fs.tmp"}
    assert files_of(memory.storage) == []


def test_a_key_file_is_replaced_whole_and_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    load_key_ring("", path, create=True)
    old = read_key_file(path)
    write_key_file(path, [NEW, *old], SystemEntropy())
    assert read_key_file(path) == [NEW, *old]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
    ring = load_key_ring("", path, create=False)
    assert ring.ids == (key_id_of(NEW), key_id_of(old[0]))


def test_a_key_file_that_is_not_there_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        read_key_file(tmp_path / "secret.key")
