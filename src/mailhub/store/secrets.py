"""Encrypting secrets before they are stored, since old revisions live until the database is packed (decision 16).

AES-256-GCM with a random 96-bit nonce. A sealed secret is ``1.<key id>.<nonce and ciphertext>``; version, key id and
the id of the record are authenticated with it, so that it opens in its own record only.
"""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailhub.contract.texts import _
from mailhub.entropy import Entropy, SystemEntropy, text_token

from .problems import KeyUnusable, SecretUnreadable

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "1"


class KeyRing:
    """Secret keys of 32 bytes: the first one seals, all of them open. Never shows a key."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key ring needs at least one key, each of {KEY_BYTES} bytes")
        self._ciphers = {key_id_of(key): AESGCM(key) for key in keys}
        self.sealing_id = key_id_of(keys[0])

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, the sealing one first."""
        return tuple(self._ciphers)

    def get(self, key_id: str) -> AESGCM:
        """The cipher of a key. Raises KeyError."""
        return self._ciphers[key_id]

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._ciphers)}, sealing with {self.sealing_id}>"


class SecretBox:
    """Seals and opens secrets, each bound to the record that it belongs to."""

    def __init__(self, keys: KeyRing, entropy: Entropy | None = None) -> None:
        self._keys = keys
        self._entropy = entropy or SystemEntropy()

    @property
    def keys(self) -> KeyRing:
        """The ring in use."""
        return self._keys

    def use(self, keys: KeyRing) -> None:
        """Seal and open with another ring from now on, in all threads."""
        self._keys = keys

    def seal(self, plain: str, record_id: str) -> str:
        """Encrypt a secret for a record. ``record_id`` is any stable text, such as ``account/<id>/password``."""
        keys = self._keys
        key_id = keys.sealing_id
        nonce = self._entropy.token_bytes(NONCE_BYTES)
        cipher = keys.get(key_id)
        sealed = nonce + cipher.encrypt(nonce, plain.encode(), _bound_to(key_id, record_id))
        return f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, record_id: str) -> str:
        """The secret. Raises SecretUnreadable for a wrong key, a changed text, or one of another record."""
        version, _dot, rest = sealed.partition(".")
        key_id, _dot, text = rest.partition(".")
        if version != VERSION:
            raise _unreadable(_("it was not made by this program, or by a newer one"))
        try:
            cipher = self._keys.get(key_id)
            both = base64.b64decode(text, altchars=b"-_", validate=True)
            plain = cipher.decrypt(both[:NONCE_BYTES], both[NONCE_BYTES:], _bound_to(key_id, record_id))
        except KeyError:
            raise _unreadable(_("the key it was encrypted with is not among the keys of this hub")) from None
        except (InvalidTag, ValueError):
            raise _unreadable(_("it was changed, or belongs to another record")) from None
        return plain.decode()


def load_key_ring(text: str, path: Path, *, create: bool, entropy: Entropy | None = None) -> KeyRing:
    """The keys of a setting's text, or if that is empty, of the file; keys are base64, separated by space or comma.

    ``create``: make a file with one new key if there is none. Raises KeyUnusable, which says how to mend it.
    """
    if text.strip():
        return KeyRing(_keys_in(text, _("in the setting mailhub.secrets.key")))
    if create and not path.exists():
        _create_key_file(path, entropy or SystemEntropy())
    return KeyRing(read_key_file(path))


def read_key_file(path: Path) -> list[bytes]:
    """The keys in a file, the sealing one first. Raises KeyUnusable."""
    return _keys_in(_key_file_text(path), _("in the file ${path}", mapping={"path": str(path)}))


def write_key_file(path: Path, keys: Sequence[bytes], entropy: Entropy) -> None:
    """Put these keys in the place of those that are in the file: all of them, or, when killed, none."""
    with _draft_of(path, keys, entropy) as draft:
        draft.replace(path)
    _sync_folder(path.parent)


def _key_file_text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            if mode & 0o077:
                raise KeyUnusable(
                    _(
                        "Others may read the secret key ${path} (mode ${mode}). Run: chmod 600 ${path}",
                        mapping={"path": str(path), "mode": f"{mode:04o}"},
                    )
                )
            return stream.read()
    except FileNotFoundError:
        raise KeyUnusable(
            _(
                "There is no secret key ${path}. Restore it from your backup; a new hub makes one by: mailhub init",
                mapping={"path": str(path)},
            )
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(
            _(
                "The secret key ${path} cannot be read: ${reason}",
                mapping={"path": str(path), "reason": str(error)},
            )
        ) from None


def _create_key_file(path: Path, entropy: Entropy) -> None:
    """Write the file under another name, sync it and link it into place, so that it is there whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _draft_of(path, [entropy.token_bytes(KEY_BYTES)], entropy) as draft:
        _link_unless_there(draft, path)
    _sync_folder(path.parent)


@contextmanager
def _draft_of(path: Path, keys: Sequence[bytes], entropy: Entropy) -> Iterator[Path]:
    """A private file beside the given one that has the keys and is on disk; it goes with the context."""
    draft = path.with_name(f".{path.name}.{text_token(entropy, 6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
            stream.flush()
            os.fsync(stream.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _link_unless_there(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process made one at the same time: that one holds


def _keys_in(text: str, where: str) -> list[bytes]:
    try:
        keys = [base64.b64decode(word, validate=True) for word in text.replace(",", " ").split()]
        KeyRing(keys)
        return keys
    except (binascii.Error, ValueError):
        raise KeyUnusable(
            _(
                "The secret key ${where} is not 32 bytes in base64. A new one is made by: openssl rand -base64 32",
                mapping={"where": where},
            )
        ) from None


def sealed_with(sealed: str) -> str:
    """The id of the key that a secret is sealed with; "" for what is no sealed secret."""
    parts = sealed.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == VERSION else ""


def key_id_of(key: bytes) -> str:
    """What a key is called in what it sealed; tells nothing about the key."""
    return hashlib.sha256(b"mailhub key id" + key).hexdigest()[:12]


def _bound_to(key_id: str, record_id: str) -> bytes:
    return f"{VERSION}.{key_id}.{record_id}".encode()


def _unreadable(reason: str) -> SecretUnreadable:
    return SecretUnreadable(
        _("A stored secret cannot be opened: ${reason}. Enter it again.", mapping={"reason": reason})
    )
