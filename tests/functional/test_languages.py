"""Answers are in the language that a client asks for, of those the hub speaks; in English when it asks for none."""

from pathlib import Path

import pytest

from mailhub_smtp import plugin as smtp
from tests.kit.hub import Api, HubKit
from tests.kit.pages import Browserless, signed_in

CANADIAN = {"Accept-Language": "fr-CA,fr;q=0.9"}


@pytest.fixture
def api(kit: HubKit) -> Api:
    return kit.user("ada", "email-edit", "email-setup")


def test_a_refusal_is_told_in_french(api: Api) -> None:
    problem = api.app.get("/api/v1/accounts/none", headers=CANADIAN, status=404).json

    assert problem["title"] == "Introuvable"
    assert problem["detail"] == "Il n’y a rien ici, ou vous n’êtes pas autorisé à le voir."


def test_mistakes_in_fields_are_told_in_french_with_their_values(api: Api) -> None:
    body = {"scenario": "default", "to": ["ada@example.com, bob@example.com"], "subject": "x", "text": "x"}
    problem = api.app.post_json("/api/v1/messages", body, headers=CANADIAN, status=422).json

    assert problem["title"] == "Requête non valide"
    assert problem["errors"][0]["message"] == (
        "«\N{NO-BREAK SPACE}ada@example.com, bob@example.com\N{NO-BREAK SPACE}» contient plus d’une adresse."
    )


def test_what_a_library_finds_is_told_in_french(api: Api) -> None:
    problem = api.app.get("/api/v1/messages?limit=0", headers=CANADIAN, status=422).json

    assert problem["errors"][0]["message"] == "0 est plus petit que la valeur minimale autorisée (1)"


def test_a_plugin_brings_its_own_french(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path, plugins=[smtp])
    api = kit.user("ada", "email-setup")
    connectors = api.app.get("/api/v1/connectors", headers=CANADIAN, status=200).json["items"]
    kit.close()

    assert {each["id"]: each["description"] for each in connectors}["smtp"] == (
        "Envoie par SMTP à travers un serveur de messagerie."
    )


def test_a_page_is_in_french(kit: HubKit) -> None:
    page = kit.nobody().app.get("/api/docs", headers=CANADIAN, status=200)

    assert '<html lang="fr"' in page.text
    assert "<h1>L’API de ce hub</h1>" in page.text


def test_who_is_not_signed_in_reads_a_page_in_his_browsers_language(kit: HubKit) -> None:
    page = Browserless(kit, language=CANADIAN["Accept-Language"]).get("/sign-in")

    assert page.html.html["lang"] == "fr"
    assert page.html.h1.text.strip() == "Se connecter"


def test_who_is_signed_in_reads_a_page_in_the_language_he_chose(kit: HubKit) -> None:
    page = signed_in(kit, "ada", "email-read", language="fr").get("/outbox", Accept_Language="en")

    assert page.html.html["lang"] == "fr"
    assert page.html.h1.text.strip() == "Boîte d’envoi"


@pytest.mark.parametrize("path", ["/", "/accounts/sales"])
def test_what_was_stored_in_english_is_read_in_french(kit: HubKit, path: str) -> None:
    stored = "The server mail.example is not known: check its name. (no answer)"
    kit.change_account(
        "sales", attention=("account.misconfigured", stored, kit.hub.clock.now(), "Change the settings.")
    )
    page = signed_in(kit, "ada", language="fr").get(path).html.find(id="main").text

    assert "Le serveur mail.example est inconnu\N{NO-BREAK SPACE}: vérifiez son nom. (no answer)" in page
    assert ("Modifiez les paramètres." in page) is (path != "/")


@pytest.mark.parametrize("wanted", [None, "de", "en-US,fr;q=0.5", "*", "not a header ?"])
def test_everybody_else_gets_english(api: Api, wanted: str | None) -> None:
    headers = {} if wanted is None else {"Accept-Language": wanted}
    problem = api.app.get("/api/v1/accounts/none", headers=headers, status=404).json

    assert problem["title"] == "Not found"
