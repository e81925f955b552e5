"""What may be saved, and what is only worth a warning."""

from typing import Any

import colander
import pytest

from mailhub_smtp.notices import is_microsoft, notices
from mailhub_smtp.plugin import SMTP, mailhub_register_connectors
from mailhub_smtp.settings import SmtpAccount, SmtpSettingsSchema

LEAST = {"server": "smtp.example.com", "user_name": "ada"}


def valid(**settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = SmtpSettingsSchema().deserialize({**LEAST, **settings})
    return found


def mistakes(settings: dict[str, Any]) -> dict[str, str | None]:
    with pytest.raises(colander.Invalid) as caught:
        SmtpSettingsSchema().deserialize(settings)
    return {child.node.name: getattr(child, "code", None) for child in caught.value.children}


def test_the_least_that_is_needed_gets_modern_defaults() -> None:
    settings = valid()
    assert (settings["port"], settings["security"], settings["authentication"]) == (587, "starttls", "basic")
    assert settings["verify_certificate"] is True
    assert settings["on_uncertain"] == "resend"
    assert settings["sender_type"] == "specific"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" smtp.example.com ", "smtp.example.com"),
        ("https://smtp.example.com/", "smtp.example.com"),
        ("HTTP://smtp.example.com", "smtp.example.com"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("192.0.2.1", "192.0.2.1"),
        ("bücher.example", "bücher.example"),
    ],
)
def test_a_server_is_kept_as_a_bare_host(typed: str, kept: str) -> None:
    assert valid(server=typed)["server"] == kept


@pytest.mark.parametrize(
    "server",
    ["", "https://", "a b", "host:25", "a/b", "user@host", "a\r\nb", "a\0b", "x" * 251, ":" * 90_000],
)
def test_what_is_no_host_is_refused(server: str) -> None:
    assert "server" in mistakes({**LEAST, "server": server})


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_between_1_and_65535(port: int) -> None:
    assert mistakes({**LEAST, "port": port}) == {"port": None}


@pytest.mark.parametrize("name", ["ntlm", "oauth2"])
def test_sign_ins_that_do_not_exist_yet_say_so(name: str) -> None:
    assert mistakes({**LEAST, "authentication": name}) == {"authentication": "settings.not_yet"}


def test_basic_needs_a_user_name() -> None:
    assert mistakes({"server": "smtp.example.com"}) == {"user_name": "schema.required"}
    assert mistakes({"server": "smtp.example.com", "user_name": "  "}) == {"user_name": "schema.required"}


def test_anonymous_needs_none() -> None:
    SmtpSettingsSchema().deserialize({"server": "smtp.example.com", "authentication": "anonymous"})


@pytest.mark.parametrize("name", ["user_name", "password"])
def test_control_characters_are_refused(name: str) -> None:
    assert name in mistakes({**LEAST, name: "a\0b"})


def test_a_password_is_secret_and_bound_to_server_port_and_user() -> None:
    node = SmtpSettingsSchema()["password"]
    assert node.secret
    assert node.secret_bound_to == ("server", "port", "user_name")


def test_schemas_are_made_fresh() -> None:
    assert SMTP.settings_schema() is not SMTP.settings_schema()


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, []),
        ({"security": "none"}, ["smtp.password_without_tls"]),
        ({"security": "none", "authentication": "anonymous"}, []),
        ({"server": "smtp.office365.com"}, ["smtp.basic_is_retired"]),
        ({"server": "smtp.office365.com", "authentication": "anonymous"}, []),
        ({"verify_certificate": False}, ["smtp.certificate_not_verified"]),
    ],
)
def test_notices(settings: dict[str, Any], codes: list[str]) -> None:
    usual = {
        "server": "smtp.example.com",
        "security": "tls",
        "authentication": "basic",
        "verify_certificate": True,
    }
    assert [each.code for each in notices({**usual, **settings})] == codes


@pytest.mark.parametrize(
    ("server", "is_theirs"),
    [
        ("smtp.office365.com", True),
        ("SMTP-mail.Outlook.com.", True),
        ("notoutlook.com", False),
        ("outlook.com.evil.example", False),
    ],
)
def test_microsofts_hosts(server: str, is_theirs: bool) -> None:
    assert is_microsoft(server) is is_theirs


def test_the_connector_is_registered_and_listed_last() -> None:
    assert list(mailhub_register_connectors()) == [SMTP]
    assert SMTP.id == "smtp"
    assert SMTP.sort_order == 900
    assert SMTP.default_rate_limit_per_minute == 0
    assert SMTP.logo.startswith(b"<svg")
    assert b"script" not in SMTP.logo


def test_presets_name_only_settings_that_exist() -> None:
    names = {child.name for child in SmtpSettingsSchema().children}
    for preset in SMTP.presets:
        assert set(preset.settings) <= names


def test_microsoft_365_proposes_oauth_and_names_app_passwords() -> None:
    preset = next(each for each in SMTP.presets if each.id == "microsoft365")
    assert preset.settings["authentication"] == "oauth2"
    assert "app password" in str(preset.hint)


def test_settings_of_an_older_version_have_defaults() -> None:
    account = SmtpAccount.from_settings({"server": "mx", "password": None, "of_another_version": 1})
    assert (account.port, account.password, account.verify_certificate) == (587, "", True)
