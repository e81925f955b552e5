"""Tokens as they are stored: digests, and what each is bound to."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from .places import Place, iter_places


class Token(Persistent):
    """What a program shows instead of a password. Never changed once made.

    ``digest``: SHA-256 of its text. None for ``scopes``, ``scenarios``, ``accounts``, ``networks``, ``expires_at``: no
    bound.
    """

    def __init__(
        self,
        place: Place,
        *,
        user_id: str,
        name: str,
        digest: bytes,
        scopes: tuple[str, ...] | None,
        scenarios: tuple[str, ...] | None,
        accounts: tuple[str, ...] | None,
        networks: tuple[str, ...] | None,
        expires_at: datetime | None,
        created_at: datetime,
    ) -> None:
        self.id = place.id
        self.order = place.order
        self.user_id = user_id
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.scenarios = scenarios
        self.accounts = accounts
        self.networks = networks
        self.expires_at = expires_at
        self.created_at = created_at

    @property
    def place(self) -> Place:
        return Place(self.order, self.id)


class Tokens(Persistent):
    """All tokens, and those of each user."""

    def __init__(self) -> None:
        self._by_id = OOBTree()
        self._places = OOTreeSet()
        self._places_by_user = OOBTree()

    def add(self, token: Token) -> None:
        self._by_id[token.id] = token
        self._places.add(tuple(token.place))
        if token.user_id not in self._places_by_user:
            self._places_by_user[token.user_id] = OOTreeSet()
        self._places_by_user[token.user_id].add(tuple(token.place))

    def remove(self, token: Token) -> None:
        del self._by_id[token.id]
        self._places.remove(tuple(token.place))
        self._places_by_user[token.user_id].remove(tuple(token.place))

    def remove_all_of(self, user_id: str) -> list[str]:
        """End all tokens of a user; their ids."""
        ids = [token.id for token in list(self.iter_newest_first(user_id=user_id))]
        for id in ids:
            self.remove(self._by_id[id])
        self._places_by_user.pop(user_id, None)
        return ids

    def find(self, id: str) -> Token | None:
        return cast("Token | None", self._by_id.get(id))

    def iter_newest_first(self, after: Place | None = None, *, user_id: str | None = None) -> Iterator[Token]:
        """All tokens, or one user's, or those that come after this place in the list."""
        places = self._places if user_id is None else self._places_by_user.get(user_id, OOTreeSet())
        for place in iter_places(places, after):
            yield self._by_id[place.id]
