"""What needs somebody's attention now, as far as he may see and mend it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from mailhub.accounts.presenting import AccountView, attention_of, state_of
from mailhub.accounts.service import AccountsService
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.visibility.service import MessageCounts, MessageReader

MOST_ACCOUNTS: Final = 200

Concern = Literal[
    "no_account",
    "no_default_account",
    "connector_missing",
    "account_needs_attention",
    "account_paused",
    "mail_failed",
    "mail_in_doubt",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing to see to. ``account``: whose it is, for those of accounts. ``text``: what is known of it. ``count``: of mail."""

    concern: Concern
    account_id: str = ""
    account_name: str = ""
    text: str = ""
    count: int = 0


class AttentionService:
    """Looks at accounts and at the caller's own mail, in one transaction; writes nothing."""

    def __init__(self, identity: Identity, accounts: AccountsService, reader: MessageReader) -> None:
        self._identity = identity
        self._accounts = accounts
        self._reader = reader

    def find_counts(self) -> MessageCounts | None:
        """The caller's own mail, counted; None for somebody who has nothing to do with mail."""
        return self._reader.counts() if self._identity.may(Permission.MESSAGES_READ) else None

    def list_matters(self) -> list[Matter]:
        """The gravest first. What the caller may not see is left out."""
        return [*self._iter_of_accounts(), *self._iter_of_mail()]

    def _iter_of_accounts(self) -> Iterator[Matter]:
        if not self._identity.may(Permission.ACCOUNTS_STATE_READ):
            return
        accounts, _place = self._accounts.list_accounts(MOST_ACCOUNTS)
        views = [self._accounts.view_of(account) for account in accounts]
        may_set_up = self._identity.may(Permission.SETUP_WRITE)
        if not views and may_set_up:
            yield Matter(concern="no_account")
        elif views and may_set_up and not any(view.is_default for view in views):
            yield Matter(concern="no_default_account")
        for view in views:
            yield from self._iter_of(view)

    @staticmethod
    def _iter_of(view: AccountView) -> Iterator[Matter]:
        account = view.account
        made = partial(Matter, account_id=account.id, account_name=account.name)
        match state_of(account, connector_is_loaded=view.kind is not None):
            case "connector_missing":
                yield made(concern="connector_missing", text=account.connector)
            case "needs_attention":
                attention = attention_of(account)
                text = "" if attention is None else attention.message
                yield made(concern="account_needs_attention", text=text)
            case "paused":
                yield made(concern="account_paused")

    def _iter_of_mail(self) -> Iterator[Matter]:
        counts = self.find_counts()
        if counts is None:
            return
        if counts.failed:
            yield Matter(concern="mail_failed", count=counts.failed)
        if counts.in_doubt:
            yield Matter(concern="mail_in_doubt", count=counts.in_doubt)
