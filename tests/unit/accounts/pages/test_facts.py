"""Settings of a connector that exists only here, as they are read on the account's page."""

from typing import Any

from mailhub.accounts.pages.facts import plain_text, settings_facts
from mailhub.contract.texts import plain
from tests.kit.pigeon_connector.mailhub_pigeon.settings import PigeonSettings

STORED = {
    "loft": "North tower",
    "signing": "ring",
    "ring_key": {"is_set": True},
    "wax": "red",
    "speed": 80,
    "night": False,
    "days": ["mon", "fri"],
    "stops": ["Mill", "Bridge"],
    "birds": [{"called": "Ada", "weight": 312.5, "ringed": True, "ring_number": 7}, {"called": "Bob"}],
    "basket": {"lining": "hay", "places": 4},
}


def facts(**stored: Any) -> dict[str, str]:
    return {plain(title): text for title, text in settings_facts(PigeonSettings(), stored, plain)}


def test_they_are_said_in_the_words_of_the_form() -> None:
    assert facts(**STORED) == {
        "Loft": "North tower",
        "Signing": "By a ring",
        "Ring key": "Set",
        "Wax": "red",
        "Speed": "80 km/h",
        "Fly at night": "No",
        "Days": "Monday, Friday",
        "Stops": "Mill, Bridge",
        "Birds": "Called Ada, Weight 312.5 g, Ringed Yes, Ring number 7; Called Bob",
        "Basket": "Lining Hay, Places 4",
    }


def test_what_is_not_set_is_not_mentioned_but_for_secrets() -> None:
    key = {"is_set": False}
    assert facts(loft="x", ring_key=key, stops=[], escort=None, orders="") == {
        "Loft": "x",
        "Ring key": "Not set",
    }
    assert facts(loft="x") == {"Loft": "x"}


def test_without_a_schema_values_are_told_as_they_are_stored() -> None:
    assert plain_text({"a": [1, True], "key": {"is_set": False}}, plain) == "a: 1, Yes, key: Not set"
