"""Who may do what: permissions, the permission sets that grant them, the token scopes that keep them (PR2, api.md)."""

from enum import StrEnum


class Permission(StrEnum):
    """What a call may require. Every route names exactly one."""

    PUBLIC = "public"
    SELF = "self"
    MESSAGES_READ = "messages.read"
    MESSAGES_WRITE = "messages.write"
    UPLOADS_WRITE = "uploads.write"
    ACCOUNTS_STATE_READ = "accounts.state.read"
    ACCOUNTS_READ = "accounts.read"
    SETUP_READ = "setup.read"
    SETUP_WRITE = "setup.write"
    ACCOUNTS_OPERATE = "accounts.operate"
    OPERATIONS = "operations"
    PEOPLE_ADMIN = "people.admin"


P = Permission

PERMISSION_SETS: dict[str, frozenset[Permission]] = {
    "email-read": frozenset({P.MESSAGES_READ}),
    "email-edit": frozenset(
        {P.MESSAGES_READ, P.MESSAGES_WRITE, P.UPLOADS_WRITE, P.ACCOUNTS_STATE_READ, P.SETUP_READ}
    ),
    "email-setup": frozenset(
        {
            P.UPLOADS_WRITE,
            P.ACCOUNTS_STATE_READ,
            P.ACCOUNTS_READ,
            P.SETUP_READ,
            P.SETUP_WRITE,
            P.ACCOUNTS_OPERATE,
        }
    ),
    "email-operator": frozenset({P.ACCOUNTS_STATE_READ, P.ACCOUNTS_OPERATE, P.OPERATIONS}),
    "email-admin": frozenset({P.PEOPLE_ADMIN}),
}
"""Permission sets do not nest; a user may hold several. ``SELF`` belongs to everybody who is signed in.

``ACCOUNTS_STATE_READ``: which accounts there are and how they are; ``ACCOUNTS_READ``: their settings too.
"""

ON_BEHALF_SCOPE = "messages:on-behalf"

SCOPES: dict[str, frozenset[Permission]] = {
    "messages:read": frozenset({P.MESSAGES_READ}),
    "messages:write": frozenset({P.MESSAGES_WRITE, P.UPLOADS_WRITE}),
    "setup:read": frozenset({P.SETUP_READ, P.ACCOUNTS_STATE_READ, P.ACCOUNTS_READ}),
    "setup:write": frozenset({P.SETUP_WRITE, P.UPLOADS_WRITE, P.ACCOUNTS_READ}),
    "admin": frozenset({P.PEOPLE_ADMIN}),
    "operations": frozenset({P.OPERATIONS, P.ACCOUNTS_OPERATE, P.ACCOUNTS_STATE_READ}),
    ON_BEHALF_SCOPE: frozenset(),
}
"""A token keeps, of what its user may do, what its scopes name; ``SELF`` always."""


def granted_by(sets: frozenset[str]) -> frozenset[Permission]:
    """What these permission sets grant together."""
    return frozenset({P.SELF}).union(*(PERMISSION_SETS[name] for name in sets))


def kept_by(scopes: frozenset[str] | None, permissions: frozenset[Permission]) -> frozenset[Permission]:
    """What a token with these scopes may do of what its user may; None keeps all."""
    if scopes is None:
        return permissions
    return permissions & frozenset({P.SELF}).union(*(SCOPES[name] for name in scopes))
