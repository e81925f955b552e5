"""A new secret key: made, used for every secret, and the old one gone from the data file before it leaves the key file.

Each step can be broken off and is found again by what it left: two keys in the file mean that the first is the new one
and the work is under way; one key means that there is nothing half done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mailhub.contract.texts import _
from mailhub.entropy import Entropy
from mailhub.errors import WrongState
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.rotation import begin_sealing_with, files_of, find_in_file, mark_of
from mailhub.store.secrets import (
    KEY_BYTES,
    KeyRing,
    SecretBox,
    key_id_of,
    read_key_file,
    sealed_with,
    write_key_file,
)

from .report import Progress, Report
from .secrets import iter_sealed

BATCH = 50
"""Secrets that one transaction encrypts anew."""

ROUNDS = 5
"""How often it is begun again when somebody has stored a secret by the old key meanwhile."""


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """``key_file``: None when the keys come from a setting, which only its owner can change."""

    database: Database
    box: SecretBox
    entropy: Entropy
    key_file: Path | None

    def __call__(self, progress: Progress) -> Report:
        """Do it. Raises ``WrongState``, ``KeyUnusable``, ``SecretUnreadable``, ``StorageUnavailable``, ``PackFailed``."""
        with progress.step("make_key") as step:
            old = self._begin()
            step.detail = _("Key ${id} seals from now on.", mapping={"id": self.box.keys.sealing_id})
        for _round in range(ROUNDS):
            self._encrypt(progress)
            with progress.step("pack"):
                self.database.pack()
            if self._is_proven(progress, old):
                self._drop_old(progress)
                return Report()
        raise WrongState(_GOES_ON, code="maintenance.key_in_use")

    # -- the new key ---------------------------------------------------------------------------------------------

    def _begin(self) -> Sequence[str]:
        """Have the new key first in the file and in use; the ids of the old ones."""
        if self.key_file is None:
            self._require_new_key_in_setting()
        else:
            keys = read_key_file(self.key_file)
            if len(keys) == 1:
                keys = [self.entropy.token_bytes(KEY_BYTES), *keys]
                write_key_file(self.key_file, keys, self.entropy)
            self.box.use(KeyRing(keys))
        new, *old = self.box.keys.ids
        self.database.transact(lambda hub: begin_sealing_with(hub, new), "rotate key: begin")
        return old

    def _require_new_key_in_setting(self) -> None:
        if len(self.box.keys.ids) < 2:
            raise WrongState(_KEY_IN_SETTING, code="maintenance.key_in_setting")

    # -- the secrets ---------------------------------------------------------------------------------------------

    def _encrypt(self, progress: Progress) -> None:
        with progress.step("encrypt") as step:
            total = 0
            while done := self.database.transact(self._encrypt_some, "rotate key: encrypt"):
                total += done
            step.detail = _("${count} secrets were encrypted anew.", mapping={"count": total})

    def _encrypt_some(self, hub: HubRoot) -> int:
        """One transaction. Raises ``SecretUnreadable`` for a secret that the old key should open and does not."""
        known = self.box.keys.ids
        waiting = (each for each in iter_sealed(hub) if sealed_with(each.sealed) in known[1:])
        batch = list(islice(waiting, BATCH))
        for each in batch:
            each.replace(self.box.seal(self.box.open(each.sealed, each.record_id), each.record_id))
        return len(batch)

    # -- the proof, the end --------------------------------------------------------------------------------------

    def _is_proven(self, progress: Progress, old: Sequence[str]) -> bool:
        """Read every byte of the data file and of those beside it for what the old keys sealed."""
        marks = [mark_of(each) for each in old]
        with progress.step("prove") as step:
            files = files_of(self.database.storage)
            left = [path.name for path in files if path.exists() and find_in_file(path, marks) is not None]
            words = {"files": ", ".join(left), "count": len(files)}
            if left:
                step.detail = _("${files} still has what an old key sealed; once more.", mapping=words)
            else:
                step.detail = _("No old value is left in ${count} files.", mapping=words)
        return not left

    def _drop_old(self, progress: Progress) -> None:
        with progress.step("drop_key") as step:
            if self.key_file is None:
                step.detail = _DROP_FROM_SETTING
                return
            new = read_key_file(self.key_file)[0]
            write_key_file(self.key_file, [new], self.entropy)
            self.box.use(KeyRing([new]))
            step.detail = _("Key ${id} is the only one now.", mapping={"id": key_id_of(new)})


_KEY_IN_SETTING = _(
    "The secret key stands in the setting mailhub.secrets.key, which mailhub cannot change. Put a new key before it, "
    "separated by a space (openssl rand -base64 32), start the hub again, and run this once more."
)
_DROP_FROM_SETTING = _(
    "Now take the old keys out of the setting mailhub.secrets.key; only the first is needed."
)
_GOES_ON = _("Secrets are still being stored by the old key; it was kept. Run this again.")
