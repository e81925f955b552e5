"""Secrets at rest."""

import base64
import os
from pathlib import Path

import pytest

from mailhub.store.problems import KeyUnusable, SecretUnreadable
from mailhub.store.secrets import KeyRing, SecretBox, load_key_ring
from mailhub.testing.entropy import FakeEntropy

OLD, NEW = b"o" * 32, b"n" * 32
TEXT = base64.b64encode(OLD).decode()


@pytest.fixture
def box() -> SecretBox:
    return SecretBox(KeyRing([OLD]))


@pytest.mark.parametrize("plain", ["", "hunter2", "pässwörd \U0001f511", "x" * 100_000, "a\0b"])
def test_a_secret_opens_in_its_record(box: SecretBox, plain: str) -> None:
    sealed = box.seal(plain, "account/1/password")
    assert box.open(sealed, "account/1/password") == plain
    assert plain == "" or plain not in sealed


def test_a_secret_moved_to_another_record_does_not_open(box: SecretBox) -> None:
    sealed = box.seal("hunter2", "account/1/password")
    with pytest.raises(SecretUnreadable, match="another record"):
        box.open(sealed, "account/2/password")


def test_the_same_secret_is_never_sealed_the_same(box: SecretBox) -> None:
    assert len({box.seal("hunter2", "a") for _number in range(100)}) == 100


def test_every_changed_character_is_noticed(box: SecretBox) -> None:
    sealed = box.seal("hunter2", "a")
    for place, character in enumerate(sealed):
        changed = sealed[:place] + ("B" if character != "B" else "C") + sealed[place + 1 :]
        if changed.rstrip("=")[:-1] == sealed.rstrip("=")[:-1]:
            continue  # the last base64 character has bits that mean nothing
        with pytest.raises(SecretUnreadable):
            box.open(changed, "a")


@pytest.mark.parametrize(
    "sealed", ["", "1", "1.", "2.aa.bb", "plain password", "1.000000000000.AAAA", "1.ä.ö"]
)
def test_what_was_never_sealed_does_not_open(box: SecretBox, sealed: str) -> None:
    with pytest.raises(SecretUnreadable):
        box.open(sealed, "a")


def test_a_wrong_key_is_named_as_such(box: SecretBox) -> None:
    with pytest.raises(SecretUnreadable, match="not among the keys"):
        SecretBox(KeyRing([NEW])).open(box.seal("hunter2", "a"), "a")


def test_a_ring_seals_with_its_first_key_and_opens_with_all(box: SecretBox) -> None:
    sealed = box.seal("hunter2", "a")
    rotated = SecretBox(KeyRing([NEW, OLD]))
    assert rotated.open(sealed, "a") == "hunter2"
    assert SecretBox(KeyRing([NEW])).open(rotated.seal("hunter3", "a"), "a") == "hunter3"


def test_neither_ring_nor_error_shows_a_key_or_secret(box: SecretBox) -> None:
    ring = KeyRing([OLD])
    assert OLD.decode() not in repr(ring)
    assert TEXT not in repr(ring)
    with pytest.raises(SecretUnreadable) as raised:
        box.open(box.seal("hunter2", "a"), "b")
    assert "hunter2" not in str(raised.value)
    with pytest.raises(KeyUnusable) as refused:
        load_key_ring("dG9wc2VjcmV0", Path("/nowhere"), create=False)
    assert "dG9wc2VjcmV0" not in str(refused.value)


# -- loading -----------------------------------------------------------------------------------------------------------


def test_a_setting_goes_before_the_file(tmp_path: Path) -> None:
    assert load_key_ring(f" {TEXT}\n", tmp_path / "key", create=True).sealing_id == KeyRing([OLD]).sealing_id
    assert not (tmp_path / "key").exists()


def test_several_keys_may_be_given(tmp_path: Path) -> None:
    both = f"{base64.b64encode(NEW).decode()}, {TEXT}"
    ring = load_key_ring(both, tmp_path / "key", create=False)
    assert ring.sealing_id == KeyRing([NEW]).sealing_id
    assert ring.get(KeyRing([OLD]).sealing_id)


@pytest.mark.parametrize("text", ["short", TEXT[:-4], "x" * 44, f"{TEXT} {TEXT[:20]}", "ä" * 44, ","])
def test_a_malformed_key_is_refused_with_the_way_to_make_one(text: str, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="openssl rand"):
        load_key_ring(text, tmp_path / "key", create=False)


def test_a_missing_file_is_made_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(KeyUnusable, match="mailhub init"):
        load_key_ring("", path, create=False)
    assert not path.exists()


def test_a_new_file_is_private_synced_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def logged(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", logged)
    path = tmp_path / "data" / "secret.key"
    previous = os.umask(0)
    try:
        made = load_key_ring("", path, create=True, entropy=FakeEntropy(1))
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert len(synced) == 2
    assert synced[1] == str(path.parent)
    assert load_key_ring("", path, create=True).sealing_id == made.sealing_id


def test_a_file_made_by_another_process_meanwhile_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    real = Path.hardlink_to

    def late(self: Path, target: Path) -> None:
        if not path.exists():
            path.write_text(TEXT)
            path.chmod(0o600)
        real(self, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    assert load_key_ring("", path, create=True).sealing_id == KeyRing([OLD]).sealing_id
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_may_touch_is_refused_with_the_cure(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(TEXT)
    path.chmod(mode)
    with pytest.raises(KeyUnusable, match=f"chmod 600 {path}"):
        load_key_ring("", path, create=True)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be read"):
        load_key_ring("", tmp_path, create=False)
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(KeyUnusable, match="cannot be read"):
        load_key_ring("", tmp_path / "key", create=False)
