import pytest

from mailhub.errors import Denied
from mailhub.people.identity import HUB, Identity
from mailhub.people.permissions import PERMISSION_SETS, SCOPES, Permission, granted_by, kept_by

P = Permission


@pytest.mark.parametrize(
    ("permission", "sets"),
    [
        (P.MESSAGES_READ, {"email-read", "email-edit"}),
        (P.MESSAGES_WRITE, {"email-edit"}),
        (P.UPLOADS_WRITE, {"email-edit", "email-setup"}),
        (P.SETUP_READ, {"email-edit", "email-setup"}),
        (P.ACCOUNTS_STATE_READ, {"email-edit", "email-setup", "email-operator"}),
        (P.ACCOUNTS_READ, {"email-setup"}),
        (P.SETUP_WRITE, {"email-setup"}),
        (P.ACCOUNTS_OPERATE, {"email-setup", "email-operator"}),
        (P.OPERATIONS, {"email-operator"}),
        (P.PEOPLE_ADMIN, {"email-admin"}),
    ],
)
def test_the_sets_grant_what_the_table_of_the_api_says(permission: Permission, sets: set[str]) -> None:
    assert {name for name, granted in PERMISSION_SETS.items() if permission in granted} == sets


def test_whoever_is_signed_in_has_what_concerns_himself() -> None:
    assert granted_by(frozenset()) == {P.SELF}


def test_no_scope_keeps_everything_but_that_of_oneself() -> None:
    assert kept_by(frozenset(), granted_by(frozenset(PERMISSION_SETS))) == {P.SELF}


def test_all_scopes_together_keep_everything() -> None:
    everything = granted_by(frozenset(PERMISSION_SETS))

    assert kept_by(frozenset(SCOPES), everything) == everything == kept_by(None, everything)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_adds_nothing(scope: str) -> None:
    for name in PERMISSION_SETS:
        granted = granted_by(frozenset({name}))
        assert kept_by(frozenset({scope}), granted) <= granted


def test_an_identity_without_a_permission_is_denied_it() -> None:
    nobody = Identity(user_id="u", login="nobody")

    nobody.require(P.PUBLIC)
    with pytest.raises(Denied):
        nobody.require(P.SELF)


def test_the_hub_itself_may_do_everything() -> None:
    assert all(HUB.may(permission) for permission in Permission)
