"""Settings merge, secrets stay apart, and what does not apply goes."""

from typing import Any

import colander
import pytest

from mailhub.accounts.settings_changes import (
    SettingsChange,
    changed_settings,
    new_settings,
    secrets_needed_again,
)
from mailhub.contract import SenderSettings
from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import Text
from mailhub.errors import Invalid


class ServerSettings(SenderSettings):
    server = colander.SchemaNode(colander.String(), validator=colander.Length(max=20))
    authentication = colander.SchemaNode(
        colander.String(), missing="basic", validator=colander.OneOf(["basic", "anonymous"])
    )
    user_name = colander.SchemaNode(
        colander.String(allow_empty=True), missing="", **hint.visible_when("authentication", "basic")
    )
    password = colander.SchemaNode(
        colander.String(allow_empty=True),
        missing=None,
        **hint.secret(bound_to=("server", "user_name")),
        **hint.visible_when("authentication", "basic"),
    )
    tags = colander.SchemaNode(colander.Sequence(), colander.SchemaNode(colander.String()), missing=())

    def validator(self, node: Any, settings: dict[str, Any]) -> None:
        if settings["authentication"] == "basic" and not settings["user_name"]:
            mistake = colander.Invalid(node)
            child = node["user_name"]
            mistake.add(colander.Invalid(child, "Signing in needs a name."), node.children.index(child))
            raise mistake


STORED = {"server": "mail.example", "authentication": "basic", "user_name": "ada"}


def check_address(text: str) -> Text | None:
    return None if text.count("@") == 1 and "." in text else "No address."


def new(**given: Any) -> SettingsChange:
    return new_settings(ServerSettings(), given, check_address)


def changed(given: Any, stored: Any = None, secrets: Any = ("password",)) -> SettingsChange:
    return changed_settings(
        ServerSettings(), given, STORED if stored is None else stored, secrets, check_address
    )


def mistakes(call: Any, *arguments: Any, **keywords: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        call(*arguments, **keywords)
    return [(error.pointer, error.code) for error in refused.value.errors]


def test_secrets_of_a_new_account_stand_apart_and_defaults_are_filled_in() -> None:
    made = new(server="mail.example", user_name="ada", password="geheim")

    assert made.new_secrets == {"password": "geheim"}
    assert "password" not in made.values
    assert "geheim" not in repr(made)
    assert made.values["authentication"] == "basic"
    assert made.values["tags"] == []


@pytest.mark.parametrize("password", [None, ""])
def test_an_empty_secret_is_none(password: str | None) -> None:
    assert new(server="x", user_name="ada", password=password).new_secrets == {}


def test_a_new_account_needs_what_is_needed_and_no_secret_that_does_not_apply() -> None:
    assert set(mistakes(new, authentication="anonymous", password="x", colour="red")) == {
        ("/settings/server", "schema.required"),
        ("/settings/password", "settings.not_applicable"),
        ("/settings/colour", "schema.unknown_field"),
    }


def test_a_change_names_what_it_changes() -> None:
    change = changed({"server": "other.example"})

    assert change.values == {**changed({}).values, "server": "other.example"}
    assert change.changed == {"server"}
    assert change.kept_secrets == {"password"}


@pytest.mark.parametrize("given", [{}, {"password": {"is_set": True}}])
def test_a_secret_that_is_left_out_or_read_back_stays(given: Any) -> None:
    change = changed(given)

    assert change.kept_secrets == {"password"}
    assert (change.new_secrets, change.changed) == ({}, frozenset())


@pytest.mark.parametrize("given", [{"password": None}, {"password": ""}])
def test_null_removes_a_secret(given: Any) -> None:
    change = changed(given)

    assert (change.kept_secrets, change.new_secrets) == (frozenset(), {})
    assert change.changed == {"password"}


def test_a_given_secret_replaces_the_stored_one() -> None:
    change = changed({"password": "neu"})

    assert (change.kept_secrets, change.new_secrets) == (frozenset(), {"password": "neu"})
    assert change.changed == {"password"}


def test_leaving_basic_drops_user_name_and_password() -> None:
    change = changed({"authentication": "anonymous"})

    assert change.values["user_name"] == ""
    assert change.kept_secrets == frozenset()
    assert change.changed == {"authentication", "user_name", "password"}


def test_a_value_that_does_not_apply_is_refused() -> None:
    assert mistakes(changed, {"authentication": "anonymous", "password": "x"}) == [
        ("/settings/password", "settings.not_applicable")
    ]


def test_a_value_may_be_given_with_the_setting_that_makes_it_apply() -> None:
    stored = {"server": "mail.example", "authentication": "anonymous"}

    change = changed({"authentication": "basic", "user_name": "ada", "password": "x"}, stored, ())

    assert change.new_secrets == {"password": "x"}


def test_the_schemas_own_rules_hold_for_the_whole() -> None:
    assert mistakes(changed, {"user_name": ""}) == [("/settings/user_name", "schema.invalid")]


def test_what_was_stored_by_another_version_is_completed_and_what_is_unknown_goes() -> None:
    change = changed({}, {"server": "mail.example", "user_name": "ada", "colour": "red"})

    assert "colour" not in change.values
    assert change.values["authentication"] == "basic"


def test_a_stored_list_is_not_shared_with_the_change() -> None:
    stored = {**STORED, "tags": ["a"]}

    changed({}, stored).values["tags"].append("b")

    assert stored["tags"] == ["a"]


@pytest.mark.parametrize("given", [{"server": "evil.example"}, {"user_name": "eve"}])
def test_a_kept_secret_is_needed_again_for_another_server_or_user(given: Any) -> None:
    errors = list(secrets_needed_again(ServerSettings(), changed(given), STORED))

    assert [(error.pointer, error.code) for error in errors] == [
        ("/settings/password", "secret.needed_again")
    ]


def test_a_kept_secret_serves_while_what_it_is_bound_to_is_the_same() -> None:
    for given in ({"server": "mail.example"}, {"tags": ["x"]}, {"server": "evil.example", "password": "new"}):
        assert list(secrets_needed_again(ServerSettings(), changed(given), STORED)) == []


def test_addresses_among_the_settings_are_addresses() -> None:
    given = {
        "substitute_sender": "nobody",
        "allow_sender_override": True,
        "allowed_senders": ["ada@example.com", "example.com", "nowhere", "@example.com"],
    }
    assert mistakes(changed, given) == [
        ("/settings/substitute_sender", "address.invalid"),
        ("/settings/allowed_senders/2", "address.invalid"),
    ]


def test_something_in_the_place_of_each_secret_shows_that_it_is_there() -> None:
    assert changed({}).shown()["password"]
    assert "password" not in changed({"password": None}).shown()
    assert "neu" not in changed({"password": "neu"}).shown().values()
