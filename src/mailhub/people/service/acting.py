"""A user as he acts through a door: what the services below are told of him."""

from mailhub.people.identity import Identity, Via
from mailhub.people.model import Session, Token, User
from mailhub.people.permissions import granted_by, kept_by


def identity_of(
    user: User,
    *,
    via: Via,
    address: str = "",
    token: Token | None = None,
    session: Session | None = None,
) -> Identity:
    """The user with all that he may do, less what a token takes away."""
    scopes = _set_of(None if token is None else token.scopes)
    return Identity(
        user_id=user.id,
        login=user.login,
        name=user.name,
        contact_email=user.contact_email,
        kind=user.kind,
        is_licensed=user.is_licensed,
        permissions=kept_by(scopes, granted_by(frozenset(user.permission_sets))),
        token_id=None if token is None else token.id,
        session_id=None if session is None else session.id,
        scopes=scopes,
        scenarios=_set_of(None if token is None else token.scenarios),
        accounts=_set_of(None if token is None else token.accounts),
        language=user.language,
        via=via,
        address=address,
    )


def _set_of(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
