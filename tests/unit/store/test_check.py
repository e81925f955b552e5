"""Reading a whole database finds whatever is broken in it, names it, and calls nothing broken that is not."""

from pathlib import Path
from typing import Any

from mailhub.store.check import StoreCheck
from mailhub.store.content import SMALL_CONTENT_BYTES, SmallContent, store_content
from mailhub.store.database import Database
from tests.unit.store.fakes import HastyClock, file_database


def found(database: Database) -> list[tuple[str, bool]]:
    with database.reading() as hub:
        return [(each.kind, each.is_wrong) for each in StoreCheck(hub).iter_findings()]


def put(database: Database, name: str, value: Any) -> None:
    database.transact(lambda hub: hub.things.__setitem__(name, value), "put")


def put_big(database: Database, name: str) -> None:
    with database.blob_sink() as sink:
        sink.write(b"b" * (SMALL_CONTENT_BYTES + 1))
        staged = sink.finish()
        database.transact(lambda hub: hub.things.__setitem__(name, staged.stored_in(hub)), "big")


def blob_of(folder: Path) -> Path:
    return next((folder / "blobs").rglob("*.blob"))


def test_a_sound_database_has_no_finding(database: Database) -> None:
    put(database, "small", store_content(b"hello"))
    put_big(database, "big")
    with database.reading() as hub:
        check = StoreCheck(hub)
        assert list(check.iter_findings()) == []
    assert check.records > 4
    assert check.contents == 2
    assert check.content_bytes == SMALL_CONTENT_BYTES + 1 + 5


def test_changed_bytes_of_a_record_are_found(database: Database) -> None:
    content = store_content(b"hello")
    content.data = b"jello"
    put(database, "small", content)
    assert found(database) == [("damaged_content", True)]


def test_changed_bytes_of_a_blob_are_found(database: Database, tmp_path: Path) -> None:
    put_big(database, "big")
    path = blob_of(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"c" * (SMALL_CONTENT_BYTES + 1))
    assert found(database) == [("damaged_content", True)]


def test_a_blob_without_its_file_is_found(database: Database, tmp_path: Path) -> None:
    put_big(database, "big")
    blob_of(tmp_path).unlink()
    assert sorted(found(database)) == [("missing_blob", True), ("unreadable_content", True)]


def test_a_blob_file_without_a_record_is_found_and_goes_by_packing(
    database: Database, tmp_path: Path
) -> None:
    put_big(database, "big")
    blob_of(tmp_path).with_name("0x0001.blob").write_bytes(b"x")
    assert found(database) == [("orphaned_blob", True)]
    database.pack()
    assert found(database) == []


def test_unused_records_are_worth_knowing_and_not_wrong(database: Database) -> None:
    put(database, "small", store_content(b"hello"))
    database.transact(lambda hub: hub.things.__delitem__("small"), "delete")
    assert found(database) == [("unused_records", False)]
    database.pack()
    assert found(database) == []


def test_a_record_that_is_referred_to_and_not_there_is_found(
    database: Database, tmp_path: Path, clock: HastyClock
) -> None:
    put(database, "small", store_content(b"hello"))
    with database.reading() as hub:
        oid = hub.things["small"]._p_oid
    del database.storage._index[oid]
    assert found(database) == [("missing_record", True)]


def test_a_record_of_a_class_that_does_not_open_is_found(tmp_path: Path, clock: HastyClock) -> None:
    database = file_database(tmp_path, clock)
    put(database, "small", SmallContent(b"hello"))
    database.close()
    path = tmp_path / "hub.fs"
    raw = path.read_bytes()
    damaged = raw.replace(b"X\x06\x00\x00\x00sha256", b"R\x06\x00\x00\x00sha256")
    assert damaged != raw
    path.write_bytes(damaged)
    again = file_database(tmp_path, clock)
    assert [kind for kind, _wrong in found(again)] == ["unreadable_record"]
    again.close()
