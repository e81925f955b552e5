"""Users as they are stored, and the one rule about administrators."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from mailhub.contract.connector import UserKind
from mailhub.contract.texts import _
from mailhub.errors import WrongState

from .places import Place, iter_places

ADMINISTRATORS_SET: Final = "email-admin"


class User(Persistent):
    """Somebody who may sign in, or in whose name a program works.

    ``permission_sets`` is sorted. ``password_hash``: argon2id with its parameters, None = no password. ``place``: in the
    list of users. ``theme``: of the pages, "system", "light" or "dark". ``password_ends_at``: until when a one-time
    password opens the pages, None for one that its user chose.
    """

    theme = "system"
    password_ends_at: datetime | None = None

    def __init__(
        self,
        place: Place,
        *,
        login: str,
        name: str,
        contact_email: str,
        kind: UserKind,
        is_licensed: bool,
        permission_sets: tuple[str, ...],
        language: str,
        time_zone: str,
        is_active: bool,
        password_hash: str | None,
        must_change_password: bool,
        created_at: datetime,
    ) -> None:
        self.id = place.id
        self.order = place.order
        self.login = login
        self.name = name
        self.contact_email = contact_email
        self.kind = kind
        self.is_licensed = is_licensed
        self.permission_sets = permission_sets
        self.language = language
        self.time_zone = time_zone
        self.is_active = is_active
        self.password_hash = password_hash
        self.must_change_password = must_change_password
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

    @property
    def is_administrator(self) -> bool:
        """An active holder of ``email-admin``."""
        return bool(self.is_active and ADMINISTRATORS_SET in self.permission_sets)


class Administrators(Persistent):
    """Guards that there is always an active administrator (design decision 10).

    Who they are is one attribute of one object: of two transactions that each take away another of the last two, one
    conflicts, runs again and is refused.
    """

    def __init__(self) -> None:
        self.user_ids: tuple[str, ...] = ()

    def keep_in_step(self, user: User) -> None:
        """Note whether this user is one now. Raises ``WrongState`` when he was the last one."""
        if user.is_administrator:
            self._add(user.id)
        else:
            self.remove(user.id)

    def _add(self, user_id: str) -> None:
        if user_id not in self.user_ids:
            self.user_ids = (*self.user_ids, user_id)

    def remove(self, user_id: str) -> None:
        """This user is no administrator any more. Raises ``WrongState`` when he was the last one."""
        if user_id not in self.user_ids:
            return
        if len(self.user_ids) == 1:
            raise WrongState(
                _("This is the last active administrator. Make somebody else one first."),
                code="user.last_administrator",
            )
        self.user_ids = tuple(each for each in self.user_ids if each != user_id)


class Users(Persistent):
    """All users. Logins are unique whatever their case."""

    def __init__(self) -> None:
        self._by_id = OOBTree()
        self._by_login = OOBTree()
        self._places = OOTreeSet()
        self.administrators = Administrators()

    def is_free(self, login: str, *, for_id: str | None = None) -> bool:
        """True if a new user, or the one with this id, may have the login: it is nobody else's, nor anybody's id."""
        return login not in self._by_id and self._by_login.get(login.casefold()) in {None, for_id}

    def add(self, user: User) -> None:
        """Add a user whose login is free."""
        self._by_id[user.id] = user
        self._by_login[user.login.casefold()] = user.id
        self._places.add(tuple(user.place))
        self.administrators.keep_in_step(user)

    def rename(self, user: User, login: str) -> None:
        """Give a user another login, which must be free."""
        del self._by_login[user.login.casefold()]
        self._by_login[login.casefold()] = user.id
        user.login = login

    def remove(self, user: User) -> None:
        """Raises ``WrongState`` for the last active administrator."""
        self.administrators.remove(user.id)
        del self._by_id[user.id]
        del self._by_login[user.login.casefold()]
        self._places.remove(tuple(user.place))

    def find(self, id: str) -> User | None:
        return cast("User | None", self._by_id.get(id))

    def find_by_login(self, login: str) -> User | None:
        id = self._by_login.get(login.casefold())
        return None if id is None else self.find(id)

    def find_by_login_or_id(self, login_or_id: str) -> User | None:
        return self.find(login_or_id) or self.find_by_login(login_or_id)

    def find_first_administrator(self) -> User | None:
        """The active administrator who has been one for the longest time."""
        return next(filter(None, map(self.find, self.administrators.user_ids)), None)

    def iter_newest_first(self, after: Place | None = None) -> Iterator[User]:
        """All users, or those that come after this place in the list."""
        for place in iter_places(self._places, after):
            yield self._by_id[place.id]
