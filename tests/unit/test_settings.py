"""Settings: where they come from, which wins, and what a wrong one says."""

import dataclasses

import pytest

from mailhub.settings import AREAS, SETTINGS, Settings, SettingsError


def problems_of(ini: dict[str, str], environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load(ini, environ or {})
    return str(caught.value).splitlines()


def test_without_ini_and_environment_the_defaults_hold() -> None:
    assert Settings.load({}, {}) == Settings()


def test_an_ini_value_is_read_by_its_name() -> None:
    assert Settings.load({"mailhub.http.port": "8080"}, {}).http_port == 8080


def test_the_environment_wins_over_the_ini_file() -> None:
    read = Settings.load({"mailhub.http.port": "8080"}, {"MAILHUB_HTTP_PORT": "9090"})
    assert read.http_port == 9090


def test_a_wrong_ini_value_does_not_matter_where_the_environment_wins() -> None:
    assert Settings.load({"mailhub.http.port": "wrong"}, {"MAILHUB_HTTP_PORT": "9090"}).http_port == 9090


def test_names_of_others_are_passed_over() -> None:
    ini = {"pyramid.includes": "x", "use": "egg:mailhub"}
    environ = {"PATH": "/bin", "MAILHUB_SKIPS_FAIL": "1"}
    assert Settings.load(ini, environ) == Settings()


def test_all_wrong_settings_are_named_at_once() -> None:
    found = problems_of(
        {"mailhub.http.port": "99999", "mailhub.log.level": "loud", "mailhub.delivery.embedded": "maybe"},
        {"MAILHUB_LOG_FORMAT": "xml"},
    )
    assert found == [
        "mailhub.http.port = 99999: expected a whole number from 0 to 65535",
        "mailhub.delivery.embedded = maybe: expected true or false",
        "mailhub.log.level = loud: expected one of: debug, info, warning, error",
        "MAILHUB_LOG_FORMAT = xml: expected one of: json, text",
    ]


def test_an_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    assert problems_of({"mailhub.http.prot": "1"}) == [
        "mailhub.http.prot: there is no such setting; did you mean mailhub.http.port?"
    ]


def test_a_name_like_no_other_is_refused_without_a_suggestion() -> None:
    assert problems_of({"mailhub.zzzzzzzz": "1"}) == ["mailhub.zzzzzzzz: there is no such setting"]


def test_a_misspelt_variable_in_one_of_our_areas_is_refused() -> None:
    assert problems_of({}, {"MAILHUB_HTTP_PROT": "1"}) == [
        "MAILHUB_HTTP_PROT: there is no such setting; did you mean MAILHUB_HTTP_PORT?"
    ]


def test_an_unknown_setting_is_named_beside_a_wrong_one() -> None:
    assert len(problems_of({"mailhub.http.prot": "1", "mailhub.http.port": "x"})) == 2


@pytest.mark.parametrize(
    ("ini", "problem"),
    [
        (
            {"mailhub.retry.first_seconds": "60", "mailhub.retry.cap_seconds": "30"},
            "mailhub.retry.cap_seconds is less than mailhub.retry.first_seconds",
        ),
        (
            {"mailhub.message.max_bytes": "1 MB"},
            "mailhub.message.max_bytes is less than mailhub.message.max_attachment_bytes",
        ),
        (
            {"mailhub.store.uri": "file:///srv/hub.fs", "mailhub.store.sessions_uri": "file:///srv/hub.fs"},
            "mailhub.store.sessions_uri is the same as mailhub.store.uri",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(ini: dict[str, str], problem: str) -> None:
    assert problems_of(ini) == [problem]


def test_both_databases_may_be_in_memory() -> None:
    assert Settings.load(dict.fromkeys(("mailhub.store.uri", "mailhub.store.sessions_uri"), "memory://"), {})


def test_the_secret_key_is_shown_nowhere() -> None:
    settings = Settings.load({}, {"MAILHUB_SECRETS_KEY": "c2VjcmV0"})
    assert settings.secrets_key == "c2VjcmV0"
    assert "c2VjcmV0" not in repr(settings)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().http_port = 1  # type: ignore[misc]  # the point of the test


def test_every_default_is_a_value_of_its_own_kind() -> None:
    for setting in SETTINGS:
        assert setting.kind.parse(setting.default_text) == setting.default, setting.ini_name


def test_every_area_has_its_line_and_stays_together() -> None:
    order = list(dict.fromkeys(setting.area for setting in SETTINGS))
    assert order == list(AREAS)
    assert sorted(SETTINGS, key=lambda setting: order.index(setting.area)) == list(SETTINGS)


@pytest.mark.parametrize(
    ("attribute", "ini_name", "variable"),
    [
        ("environment", "mailhub.environment", "MAILHUB_ENVIRONMENT"),
        ("data_dir", "mailhub.data.dir", "MAILHUB_DATA_DIR"),
        (
            "network_allow_private_hosts",
            "mailhub.network.allow_private_hosts",
            "MAILHUB_NETWORK_ALLOW_PRIVATE_HOSTS",
        ),
    ],
)
def test_names_follow_from_the_attribute(attribute: str, ini_name: str, variable: str) -> None:
    setting = next(each for each in SETTINGS if each.attribute == attribute)
    assert (setting.ini_name, setting.environment_name) == (ini_name, variable)
