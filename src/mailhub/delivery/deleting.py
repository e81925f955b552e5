"""Deleting a message: a draft, or one that failed or was cancelled (M8). Its history and its files go with it.

What stays is told by ``mailhub.messages.gone``: who could see it, learns from the change feed that it is gone.
"""

from dataclasses import dataclass

from mailhub.contract.texts import _
from mailhub.errors import RevisionStale
from mailhub.events.audit import record_change
from mailhub.messages.gone import remove
from mailhub.messages.indexes import index_removed
from mailhub.messages.states import DELETABLE, wrong_state
from mailhub.people.identity import Identity
from mailhub.store.root import HubRoot
from mailhub.store.writer import Shard

from .changing import get_owned
from .telling import tell


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Write command: delete a message as its caller has seen it. Returns nothing.

    What lanes still have of it is void, as for any message that does not wait. Refused with ``message.not_found``,
    ``message.wrong_state``, ``revision.stale``.
    """

    message_id: str
    owner_id: str
    revision: int
    by: Identity
    note: str = "delete message"

    def check(self, hub: HubRoot) -> None:
        message = get_owned(hub, self.message_id, self.owner_id)
        if message.revision != self.revision:
            raise RevisionStale(_("Somebody else has changed this meanwhile. Read it again."))
        if message.status not in DELETABLE:
            raise wrong_state(message.status)

    def apply(self, hub: HubRoot, shard: Shard) -> None:
        message = get_owned(hub, self.message_id, self.owner_id)
        index_removed(hub, shard, message)
        tell(hub, shard, message, "message.deleted")
        remove(hub, message)
        if message.owner_id != self.by.user_id:
            before = {"owner": message.owner_id, "status": message.status}
            record_change(hub, shard, self.by, "deleted", "message", message.id, before, None)
