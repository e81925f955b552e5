"""Files that arrive in pieces: one holder, cut where they count, names that lead nowhere else."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailhub.store.content import SMALL_CONTENT_BYTES
from mailhub.store.partial_files import PartialFiles


@pytest.fixture
def files(tmp_path: Path) -> PartialFiles:
    return PartialFiles(tmp_path / "partial")


def test_pieces_are_written_behind_what_counts(files: PartialFiles, tmp_path: Path) -> None:
    files.create("a")
    with files.open("a") as file:
        assert file.write(0, [b"hello", b" there"]) == 11
        assert file.write(6, [b"world", b"!"]) == 12
        assert file.size == 12
    assert (tmp_path / "partial" / "a").read_bytes() == b"hello world!"


def test_pieces_that_fail_are_cut_off(files: PartialFiles, tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"more"
        raise ValueError

    files.create("a")
    with files.open("a") as file:
        file.write(0, [b"hello"])
        with pytest.raises(ValueError):  # noqa: PT011 - ours has no words
            file.write(5, failing())
    assert (tmp_path / "partial" / "a").read_bytes() == b"hello"


@pytest.mark.parametrize("size", [0, 1, SMALL_CONTENT_BYTES, SMALL_CONTENT_BYTES + 1])
def test_what_is_staged_has_size_and_hash(files: PartialFiles, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    files.create("a")
    with files.open("a") as file:
        file.write(0, [data])
        staged = file.staged()
        assert (staged.size, staged.sha256) == (size, hashlib.sha256(data).hexdigest())
        assert staged.source == (data if size <= SMALL_CONTENT_BYTES else tmp_path / "partial" / "a")
        file.remove()
    assert list((tmp_path / "partial").iterdir()) == []


def test_a_file_has_one_holder_at_a_time(files: PartialFiles) -> None:
    files.create("a")
    with files.open("a"), pytest.raises(BlockingIOError):
        files.open("a")
    with files.open("a"):
        pass


def test_a_file_is_made_once_for_its_owner_alone(files: PartialFiles, tmp_path: Path) -> None:
    files.create("a")
    with pytest.raises(FileExistsError):
        files.create("a")
    with pytest.raises(FileNotFoundError):
        files.open("b")
    assert (tmp_path / "partial").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "partial" / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "/etc/passwd", "a/b", "a\x00", "a.taken", "a\n", "x" * 65]
)
def test_a_name_that_is_a_path_is_an_error_of_ours(files: PartialFiles, name: str) -> None:
    for act in (files.create, files.open, files.remove):
        with pytest.raises(ValueError, match="no name"):
            act(name)


def test_files_that_nobody_wrote_for_long_are_found(files: PartialFiles, tmp_path: Path) -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    assert list(files.iter_untouched(at)) == []
    for number, name in enumerate(("old", "new", "old.taken")):
        path = tmp_path / "partial" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (at.timestamp() - 1 + 2 * (number % 2),) * 2)
    assert list(files.iter_untouched(at)) == ["old"]
