"""The one persistent object that everything hangs from."""

from persistent import Persistent


class HubRoot(Persistent):
    """The hub's graph. Subjects put their folders here by their ``install``; each reads only its own.

    ``format`` is the store's record of which code wrote the data (``store/format.py``).
    """
