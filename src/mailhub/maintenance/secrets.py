"""Where sealed secrets are stored, all of them: what a new key has to reach."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.settings import secret_record_id
from mailhub.contract.texts import Text, _
from mailhub.store.root import HubRoot


class SealedSecret(NamedTuple):
    """A sealed secret in its place. ``record_id``: what it is bound to. ``owner``: whose it is, for people."""

    record_id: str
    sealed: str
    owner: Text
    replace: Callable[[str], None]


def iter_sealed(hub: HubRoot) -> Iterator[SealedSecret]:
    """Every sealed secret of the hub. A subject that comes to keep secrets adds its own here."""
    for account in accounts_of(hub):
        yield from _of_account(account)


def _of_account(account: Account) -> Iterator[SealedSecret]:
    for path, sealed in account.secrets.items():
        owner = _("${path} of account ${name}", mapping={"path": path, "name": account.name})
        yield SealedSecret(secret_record_id(account.id, path), sealed, owner, _writer_of(account, path))


def _writer_of(account: Account, path: str) -> Callable[[str], None]:
    def write(sealed: str) -> None:
        account.secrets = {**account.secrets, path: sealed}

    return write
