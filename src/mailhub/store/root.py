"""The one persistent object that everything hangs from."""

from typing import Any

from persistent import Persistent

from mailhub.contract.texts import _

from .problems import NotSetUp

NAME = "mailhub"
SESSIONS = "sessions"
"""The database of sessions, as the main one knows it (``store/sessions.py``)."""


class HubRoot(Persistent):
    """The hub's graph. Subjects put their folders here by their ``install``; each reads only its own.

    ``format`` is the store's record of which code wrote the data (``store/format.py``), ``shards`` its table of
    writer numbers (``store/shards.py``).
    """


def find_hub(connection: Any) -> HubRoot | None:
    """The hub of an open connection, if there is one yet."""
    hub: HubRoot | None = connection.root().get(NAME)
    return hub


def get_hub(connection: Any) -> HubRoot:
    """The hub of an open connection whose transaction has begun. Raises NotSetUp."""
    hub = find_hub(connection)
    if hub is None:
        raise NotSetUp(_("There is no hub in this database yet. Run: mailhub init"))
    return hub


def sessions_root(hub: HubRoot) -> Any:
    """The root of the storage of sessions, in the transaction of the hub's connection."""
    return hub._p_jar.get_connection(SESSIONS).root()
