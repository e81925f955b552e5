"""Accounts and connectors of an import. Accounts keep their ids, so that assignments and messages find them."""

from collections.abc import Sequence
from functools import partial

from mailhub.accounts.model import Account, accounts_of
from mailhub.accounts.service import AccountsService, ConnectorsService
from mailhub.accounts.settings import secret_record_id
from mailhub.contract.texts import _, plain
from mailhub.errors import Invalid
from mailhub.store.problems import SecretUnreadable

from .context import ImportContext, Item, differing, places

FIELDS = ("name", "address", "rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group")
STAND_IN = "********"
"""What a secret is while settings are checked that need one, and the file does not have it."""


def apply_connectors(context: ImportContext, items: Sequence[Item]) -> None:
    for pointer, item in places("connectors", items):
        current = accounts_of(context.hub).options_of(item["id"]).allow_http
        if current != item["allow_http"]:
            context.of(pointer, partial(_set_allow_http, context, item))


def _set_allow_http(context: ImportContext, item: Item) -> None:
    context.service(ConnectorsService).set_allow_http(item["id"], item["allow_http"])
    context.changed("connector", item["id"])


def apply_accounts(context: ImportContext, items: Sequence[Item]) -> None:
    for pointer, item in places("accounts", items):
        context.of(pointer, partial(_apply_account, context, item))


def _apply_account(context: ImportContext, item: Item) -> None:
    account = accounts_of(context.hub).find(item["id"])
    if account is None:
        _create(context, item)
    else:
        _change(context, account, item)


def _secrets_of(context: ImportContext, item: Item) -> Item:
    """The account's secrets that the file has."""
    found = {name: context.secrets.get(secret_record_id(item["id"], name)) for name in item["secrets"]}
    return {name: value for name, value in found.items() if value is not None}


# -- new ones ----------------------------------------------------------------------------------------------------


def _create(context: ImportContext, item: Item) -> None:
    secrets = _secrets_of(context, item)
    missing = [name for name in item["secrets"] if name not in secrets]
    values = {name: value for name, value in item.items() if name not in ("id", "secrets")}
    values["settings"] = {**item["settings"], **dict.fromkeys(missing, STAND_IN), **secrets}
    account = context.service(AccountsService).create_account(values, item["id"])
    context.created("account", account.name)
    if missing:
        _hold_until_entered(context, account, missing)


def _hold_until_entered(context: ImportContext, account: Account, missing: Sequence[str]) -> None:
    """Nothing leaves by an account whose secrets nobody has entered: its mail waits, and the account says why."""
    account.secrets = {name: sealed for name, sealed in account.secrets.items() if name not in missing}
    words = {"names": ", ".join(missing)}
    text = _("The file that this account came from had no secrets. Enter: ${names}", mapping=words)
    at = account.created_at
    account.state.attention = ("secret.needed_again", plain(text), at, plain(_("Change the settings.")))
    context.note("account", account.name, _("Its secrets have to be entered: ${names}", mapping=words))


# -- those that are there ----------------------------------------------------------------------------------------


def _change(context: ImportContext, account: Account, item: Item) -> None:
    if account.connector != item["connector"]:
        text = _("There is an account of this id with another connector, which cannot be changed.")
        raise Invalid.of("/connector", "connector.not_found", text)
    service, before = context.service(AccountsService), account.revision
    values = differing(item, account, FIELDS)
    given = {**item["settings"], **_other_secrets(context, account, item)}
    if any(account.settings.get(name) != value for name, value in given.items()):
        values["settings"] = given
    if values:
        service.change_account(account.id, values)
    if item["is_default"] and accounts_of(context.hub).default.account_id != account.id:
        service.make_default(account.id)
        context.changed("default account", account.name)
    if account.revision != before:
        context.changed("account", account.name)


def _other_secrets(context: ImportContext, account: Account, item: Item) -> Item:
    """The secrets of the file that are not what is stored, so that an import that is run again changes nothing."""
    secrets = _secrets_of(context, item)
    return {name: value for name, value in secrets.items() if _stored(context, account, name) != value}


def _stored(context: ImportContext, account: Account, name: str) -> str | None:
    sealed = account.secrets.get(name)
    try:
        return None if sealed is None else context.box.open(sealed, secret_record_id(account.id, name))
    except SecretUnreadable:
        return None  # it gives way to the one of the file
