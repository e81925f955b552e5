"""The audit trail: who changed what in the configuration, when, from where, old and new values (V16.3, ``GET /audit``).

Rows are only appended. Secrets show as ``{"is_set": true}`` or ``{"is_set": false}``: callers give them so, and what
bears the name of a secret is masked here once more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from mailhub.store.shards import Shard

from .sharded_rows import KeyedRow, ShardedRows, from_microseconds, to_microseconds

if TYPE_CHECKING:
    from mailhub.store.root import HubRoot

Values = Mapping[str, Any]
"""What an object was or is: JSON values; times are kept as RFC 3339 texts, sets as sorted lists."""

SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "digest",
        "one_time_password",
        "password",
        "password_hash",
        "private_key",
        "refresh_token",
        "secret",
        "secret_key",
    }
)
"""Names under which no value is ever kept in the trail, whatever the caller gave."""

REPLACED_SECRET: Final[Values] = MappingProxyType({"is_set": True, "is_new": True})
"""A secret that was set and is now another one."""


class Actor(Protocol):
    """Who acts, as far as the trail needs it; ``mailhub.people.identity.Identity`` is one."""

    @property
    def user_id(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def token_id(self) -> str | None: ...
    @property
    def via(self) -> str: ...
    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change.

    ``writer`` and ``key``: its place in the trail.
    ``user``, ``login``, ``token``, ``via``, ``address``: who, with which token, through which door, from where.
    ``subject``, ``id``: the kind of object ("user", "account") and which. ``action``: "created", "changed", "deleted" or
    a subject's own word. ``before``, ``after``: the values that differ; None where the object was not there.
    """

    writer: int
    key: int
    at: datetime
    user: str
    login: str
    token: str | None
    via: str
    address: str
    subject: str
    id: str
    action: str
    before: Values | None
    after: Values | None

    @property
    def place(self) -> tuple[int, int]:
        """Where a list goes on below this entry."""
        return (self.key, self.writer)


def install(hub: "HubRoot") -> None:
    """Make the folder of audit rows, once."""
    if getattr(hub, "audit", None) is None:
        hub.audit = ShardedRows()


def audit_of(hub: "HubRoot") -> ShardedRows:
    """The audit rows of the hub."""
    return cast(ShardedRows, hub.audit)


def record_change(
    hub: "HubRoot",
    shard: Shard,
    identity: Actor,
    action: str,
    subject: str,
    id: str,
    before: Values | None,
    after: Values | None,
) -> None:
    """Append a change to the trail, in the transaction that makes it.

    Of two states only what differs is kept; a secret that gave way to another is ``REPLACED_SECRET`` in ``after``, so
    that the change shows. Raises TypeError for values that are not plain JSON.
    """
    old, new = _differing(_plain_or_none(before), _plain_or_none(after))
    who = (identity.user_id, identity.login, identity.token_id, identity.via, identity.address)
    row = (to_microseconds(shard.now), *who, subject, id, action, old, new)
    audit_of(hub).append(shard, row)


def list_changes(
    hub: "HubRoot", limit: int, before: tuple[int, int] | None = None, *, subject: str | None = None
) -> list[AuditEntry]:
    """At most ``limit`` entries, newest first, older than the place ``before`` (``AuditEntry.place``)."""
    entries: Iterator[AuditEntry] = map(_entry_of, audit_of(hub).iter_before(before))
    if subject is not None:
        entries = (entry for entry in entries if entry.subject == subject)
    return list(islice(entries, limit))


def _entry_of(place: KeyedRow) -> AuditEntry:
    at, *rest = place.row
    return AuditEntry(place.writer, place.key, from_microseconds(at), *rest)


def _plain_or_none(values: Values | None) -> dict[str, Any] | None:
    return None if values is None else _plain(values)


def _plain(values: Values) -> dict[str, Any]:
    return {name: _plain_value(name, value) for name, value in values.items()}


def _plain_value(name: str, value: object) -> Any:
    if isinstance(value, Mapping):
        return _plain(value)
    if name in SECRET_NAMES:
        return {"is_set": bool(value)}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain_value("", item) for item in items]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, str | bool | int | float):
        return str(value) if isinstance(value, str) else value
    raise TypeError(f"{name} is not a plain value that the audit trail can keep")


def _differing(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if before is None or after is None:
        return before, after
    return _only_differing(before, after), _only_differing(after, before)


def _only_differing(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _narrowed(value, others.get(name))
        for name, value in values.items()
        if name not in others or value != others[name]
    }


def _narrowed(value: Any, other: Any) -> Any:
    is_nested = isinstance(value, dict) and isinstance(other, dict) and "is_set" not in value
    return _only_differing(value, other) if is_nested else value
