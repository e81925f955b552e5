"""Tokens: making, listing and revoking them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from mailhub.contract.texts import _
from mailhub.entropy import Entropy, new_id
from mailhub.errors import NOT_FOUND, Denied, FieldError, Invalid, NotFound
from mailhub.events.audit import record_change
from mailhub.people.identity import Identity
from mailhub.people.model import Place, Token, User, tokens_of, users_of
from mailhub.people.networks import are_within, parse_network
from mailhub.people.permissions import ON_BEHALF_SCOPE, Permission
from mailhub.people.presenting import present_token
from mailhub.people.token_text import digest_of, new_token_text
from mailhub.store.read_current import rely_on
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

Values = Mapping[str, Any]
Names = tuple[str, ...] | None


class NewToken(NamedTuple):
    """A token and its text, which is shown once and kept nowhere."""

    token: Token
    text: str


class TokensService:
    """One's own tokens, and for administrators those of everybody, in one transaction. Every change is audited."""

    def __init__(self, hub: HubRoot, shard: Shard, identity: Identity, *, entropy: Entropy) -> None:
        self._hub = hub
        self._tokens = tokens_of(hub)
        self._users = users_of(hub)
        self._shard = shard
        self._identity = identity
        self._entropy = entropy

    def list_tokens(self, limit: int, after: Place | None = None) -> tuple[list[Token], Place | None]:
        """A page of one's own tokens (of all, for an administrator), newest first, and where the next one begins."""
        owner = None if self._identity.may(Permission.PEOPLE_ADMIN) else self._identity.user_id
        found = list(islice(self._tokens.iter_newest_first(after, user_id=owner), limit + 1))
        return found[:limit], found[limit - 1].place if len(found) > limit else None

    def create_token(self, values: Values) -> NewToken:
        """Make a token of ``schema.TokenFields``' values.

        Raises ``Denied`` (for somebody else, for a scope that only administrators grant, for more than the token that
        asks may do itself) and ``Invalid``.
        """
        user = self._find_bearer(values["user"])
        if errors := [*_iter_nobody(user), *self._iter_mistakes(values)]:
            raise Invalid(errors)
        assert user is not None
        self._require_administrator_for(values)
        self._refuse_more_than_own(values)
        rely_on(user)
        token, text = self._new_token(user, values)
        self._tokens.add(token)
        self._audit("created", token, None, present_token(token))
        return NewToken(token, text)

    def get_token(self, id: str) -> Token:
        """A token that the caller may revoke. Raises ``NotFound``, also for somebody else's."""
        token = self._tokens.find(id)
        if token is None or not self._is_mine_to_end(token):
            raise NotFound(NOT_FOUND, code="token.not_found")
        return token

    def revoke_token(self, id: str) -> None:
        """End a token at once. Raises as ``get_token`` does."""
        token = self.get_token(id)
        self._tokens.remove(token)
        self._audit("deleted", token, present_token(token), None)

    def _is_mine_to_end(self, token: Token) -> bool:
        return token.user_id == self._identity.user_id or self._identity.may(Permission.PEOPLE_ADMIN)

    def mistakes_in(self, values: Values, _unread: object) -> list[FieldError]:
        """What is wrong with those fields of a new token that could be read. Raises ``Denied``."""
        user = self._find_bearer(values["user"])
        return [*_iter_nobody(user), *self._iter_mistakes(values)]

    def _find_bearer(self, login_or_id: str | None) -> User | None:
        """Raises ``Denied`` for somebody else, whether there is one or not."""
        is_own = login_or_id is None
        user = self._users.find_by_login_or_id(self._identity.user_id if login_or_id is None else login_or_id)
        if not is_own and (user is None or user.id != self._identity.user_id):
            self._identity.require(Permission.PEOPLE_ADMIN)
        return user

    def _require_administrator_for(self, values: Values) -> None:
        if ON_BEHALF_SCOPE in (values["scopes"] or ()) and not self._identity.may(Permission.PEOPLE_ADMIN):
            raise Denied(_("Only an e-mail administrator grants the scope messages:on-behalf."))

    def _iter_mistakes(self, values: Values) -> Iterator[FieldError]:
        for index, network in enumerate(values["networks"] or ()):
            if _is_wrong_network(network):
                message = _("Write a network as 192.0.2.0/24 or 2001:db8::/32.")
                yield FieldError(f"/networks/{index}", "schema.invalid", message)
        if values["expires_at"] is not None and values["expires_at"] <= self._shard.now:
            yield FieldError("/expires_at", "schema.invalid", _("This time has passed."))

    def _refuse_more_than_own(self, values: Values) -> None:
        """Else a stolen token that may do little would make itself one that may do all."""
        own = None if self._identity.token_id is None else self._tokens.find(self._identity.token_id)
        if own is None:
            return
        wider = [name for name, exceeds in _BOUNDS.items() if exceeds(getattr(own, name), values[name])]
        if self._identity.may(Permission.PEOPLE_ADMIN) and "scopes" in wider:
            wider.remove("scopes")  # who makes users and their permission sets gains nothing by it
        if wider:
            raise Denied(
                _(
                    "A token cannot make one that may do more than itself: ${fields}.",
                    mapping={"fields": ", ".join(wider)},
                )
            )

    def _new_token(self, user: User, values: Values) -> NewToken:
        place = Place(-self._shard.next_key(), new_id(self._entropy))
        text = new_token_text(place.id, self._entropy)
        token = Token(
            place,
            user_id=user.id,
            name=values["name"],
            digest=digest_of(text),
            scopes=_sorted_once(values["scopes"]),
            scenarios=_sorted_once(values["scenarios"]),
            accounts=_sorted_once(values["accounts"]),
            networks=_normal_networks(values["networks"]),
            expires_at=values["expires_at"],
            created_at=self._shard.now,
        )
        return NewToken(token, text)

    def _audit(self, action: str, token: Token, before: Values | None, after: Values | None) -> None:
        record_change(self._hub, self._shard, self._identity, action, "token", token.id, before, after)


def _iter_nobody(user: User | None) -> Iterator[FieldError]:
    if user is None:
        yield FieldError("/user", "user.not_found", _("There is no such user."))


def _sorted_once(names: Iterable[str] | None) -> Names:
    return None if names is None else tuple(sorted(set(names)))


def _normal_networks(networks: Iterable[str] | None) -> Names:
    return _sorted_once(None if networks is None else (str(parse_network(each)) for each in networks))


def _is_wrong_network(text: str) -> bool:
    try:
        parse_network(text)
    except ValueError:
        return True
    return False


def _names_exceed(own: Names, wanted: Iterable[str] | None) -> bool:
    return own is not None and (wanted is None or not set(wanted) <= set(own))


def _networks_exceed(own: Names, wanted: Iterable[str] | None) -> bool:
    return own is not None and (wanted is None or not are_within(wanted, own))


def _time_exceeds(own: Any, wanted: Any) -> bool:
    return own is not None and (wanted is None or wanted > own)


_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "scopes": _names_exceed,
    "scenarios": _names_exceed,
    "accounts": _names_exceed,
    "networks": _networks_exceed,
    "expires_at": _time_exceeds,
}
