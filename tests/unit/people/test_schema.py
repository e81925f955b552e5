from typing import Any

import pytest

from mailhub.errors import Invalid
from mailhub.people.schema import KINDS, TokenFields, UserCreation, UserFields
from mailhub.strict_values import strict_values
from tests.unit.people.kit import TOKEN_VALUES, USER_VALUES


def pointers(schema: Any, values: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        strict_values(schema(), values, **options)
    return [error.pointer for error in refused.value.errors]


def test_a_login_alone_makes_a_user_with_sensible_defaults() -> None:
    values = strict_values(UserCreation(), {"login": "ada"})

    assert values == {
        **USER_VALUES,
        "name": "",
        "contact_email": "",
        "permission_sets": [],
    }


def test_all_fields_of_the_api_are_taken() -> None:
    assert strict_values(UserCreation(), USER_VALUES) == USER_VALUES


@pytest.mark.parametrize("login", ["ada", "Ada.Lovelace", "ada+erp@example.com", "x", "0", "a" * 250])
def test_good_logins(login: str) -> None:
    assert strict_values(UserCreation(), {"login": login})["login"] == login


@pytest.mark.parametrize(
    "login", ["", " ada", "ada ", "a da", "-ada", "ada\n", "ada\r\nX: y", "ад", "a/b", "a" * 251, "a,b", "@"]
)
def test_bad_logins(login: str) -> None:
    assert set(pointers(UserCreation, {"login": login})) == {"/login"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Ada\r\nBcc: x@example.com"),
        ("name", "x" * 251),
        ("contact_email", "x" * 321),
        ("kind", "robot"),
        ("is_licensed", "true"),
        ("is_active", 1),
        ("permission_sets", ["email-root"]),
        ("permission_sets", "email-edit"),
        ("language", "English"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", None),
        ("password", 12345678),
        ("must_change_password", False),
        ("unknown", 1),
    ],
)
def test_bad_values_are_refused_where_they_stand(field: str, value: object) -> None:
    (pointer,) = pointers(UserCreation, {"login": "ada", field: value})
    assert pointer.startswith(f"/{field}")


def test_all_mistakes_are_told_at_once() -> None:
    assert pointers(UserCreation, {"kind": "robot", "is_active": 1}) == ["/login", "/kind", "/is_active"]


def test_a_change_names_only_what_changes() -> None:
    assert strict_values(UserFields(), {"name": "Ada"}, partial=True) == {"name": "Ada"}
    assert pointers(UserFields, {"password": "long enough"}, partial=True) == ["/password"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken(kind: str) -> None:
    assert strict_values(UserCreation(), {"login": "ada", "kind": kind})["kind"] == kind


def test_a_token_without_anything_has_no_bounds() -> None:
    assert strict_values(TokenFields(), {}) == {**TOKEN_VALUES, "name": ""}
    assert strict_values(TokenFields(), TOKEN_VALUES) == TOKEN_VALUES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", ["everything"]),
        ("scopes", "admin"),
        ("scenarios", [""]),
        ("accounts", ["a b"]),
        ("networks", [1]),
        ("expires_at", "tomorrow"),
        ("expires_at", "2026-11-02T08:00:00"),
        ("name", "a\nb"),
        ("user", 7),
    ],
)
def test_bad_token_values_are_refused_where_they_stand(field: str, value: object) -> None:
    (pointer,) = pointers(TokenFields, {field: value})
    assert pointer.startswith(f"/{field}")
