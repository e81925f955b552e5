"""Users and tokens as plain values: what the API answers and what the audit trail keeps. No secret is in them."""

from typing import Any

from .model import Token, User


def present_user(user: User) -> dict[str, Any]:
    """A user as ``schema.UserReply`` describes him."""
    return {
        "id": user.id,
        "login": user.login,
        "name": user.name,
        "contact_email": user.contact_email,
        "kind": user.kind,
        "is_licensed": user.is_licensed,
        "permission_sets": list(user.permission_sets),
        "language": user.language,
        "time_zone": user.time_zone,
        "is_active": user.is_active,
        "must_change_password": user.must_change_password,
        "created_at": user.created_at,
        "revision": user.revision,
    }


def present_token(token: Token) -> dict[str, Any]:
    """A token as ``schema.TokenReply`` describes it, without its text, which the hub does not know."""
    return {
        "id": token.id,
        "user": token.user_id,
        "name": token.name,
        "scopes": _listed(token.scopes),
        "scenarios": _listed(token.scenarios),
        "accounts": _listed(token.accounts),
        "networks": _listed(token.networks),
        "expires_at": token.expires_at,
        "created_at": token.created_at,
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
