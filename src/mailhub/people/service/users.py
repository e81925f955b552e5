"""Users: making, changing and ending them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from mailhub.contract.texts import Text, _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound
from mailhub.events.audit import REPLACED_SECRET, record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Place, User, groups_of, sessions_of, tokens_of, users_of
from mailhub.people.passwords import PasswordHasher, PasswordRules, one_time_password
from mailhub.people.permissions import PERMISSION_SETS, Permission
from mailhub.people.presenting import present_user
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

AddressCheck = Callable[[str], Text | None]
"""Says what is wrong with an e-mail address; None when nothing is."""

Values = Mapping[str, Any]

FIRST_ADMINISTRATOR: Final[Values] = {
    "name": "",
    "contact_email": "",
    "kind": "internal",
    "is_licensed": True,
    "permission_sets": tuple(PERMISSION_SETS),
    "language": "en",
    "time_zone": "UTC",
    "is_active": True,
}

ONE_TIME_PASSWORD_LASTS: Final = timedelta(days=7)
"""Whoever has not signed in by then gets another one (V6.4.1)."""

_SIMPLE_FIELDS: Final = ("name", "contact_email", "kind", "is_licensed", "language", "time_zone", "is_active")


class NewUser(NamedTuple):
    """A user and, where he chose no password himself, the one for his first sign-in."""

    user: User
    one_time_password: str | None


class UsersService:
    """What administrators do with users, in one transaction. Every change is audited."""

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        identity: Identity,
        *,
        entropy: Entropy,
        hasher: PasswordHasher,
        rules: PasswordRules,
        check_address: AddressCheck,
    ) -> None:
        self._hub = hub
        self._users = users_of(hub)
        self._shard = shard
        self._identity = identity
        self._entropy = entropy
        self._hasher = hasher
        self._rules = rules
        self._check_address = check_address

    def list_users(self, limit: int, after: Place | None = None) -> tuple[list[User], Place | None]:
        """A page, newest first, and where the next one begins (None: there is none). Raises ``Denied``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        found = list(islice(self._users.iter_newest_first(after), limit + 1))
        return found[:limit], found[limit - 1].place if len(found) > limit else None

    def get_user(self, id: str) -> User:
        """Raises ``Denied``, ``NotFound``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        user = self._users.find(id)
        if user is None:
            raise NotFound(NOT_FOUND, code="user.not_found")
        return user

    def create_user(self, values: Values) -> NewUser:
        """Make a user of ``schema.UserCreation``'s values. Raises ``Denied``, ``Invalid``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        self._check(values, None)
        chosen: str | None = values["password"]
        password = one_time_password(self._entropy) if chosen is None else chosen
        user = self._new_user(values, password, must_change_password=chosen is None)
        if chosen is None:
            user.password_ends_at = self._shard.now + ONE_TIME_PASSWORD_LASTS
        self._users.add(user)
        self._audit("created", user, None, present_user(user))
        return NewUser(user, password if chosen is None else None)

    def _new_user(self, values: Values, password: str, *, must_change_password: bool) -> User:
        return User(
            Place(-self._shard.next_key(), new_id(self._entropy)),
            login=values["login"],
            permission_sets=_sorted_once(values["permission_sets"]),
            password_hash=self._hasher.hash(password),
            must_change_password=must_change_password,
            created_at=self._shard.now,
            **{name: values[name] for name in _SIMPLE_FIELDS},
        )

    def create_first_administrator(self, login: str, password: str | None) -> NewUser | None:
        """The user that ``mailhub init`` makes, with all permission sets; None when there is an administrator.

        Raises ``Invalid`` for a login or password that breaks the rules.
        """
        if self._users.find_first_administrator() is not None:
            return None
        return self.create_user({**FIRST_ADMINISTRATOR, "login": login, "password": password})

    def change_user(self, id: str, values: Values) -> User:
        """Set what is named. Raises ``Denied``, ``NotFound``, ``Invalid``, ``WrongState`` (the last administrator)."""
        user = self.get_user(id)
        self._check(values, user)
        before = present_user(user)
        self._set(user, values)
        if present_user(user) != before:
            user.count_change()
            self._users.administrators.keep_in_step(user)
            if not user.is_active:
                sessions_of(self._hub).remove_all_of(user.id)
            self._audit("changed", user, before, present_user(user))
        return user

    def _set(self, user: User, values: Values) -> None:
        if "login" in values:
            self._users.rename(user, values["login"])
        if "permission_sets" in values:
            user.permission_sets = _sorted_once(values["permission_sets"])
        for name in values.keys() & set(_SIMPLE_FIELDS):
            setattr(user, name, values[name])

    def delete_user(self, id: str) -> None:
        """End a user, his tokens and sessions; he is in no group any more. His messages stay, and keep his id as owner.

        Raises ``Denied``, ``NotFound``, ``WrongState`` (the last administrator).
        """
        user = self.get_user(id)
        self._users.remove(user)
        tokens = tokens_of(self._hub).remove_all_of(user.id)
        groups = groups_of(self._hub).remove_user(user.id)
        sessions_of(self._hub).remove_all_of(user.id)
        self._audit("deleted", user, {**present_user(user), "tokens": tokens, "groups": groups}, None)

    def reset_password(self, id: str) -> str:
        """A new password, to be changed at the next sign-in; his sessions end. Raises ``Denied``, ``NotFound``."""
        user = self.get_user(id)
        password, had_one = one_time_password(self._entropy), user.password_hash is not None
        user.password_hash = self._hasher.hash(password)
        user.must_change_password = True
        user.password_ends_at = self._shard.now + ONE_TIME_PASSWORD_LASTS
        user.count_change()
        sessions_of(self._hub).remove_all_of(user.id)
        after = REPLACED_SECRET if had_one else {"is_set": True}
        self._audit("password_reset", user, {"password": {"is_set": had_one}}, {"password": after})
        return password

    def mistakes_in(self, values: Values, _unread: object, user: User | None = None) -> list[FieldError]:
        """What is wrong with those fields of a new user, or of a change of one, that could be read. Raises ``Denied``."""
        self._identity.require(Permission.PEOPLE_ADMIN)
        return list(self._iter_mistakes(values, user))

    def _check(self, values: Values, user: User | None) -> None:
        if errors := list(self._iter_mistakes(values, user)):
            raise Invalid(errors)

    def _iter_mistakes(self, values: Values, user: User | None) -> Iterator[FieldError]:
        login = values.get("login", "")
        if login and not self._users.is_free(login, for_id=user.id if user else None):
            yield FieldError("/login", "user.login_taken", _("Another user has this login."))
        if (address := values.get("contact_email")) and (problem := self._check_address(address)):
            yield FieldError("/contact_email", "address.invalid", problem)
        if not is_time_zone(values.get("time_zone", "UTC")):
            yield FieldError("/time_zone", "schema.invalid", _("There is no such time zone."))
        if (password := values.get("password")) is not None:
            broken = self._rules.find_problem(password, login=login)
            if broken is not None:
                yield FieldError("/password", "password.too_weak", broken)

    def _audit(self, action: str, user: User, before: Values | None, after: Values | None) -> None:
        record_change(self._hub, self._shard, self._identity, action, "user", user.id, before, after)


def _sorted_once(names: Any) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def is_time_zone(name: str) -> bool:
    """True if the time zone database has this name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name that is none, a folder of names, a name that nobody has
        return False
    return True
