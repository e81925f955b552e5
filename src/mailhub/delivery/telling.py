"""Event rows about messages and accounts, with the dimensions that every one of them carries (D9)."""

from mailhub.accounts.model import accounts_of
from mailhub.events.catalogue import Dimension
from mailhub.events.rows import record_event
from mailhub.messages.model import Message
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard


def connector_of(hub: HubRoot, account_id: str) -> str:
    """The connector's id, or "" when the account is gone."""
    account = accounts_of(hub).find(account_id)
    return "" if account is None else account.connector


def tell(hub: HubRoot, shard: Shard, message: Message, name: str, **dimensions: Dimension) -> None:
    """Record an event about a message."""
    record_event(
        hub,
        shard,
        name,
        message=message.id,
        account=message.account_id,
        connector=connector_of(hub, message.account_id),
        scenario=message.scenario,
        attempt=message.attempts,
        owner=message.owner_id,
        **dimensions,
    )
