"""Groups: making, changing and ending them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Group, Place, User, groups_of, users_of
from mailhub.people.permissions import Permission
from mailhub.people.presenting import present_group
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

Values = Mapping[str, Any]


class GroupsService:
    """What administrators do with groups, in one transaction. Every change is audited."""

    def __init__(self, hub: HubRoot, shard: Shard, identity: Identity, *, entropy: Entropy) -> None:
        self._hub = hub
        self._groups = groups_of(hub)
        self._users = users_of(hub)
        self._shard = shard
        self._identity = identity
        self._entropy = entropy

    def list_groups(self, limit: int, after: Place | None = None) -> tuple[list[Group], Place | None]:
        """A page, newest first, and where the next one begins (None: there is none). Raises ``Denied``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        found = list(islice(self._groups.iter_newest_first(after), limit + 1))
        return found[:limit], found[limit - 1].place if len(found) > limit else None

    def get_group(self, id: str) -> Group:
        """Raises ``Denied``, ``NotFound``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        group = self._groups.find(id)
        if group is None:
            raise NotFound(NOT_FOUND, code="group.not_found")
        return group

    def create_group(self, values: Values) -> Group:
        """Make a group of ``schema.GroupFields``' values. Raises ``Denied``, ``Invalid``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        users = self._checked_users(values, None)
        place = Place(-self._shard.next_key(), new_id(self._entropy))
        group = Group(place, name=values["name"], created_at=self._shard.now)
        self._groups.add(group)
        self._set_users(group, users)
        self._audit("created", group, None, present_group(group))
        return group

    def change_group(self, id: str, values: Values) -> Group:
        """Set what is named; ``users`` is the whole list. Raises ``Denied``, ``NotFound``, ``Invalid``."""
        group = self.get_group(id)
        users = self._checked_users(values, group)
        before = present_group(group)
        if "name" in values:
            self._groups.rename(group, values["name"])
        if "users" in values:
            self._set_users(group, users)
        if present_group(group) != before:
            group.count_change()
            self._audit("changed", group, before, present_group(group))
        return group

    def delete_group(self, id: str) -> None:
        """End a group; its users stay. Raises ``Denied``, ``NotFound``."""
        group = self.get_group(id)
        before = present_group(group)
        self._groups.remove(group)
        self._audit("deleted", group, before, None)

    def _set_users(self, group: Group, users: list[User]) -> None:
        for user in users:
            rely_on(user)
        self._groups.set_users(group, (user.id for user in users))

    def _checked_users(self, values: Values, group: Group | None) -> list[User]:
        """The users that are named. Raises ``Invalid`` with everything that is wrong."""
        found = self._named_users(values)
        if errors := [*self._iter_wrong_names(values, group), *_iter_unknown(found)]:
            raise Invalid(errors)
        return [user for user in found if user is not None]

    def mistakes_in(self, values: Values, _unread: object, group: Group | None = None) -> list[FieldError]:
        """What is wrong with those fields of a new group, or of a change of one, that could be read. Raises ``Denied``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        return [*self._iter_wrong_names(values, group), *_iter_unknown(self._named_users(values))]

    def _named_users(self, values: Values) -> list[User | None]:
        return [self._users.find_by_login_or_id(each) for each in values.get("users", ())]

    def _iter_wrong_names(self, values: Values, group: Group | None) -> Iterator[FieldError]:
        name = values.get("name")
        if name is not None and not self._groups.is_free(name, for_id=None if group is None else group.id):
            yield FieldError("/name", "group.name_taken", _("Another group has this name."))

    def _audit(self, action: str, group: Group, before: Values | None, after: Values | None) -> None:
        record_change(self._hub, self._shard, self._identity, action, "group", group.id, before, after)


def _iter_unknown(users: list[User | None]) -> Iterator[FieldError]:
    for number, user in enumerate(users):
        if user is None:
            yield FieldError(f"/users/{number}", "user.not_found", _("There is no such user."))
