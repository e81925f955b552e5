"""Groups of users, as they are stored: whom record access may name together."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import cast

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from .places import Place, iter_places


class Group(Persistent):
    """Some users under one name. ``user_ids`` is sorted; it is changed by its folder alone, which keeps an index."""

    def __init__(self, place: Place, *, name: str, created_at: datetime) -> None:
        self.id = place.id
        self.order = place.order
        self.name = name
        self.user_ids: tuple[str, ...] = ()
        self.created_at = created_at
        self._changes = 1

    @property
    def place(self) -> Place:
        return Place(self.order, self.id)

    @property
    def revision(self) -> str:
        """Another text after every change."""
        return str(self._changes)

    def count_change(self) -> None:
        """To be called with every change, for ``revision``."""
        self._changes += 1


class Groups(Persistent):
    """All groups. Names are unique whatever their case."""

    def __init__(self) -> None:
        self._by_id = OOBTree()
        self._by_name = OOBTree()
        self._places = OOTreeSet()
        self._ids_by_user = OOBTree()

    def is_free(self, name: str, *, for_id: str | None = None) -> bool:
        """True if a new group, or the one with this id, may have the name."""
        return self._by_name.get(name.casefold()) in {None, for_id}

    def add(self, group: Group) -> None:
        """Add a group whose name is free."""
        self._by_id[group.id] = group
        self._by_name[group.name.casefold()] = group.id
        self._places.add(tuple(group.place))

    def rename(self, group: Group, name: str) -> None:
        """Give a group another name, which must be free."""
        del self._by_name[group.name.casefold()]
        self._by_name[name.casefold()] = group.id
        group.name = name

    def set_users(self, group: Group, user_ids: Iterable[str]) -> None:
        """Let exactly these users be in a group."""
        new = frozenset(user_ids)
        for user_id in new.difference(group.user_ids):
            if user_id not in self._ids_by_user:
                self._ids_by_user[user_id] = OOTreeSet()
            self._ids_by_user[user_id].add(group.id)
        for user_id in set(group.user_ids) - new:
            self._leave(user_id, group.id)
        group.user_ids = tuple(sorted(new))

    def remove(self, group: Group) -> None:
        self.set_users(group, ())
        del self._by_id[group.id]
        del self._by_name[group.name.casefold()]
        self._places.remove(tuple(group.place))

    def remove_user(self, user_id: str) -> list[str]:
        """Take a user out of all groups; their ids."""
        ids = sorted(self.ids_of(user_id))
        for group_id in ids:
            group = self._by_id[group_id]
            self.set_users(group, (each for each in group.user_ids if each != user_id))
            group.count_change()
        return ids

    def ids_of(self, user_id: str) -> frozenset[str]:
        """The groups that a user is in."""
        return frozenset(self._ids_by_user.get(user_id, ()))

    def find(self, id: str) -> Group | None:
        return cast("Group | None", self._by_id.get(id))

    def iter_newest_first(self, after: Place | None = None) -> Iterator[Group]:
        """All groups, or those that come after this place in the list."""
        for place in iter_places(self._places, after):
            yield self._by_id[place.id]

    def _leave(self, user_id: str, group_id: str) -> None:
        ids = self._ids_by_user[user_id]
        ids.remove(group_id)
        if not ids:
            del self._ids_by_user[user_id]
