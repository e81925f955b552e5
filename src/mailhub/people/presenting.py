"""People as plain values: what the API answers and what the audit trail keeps. No secret is in them."""

from datetime import datetime
from typing import Any

from .model import Group, Session, Token, User


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
        "theme": user.theme,
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


def present_group(group: Group) -> dict[str, Any]:
    """A group as ``schema.GroupReply`` describes it."""
    return {
        "id": group.id,
        "name": group.name,
        "users": list(group.user_ids),
        "created_at": group.created_at,
        "revision": group.revision,
    }


def present_session(session: Session, ends_at: datetime) -> dict[str, Any]:
    """A session as ``schema.SessionReply`` describes it, without what its cookie holds, which the hub does not know."""
    return {
        "id": session.id,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "ends_at": ends_at,
        "address": session.address,
        "user_agent": session.user_agent,
    }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
