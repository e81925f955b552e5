import pytest

from mailhub.cli.exits import NOT_FOUND, WRONG_USE, CommandEnded
from mailhub.cli.lookup import get_account, get_user

from .fakes import client_of

ACCOUNTS = [
    {"id": "a1", "name": "Sales"},
    {"id": "a2", "name": "Service"},
    {"id": "a3", "name": "SERVICE"},
    {"id": "Sales", "name": "Odd"},
]


@pytest.mark.parametrize(
    ("named", "id"), [("a1", "a1"), ("odd", "Sales"), ("Sales", "Sales"), ("sales", "a1")]
)
def test_an_account_is_found_by_its_id_before_its_name(named: str, id: str) -> None:
    assert get_account(client_of(accounts=ACCOUNTS), named)["id"] == id


def test_a_name_of_several_accounts_is_refused_with_their_ids() -> None:
    with pytest.raises(CommandEnded, match="a2, a3") as caught:
        get_account(client_of(accounts=ACCOUNTS), "service")
    assert caught.value.exit_code == WRONG_USE


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(CommandEnded, match="no account Nowhere") as account:
        get_account(client_of(accounts=ACCOUNTS), "Nowhere")
    with pytest.raises(CommandEnded, match="no user nobody") as user:
        get_user(client_of(users=[]), "nobody")
    assert account.value.exit_code == user.value.exit_code == NOT_FOUND


def test_a_user_is_found_by_login_whatever_its_case() -> None:
    assert get_user(client_of(users=[{"id": "u1", "login": "Ada"}]), "aDA")["id"] == "u1"
