"""The reader that tells plugins what happened, by their ``on_`` hooks (W9, W10)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mailhub.accounts.model import accounts_of
from mailhub.contract.events import AccountDeleted, MessageEvent
from mailhub.events.rows import Event
from mailhub.pluginhost.host import PluginHost
from mailhub.store.database import Database

HOOKS: Mapping[str, str] = MappingProxyType(
    {
        "message.sent": "mailhub_on_message_sent",
        "message.failed": "mailhub_on_message_failed",
        "account.deleted": "mailhub_on_account_deleted",
    }
)
"""Which event is told by which hook."""


class PluginNotices:
    """Makes notices of events and hands them to the plugin host, which bounds what a plugin may cost."""

    def __init__(self, plugins: PluginHost, database: Database) -> None:
        self._plugins = plugins
        self._database = database
        self._makers: Mapping[str, Callable[[Event], MessageEvent | AccountDeleted]] = {
            "message.sent": message_event,
            "message.failed": message_event,
            "account.deleted": self._account_deleted,
        }

    def tell(self, event: Event) -> bool:
        """Tell plugins of an event, if any listens; True when one does. Raises StorageUnavailable."""
        hook = HOOKS.get(event.name)
        if hook is None or not self._plugins.has_listeners(hook):
            return False
        self._plugins.notify(hook, self._makers[event.name](event))
        return True

    def _account_deleted(self, event: Event) -> AccountDeleted:
        """Events hold neither name nor address; what is left of the account does."""
        account_id = _text(event, "account")
        with self._database.reading() as hub:
            gone = accounts_of(hub).find_gone(account_id)
        return AccountDeleted(
            account_id=account_id,
            connector=_text(event, "connector"),
            name="" if gone is None else gone.name,
            address="" if gone is None else gone.address,
            at=event.at,
        )


def message_event(event: Event) -> MessageEvent:
    """What plugins are told of a message that reached its end."""
    attempts = event.dimensions.get("attempt")
    return MessageEvent(
        message_id=_text(event, "message"),
        account_id=_text(event, "account"),
        connector=_text(event, "connector"),
        scenario=_text(event, "scenario"),
        owner_id=_text(event, "owner"),
        attempts=int(attempts) if attempts is not None else 0,
        at=event.at,
        is_partial=bool(event.dimensions.get("is_partial")),
        error_code=_text(event, "error_code"),
    )


def _text(event: Event, dimension: str) -> str:
    value = event.dimensions.get(dimension)
    return "" if value is None else str(value)
