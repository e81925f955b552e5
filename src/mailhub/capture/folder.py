"""A folder of kept mail: ``00000001.eml`` with its envelope in ``00000001.json``, and so on.

Several threads and processes write into one folder without a lock: the number is claimed by creating the sidecar with
O_EXCL, and the mail appears when its ``.eml`` is renamed into place, so whoever sees a mail sees its envelope too. A
number is never given twice, also not after the folder was cleared; pages and scripts may rely on it.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from mailhub.contract.texts import _
from mailhub.errors import NotFound

from .atomic import TEMPORARY_PREFIX, IncomingFile, sync_folder, write_atomically
from .envelope import Envelope, envelope_from_json, envelope_to_json

_log = logging.getLogger(__name__)

DEFAULT_KEEP = 1000
STALE_AFTER = timedelta(days=1)

_NUMBERED = re.compile(r"([0-9]{8}|[1-9][0-9]{8,11})\.(eml|json)")
_KEEP_FILE = ".keep"
_LAST_NUMBER_FILE = ".last-number"


@dataclass(frozen=True, slots=True)
class CapturedMail:
    """One kept mail. ``envelope`` is None when its sidecar cannot be read; the mail itself may still be."""

    number: int
    path: Path
    envelope: Envelope | None

    def open(self) -> BinaryIO:
        """A reader of the bytes as they came. Raises OSError."""
        return self.path.open("rb")

    def content(self) -> bytes:
        """All bytes of the mail, with CRLF line ends as they came. Raises OSError."""
        return self.path.read_bytes()


def _do_nothing() -> None:
    return None


class CaptureFolder:
    """Keeps, lists and forgets mail. Safe for several threads and processes at once.

    ``keep``: how many of the newest mails stay; None takes what the capture server of this folder was told last
    (``remember_keep``), else 1,000.
    """

    def __init__(self, path: Path, *, keep: int | None = None) -> None:
        self.path = path
        self._keep = keep
        self._deleting = Lock()

    def prepare(self) -> None:
        """Make the folder, for its owner only, unless it is there. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(
        self,
        chunks: Iterable[bytes],
        envelope: Envelope,
        *,
        before_visible: Callable[[], None] = _do_nothing,
    ) -> CapturedMail:
        """Keep a mail and return it once it is on disk.

        ``before_visible`` is called right before the rename that makes the mail appear; what it raises stops the
        mail and leaves nothing behind. Raises OSError.
        """
        self.prepare()
        with IncomingFile(self.path) as incoming:
            envelope = envelope.with_size(incoming.write(chunks))
            number = self._claim(envelope_to_json(envelope))
            try:
                before_visible()
                incoming.publish(self._mail_path(number))
            except BaseException:
                self._sidecar_path(number).unlink(missing_ok=True)
                raise
        sync_folder(self.path)
        self._prune_if_possible()
        return CapturedMail(number, self._mail_path(number), envelope)

    def numbers(self) -> list[int]:
        """The numbers of all kept mails, newest first. Raises OSError."""
        return sorted(self._numbers_of("eml"), reverse=True)

    def list_mails(self, *, before: int | None = None, limit: int = 50) -> list[CapturedMail]:
        """A page of mails, newest first, with numbers below ``before``."""
        numbers = [number for number in self.numbers() if before is None or number < before]
        return [self._read(number) for number in numbers[:limit]]

    def get(self, number: int) -> CapturedMail:
        """One mail. Raises NotFound."""
        if not self._mail_path(number).is_file():
            raise _not_found(number)
        return self._read(number)

    def delete(self, number: int) -> None:
        """Forget one mail. Raises NotFound."""
        with self._deleting:
            self._remember_last_number()
            if not self._remove(number):
                raise _not_found(number)

    def clear(self) -> int:
        """Forget all mails that are there now; how many they were."""
        with self._deleting:
            self._remember_last_number()
            return sum(self._remove(number) for number in self.numbers())

    def prune(self) -> int:
        """Forget the oldest mails beyond the number to keep; how many they were."""
        return sum(self._remove(number) for number in self.numbers()[self.keep :])

    def _prune_if_possible(self) -> None:
        try:
            self.prune()
        except OSError as error:
            # the new mail is safe; whoever sent it must not be told otherwise
            _log.warning("old mail in %s could not be removed: %s", self.path, error)

    @property
    def keep(self) -> int:
        """How many mails stay, at least one."""
        return max(1, self._remembered(_KEEP_FILE, DEFAULT_KEEP) if self._keep is None else self._keep)

    def remember_keep(self) -> None:
        """Tell others who write into this folder how many mails stay. Raises OSError."""
        write_atomically(self.path / _KEEP_FILE, f"{self.keep}\n".encode())

    def sweep(self, now: datetime) -> None:
        """Take away what writers that died left behind more than a day ago. Raises OSError."""
        kept = set(self.numbers())
        for path in self.path.iterdir():
            match = _NUMBERED.fullmatch(path.name)
            is_orphan = match is not None and match[2] == "json" and int(match[1]) not in kept
            if (is_orphan or path.name.startswith(TEMPORARY_PREFIX)) and _is_stale(path, now):
                path.unlink(missing_ok=True)

    def _claim(self, sidecar: bytes) -> int:
        number = self._last_number() + 1
        while not _create(self._sidecar_path(number), sidecar):
            number += 1
        return number

    def _last_number(self) -> int:
        return max([self._remembered(_LAST_NUMBER_FILE, 0), *self._numbers_of("eml", "json")])

    def _remember_last_number(self) -> None:
        last = self._last_number()
        if last > self._remembered(_LAST_NUMBER_FILE, 0):
            write_atomically(self.path / _LAST_NUMBER_FILE, f"{last}\n".encode())

    def _remembered(self, name: str, otherwise: int) -> int:
        try:
            return int((self.path / name).read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return otherwise

    def _numbers_of(self, *endings: str) -> list[int]:
        try:
            with os.scandir(self.path) as entries:
                names = [entry.name for entry in entries]
        except FileNotFoundError:
            return []
        matches = (_NUMBERED.fullmatch(name) for name in names)
        return [int(match[1]) for match in matches if match is not None and match[2] in endings]

    def _read(self, number: int) -> CapturedMail:
        try:
            envelope = envelope_from_json(self._sidecar_path(number).read_bytes())
        except (OSError, ValueError):
            envelope = None
        return CapturedMail(number, self._mail_path(number), envelope)

    def _remove(self, number: int) -> bool:
        try:
            self._mail_path(number).unlink()
        except FileNotFoundError:
            return False
        self._sidecar_path(number).unlink(missing_ok=True)
        return True

    def _mail_path(self, number: int) -> Path:
        return self.path / f"{number:08d}.eml"

    def _sidecar_path(self, number: int) -> Path:
        return self.path / f"{number:08d}.json"


def _create(path: Path, content: bytes) -> bool:
    """Make a file that was not there, on disk; False when it was there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _is_stale(path: Path, now: datetime) -> bool:
    try:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    return now - changed_at > STALE_AFTER


def _not_found(number: int) -> NotFound:
    return NotFound(_("There is no mail ${number} here.", mapping={"number": number}), code="mail.not_found")
