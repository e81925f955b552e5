"""What everybody may do with himself: see who he is, set how he likes it, change his password."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, FieldError, Invalid, NotFound
from mailhub.events.audit import REPLACED_SECRET, record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Token, User, sessions_of, tokens_of, users_of
from mailhub.people.passwords import PasswordHasher, PasswordRules
from mailhub.people.presenting import present_user
from mailhub.people.tries import PasswordTries
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

from .users import is_time_zone

Values = Mapping[str, Any]

_OWN_FIELDS: Final = ("language", "theme", "time_zone")


class Me(NamedTuple):
    """Who acts, and by which token (None on the local socket)."""

    user: User
    token: Token | None


class MeService:
    """The caller himself, in one transaction. Every change is audited."""

    def __init__(
        self,
        hub: HubRoot,
        shard: Shard,
        identity: Identity,
        *,
        hasher: PasswordHasher,
        rules: PasswordRules,
        tries: PasswordTries,
    ) -> None:
        self._hub = hub
        self._shard = shard
        self._identity = identity
        self._hasher = hasher
        self._rules = rules
        self._tries = tries

    def get_me(self) -> Me:
        """Who acts. Raises ``NotFound`` when the caller is the hub itself."""
        user, token_id = users_of(self._hub).find(self._identity.user_id), self._identity.token_id
        if user is None:
            raise NotFound(NOT_FOUND, code="user.not_found")
        return Me(user, None if token_id is None else tokens_of(self._hub).find(token_id))

    def change_me(self, values: Values) -> Me:
        """Set language, theme or time zone. Raises ``NotFound``, ``Invalid``."""
        me = self.get_me()
        if errors := self.mistakes_in(values):
            raise Invalid(errors)
        before = present_user(me.user)
        for name in values.keys() & set(_OWN_FIELDS):
            setattr(me.user, name, values[name])
        if present_user(me.user) != before:
            me.user.count_change()
            self._audit("changed", me.user, before, present_user(me.user))
        return me

    def mistakes_in(self, values: Values, _unread: object = ()) -> list[FieldError]:
        """What is wrong with those of these fields that could be read."""
        if is_time_zone(values.get("time_zone", "UTC")):
            return []
        return [FieldError("/time_zone", "schema.invalid", _("There is no such time zone."))]

    def change_password(
        self, old: str, new: str, *, keep_session: str | None = None, end_other_sessions: bool = False
    ) -> None:
        """Take another password; tokens go on, and so do sessions, unless ``end_other_sessions``: all but one (V7.4.3).

        Where it takes the place of a one-time password, which others have seen, they end always.

        Raises ``NotFound``, ``TooManyRequests`` after wrong ones, ``Invalid`` with ``password.wrong`` and
        ``password.too_weak``.
        """
        user = self.get_me().user
        self._tries.take(user.id, self._identity.address)
        is_right = self._hasher.verify(old, user.password_hash)
        if is_right:
            self._tries.forget(user.id, self._identity.address)
        if errors := [*self._iter_mistakes(user, old, new, is_right=is_right)]:
            raise Invalid(errors)
        user.password_hash = self._hasher.hash(new)
        ends_others = end_other_sessions or user.must_change_password
        user.must_change_password = False
        user.password_ends_at = None
        user.count_change()
        after: Values = {"password": REPLACED_SECRET}
        if ends_others:
            kept = keep_session or self._identity.session_id
            after = {**after, "ended_sessions": sessions_of(self._hub).remove_all_of(user.id, kept)}
        self._audit("password_changed", user, {"password": {"is_set": True}}, after)

    def _iter_mistakes(self, user: User, old: str, new: str, *, is_right: bool) -> Iterator[FieldError]:
        if not is_right:
            yield FieldError("/old", "password.wrong", _("This is not your password."))
        broken = self._rules.find_problem(new, login=user.login)
        if broken is None and new == old:
            broken = _("This is the password that you have. Choose another one.")
        if broken is not None:
            yield FieldError("/new", "password.too_weak", broken)

    def mistakes_in_password(self, values: Values, _unread: object) -> list[FieldError]:
        """What is wrong with a new password, where the old one could not be read."""
        broken = None
        if "new" in values:
            broken = self._rules.find_problem(values["new"], login=self.get_me().user.login)
        return [] if broken is None else [FieldError("/new", "password.too_weak", broken)]

    def _audit(self, action: str, user: User, before: Values, after: Values) -> None:
        record_change(self._hub, self._shard, self._identity, action, "user", user.id, before, after)
