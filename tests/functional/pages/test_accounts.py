"""Pages of e-mail accounts, over the fake connector."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailhub.accounts.model import accounts_of
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

FIELDS = {
    "name": "Sales",
    "address": "sales@example.com",
    "settings/server": "fake.example",
    "rate_limit_per_minute": "30",
    "concurrency_limit": "3",
    "max_attempts": "5",
    "limit_group": "",
}


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.user("ada", password=PASSWORD)
    kit.user("olga", "email-operator", password=PASSWORD)
    yield kit
    kit.close()


@pytest.fixture
def browser(kit: HubKit) -> Browserless:
    return signed_in(kit, "ada")


def controls(page: Any, form_id: str = "account") -> dict[str, str]:
    """What a browser would send of a form as it is."""
    form = next(form for form in page.forms.values() if form.id == form_id)
    return {name: value for name, value in form.submit_fields() if name and name != "csrf_token"}


def account(kit: HubKit, name: str) -> Any:
    with kit.hub.database.reading() as root:
        found = [each for each in accounts_of(root).by_id.values() if each.name == name]
        assert len(found) == 1
        return {**vars(found[0]), "revision": found[0].revision}


def id_of(kit: HubKit, name: str) -> str:
    found: str = account(kit, name)["id"]
    return found


def wait_for_check(browser: Browserless, path: str) -> Any:
    """The check's part of a page, when the check has come to its end."""
    for _look in range(500):
        part = browser.get(path, HX_Request="true")
        if not part.html.find(id="check").get("aria-busy"):
            return part
    raise AssertionError("the check does not end")


def test_every_connector_is_offered_with_what_it_is_for(browser: Browserless) -> None:
    page = browser.get("/accounts/new")
    links = {each["href"] for each in page.html.select(".choice a")}
    assert "/accounts/new/fake" in links


def test_the_first_account_is_proposed_as_the_default_and_later_ones_are_not(
    kit: HubKit, browser: Browserless
) -> None:
    assert (
        browser.get("/accounts/new/fake")
        .html.find("input", {"name": "is_default", "type": "checkbox"})
        .has_attr("checked")
    )
    kit.account("first")
    assert (
        not browser.get("/accounts/new/fake")
        .html.find("input", {"name": "is_default", "type": "checkbox"})
        .has_attr("checked")
    )


def test_an_account_is_made_by_its_form_and_shown(kit: HubKit, browser: Browserless) -> None:
    answer = browser.post("/accounts/new/fake", {**controls(browser.get("/accounts/new/fake")), **FIELDS})
    page = browser.get(answer.location)
    assert "The account Sales was saved." in page.text
    assert "sales@example.com" in page.text
    made = account(kit, "Sales")
    assert made["rate_limit_per_minute"] == 30
    assert made["limit_group"] is None
    assert answer.location == f"/accounts/{made['id']}"


def test_what_is_wrong_is_told_at_its_fields_and_nothing_typed_is_lost(
    kit: HubKit, browser: Browserless
) -> None:
    fields = {**controls(browser.get("/accounts/new/fake")), **FIELDS}
    page = browser.post(
        "/accounts/new/fake",
        {**fields, "address": "no address", "concurrency_limit": "99", "name": "My <Sales>"},
        422,
    )
    wrong = {each["name"] for each in page.html.select("[aria-invalid=true]")}
    assert wrong == {"address", "concurrency_limit"}
    assert page.html.find("input", {"name": "name"})["value"] == "My <Sales>"
    assert page.html.find("input", {"name": "address"})["value"] == "no address"
    with kit.hub.database.reading() as root:
        assert not accounts_of(root).by_id


def test_fields_that_were_never_offered_change_nothing(kit: HubKit, browser: Browserless) -> None:
    fields = {
        **controls(browser.get("/accounts/new/fake")),
        **FIELDS,
        "id": "mine",
        "connector": "file",
        "state": "x",
    }
    browser.post("/accounts/new/fake", fields)
    made = account(kit, "Sales")
    assert made["id"] != "mine"
    assert made["connector"] == "fake"


def test_settings_are_tried_before_they_are_saved_and_each_step_is_shown(
    kit: HubKit, browser: Browserless
) -> None:
    fields = {
        **controls(browser.get("/accounts/new/fake")),
        **FIELDS,
        "__check": "1",
        "__check_to": "ada@example.com",
    }
    part = browser.post("/accounts/new/fake", fields, 200, HX_Request="true")
    path = part.html.find(id="check").get("hx-get")
    ended = wait_for_check(browser, path) if path else part
    assert "the test mail was accepted" in ended.text
    assert len(kit.provider.received) == 1
    with kit.hub.database.reading() as root:
        assert not accounts_of(root).by_id


def test_a_check_that_fails_names_the_step_and_the_cause(kit: HubKit, browser: Browserless) -> None:
    kit.provider.kill_sign_in()
    fields = {
        **controls(browser.get("/accounts/new/fake")),
        **FIELDS,
        "__check": "1",
        "__check_to": "ada@example.com",
    }
    part = browser.post("/accounts/new/fake", fields, 200, HX_Request="true")
    path = part.html.find(id="check").get("hx-get")
    ended = wait_for_check(browser, path) if path else part
    failed = ended.html.select(".step-failed")
    assert [each.select_one(".step-name").text for each in failed] == ["Sign in"]
    assert "It does not work yet." in ended.text


def test_without_a_script_the_page_comes_again_with_the_check_in_it(
    kit: HubKit, browser: Browserless
) -> None:
    fields = {**controls(browser.get("/accounts/new/fake")), **FIELDS, "__check": "1", "__check_to": ""}
    page = browser.post("/accounts/new/fake", fields, 200)
    assert page.html.find(id="check").select(".step")
    assert page.html.find("input", {"name": "name"})["value"] == "Sales"


def test_a_check_of_a_form_with_mistakes_tells_them_beside_the_button(browser: Browserless) -> None:
    fields = {**controls(browser.get("/accounts/new/fake")), **FIELDS, "address": "x", "__check": "1"}
    part = browser.post("/accounts/new/fake", fields, 422, HX_Request="true")
    assert "This cannot be tried yet" in part.text
    assert part.html.select_one("#check a")["href"].startswith("#account")


def test_a_check_is_seen_by_who_began_it_only(kit: HubKit, browser: Browserless) -> None:
    fields = {**controls(browser.get("/accounts/new/fake")), **FIELDS, "__check": "1"}
    page = browser.post("/accounts/new/fake", fields, 200)
    link = page.html.find(id="check").get("hx-get")
    if link is not None:
        signed_in(kit, "olga").get(link, 404)
    browser.get("/checks/unknown", 404)


def test_an_account_is_changed_and_its_secrets_stay_unless_replaced(
    kit: HubKit, browser: Browserless
) -> None:
    kit.account("sales")
    page = browser.get("/accounts/sales/edit")
    browser.post(
        "/accounts/sales/edit", {**controls(page), "name": "Sales and orders", "rate_limit_per_minute": "5"}
    )
    changed = account(kit, "Sales and orders")
    assert changed["rate_limit_per_minute"] == 5
    assert changed["settings"]["server"] == "fake.example"


def test_nobodys_change_is_overwritten_unseen(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales")
    mine = controls(browser.get("/accounts/sales/edit"))
    signed_in(kit, "ada").post("/accounts/sales/edit", {**mine, "name": "Theirs"})
    page = browser.post("/accounts/sales/edit", {**mine, "name": "Mine"}, 412)
    assert "Somebody else has changed this account" in page.text
    assert page.html.find("input", {"name": "name"})["value"] == "Mine"
    browser.post("/accounts/sales/edit", {**controls(page), "name": "Mine"})
    assert account(kit, "Mine")


def test_default_pause_and_resume_are_one_click(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales", default=False)
    browser.post("/accounts/sales/default", {"from": "list"})
    assert "Default" in browser.get("/accounts").html.find("table").text
    assert browser.post("/accounts/sales/pause").location == "/accounts/sales"
    assert "This account is paused" in browser.get("/accounts/sales").text
    browser.post("/accounts/sales/resume")
    assert "Ready" in browser.get("/accounts/sales").text


def test_a_test_mail_is_followed_to_its_end(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales")
    form = controls(browser.get("/accounts/sales/test"), "test")
    assert form["to"] == "ada@example.com"
    answer = browser.post("/accounts/sales/test", form)
    page = browser.get(answer.location)
    path = page.html.find(id="check").get("hx-get")
    ended = wait_for_check(browser, path) if path else page
    assert "the test mail was accepted" in ended.text
    assert "To the account" in browser.get(answer.location).text


def test_a_test_mail_needs_an_address(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales")
    page = browser.post("/accounts/sales/test", {"to": "nobody"}, 422)
    assert page.html.find("input", {"name": "to"})["aria-invalid"] == "true"


def test_deleting_asks_what_becomes_of_waiting_mail(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales")
    kit.account("other", default=False)
    message = kit.user("ada").send().json["id"]
    page = browser.get("/accounts/sales/delete")
    assert "One message waits in it." in page.text
    revision = page.html.find("input", {"name": "revision"})["value"]
    browser.post("/accounts/sales/delete", {"revision": revision}, 409)
    browser.post("/accounts/sales/delete", {"revision": revision, "waiting": "move", "to": "other"})
    listed = browser.get("/accounts")
    assert "There is no default account any more." in listed.text
    assert "1 moved" in listed.text
    assert kit.read(message, lambda stored: stored.account_id) == "other"


def test_an_account_without_mail_is_deleted_at_once(kit: HubKit, browser: Browserless) -> None:
    kit.account("sales")
    page = browser.get("/accounts/sales/delete")
    browser.post(
        "/accounts/sales/delete", {"revision": page.html.find("input", {"name": "revision"})["value"]}
    )
    assert "No e-mail account yet" in browser.get("/accounts").text


def test_an_account_whose_connector_is_away_can_be_looked_at_and_deleted(
    kit: HubKit, browser: Browserless
) -> None:
    kit.account("sales")

    def lose(root: Any) -> None:
        accounts_of(root).by_id["sales"].connector = "gone"

    kit.change(lose)
    page = browser.get("/accounts/sales")
    assert "Its connector is missing" in page.text
    assert browser.get("/accounts/sales/edit", 303).location == "/accounts/sales"
    assert "Connector missing" in browser.get("/accounts").text


def test_of_a_secret_only_whether_it_is_set_is_shown(kit: HubKit, browser: Browserless) -> None:
    fields = {**controls(browser.get("/accounts/new/fake")), **FIELDS}
    browser.post("/accounts/new/fake", {**fields, "settings/token": "open sesame"})
    browser.post("/accounts/new/fake", {**fields, "name": "Bare"})

    def token_of(name: str) -> str:
        page = browser.get(f"/accounts/{id_of(kit, name)}")
        assert "open sesame" not in page.text
        term = next(each for each in page.html.find_all("dt") if each.text == "Token")
        found: str = term.find_next_sibling("dd").text
        return found

    assert token_of("Sales") == "Set"
    assert token_of("Bare") == "Not set"
    assert "open sesame" not in browser.get(f"/accounts/{id_of(kit, 'Sales')}/edit").text


def test_operators_see_states_and_queues_but_no_settings(kit: HubKit) -> None:
    kit.account("sales")
    olga = signed_in(kit, "olga")
    page = olga.get("/accounts/sales")
    assert page.html.find(id="queue") is not None
    assert page.html.find(id="settings") is None
    assert "fake.example" not in page.text
    olga.post("/accounts/sales/pause")
    olga.get("/accounts/sales/edit", 403)
    assert "Send a test mail" not in olga.get("/accounts").text
