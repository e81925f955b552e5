"""A connector that exists only here gets a whole form: for the mouse, for keys alone, without JavaScript."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.kit.pigeon_connector import environment_with_pigeons
from tests.kit.pigeon_connector.mailhub_pigeon.plugin import RIGHT_KEY

from .kit import Keys, PreparedHub, VisitedHub, check_accessible, check_fits, sign_in

NEW = "/accounts/new/pigeon"
BARE: dict[str, Any] = {
    "loft": "North tower",
    "signing": "none",
    "speed": None,
    "night": True,
    "since": None,
    "orders": "",
    "days": [],
    "stops": [],
    "birds": [],
    "basket": {"lining": "straw", "places": 2},
    "escort": None,
}
"""What an account has of which only the loft was said."""
FULL: dict[str, Any] = {
    "loft": "North tower",
    "signing": "ring",
    "ring_key": {"is_set": True},
    "wax": "green",
    "speed": 80,
    "night": False,
    "since": "2024-03-03",
    "orders": "Fly low.\nCome home.",
    "days": ["mon", "fri"],
    "stops": ["Mill", "Bridge"],
    "birds": [
        {"called": "Ada", "weight": 312.5, "ringed": False, "ring_number": None},
        {"called": "Bob", "weight": 300.0, "ringed": True, "ring_number": 7},
    ],
    "basket": {"lining": "hay", "places": 4},
    "escort": {"hawk": "Horus", "height": 120},
}
UNTIED = """
[...document.querySelectorAll("form .form-text[id], form .input-group-text[id], form .invalid-feedback[id]")]
    .filter(text => !document.querySelector(`[aria-describedby~="${text.id}"]`)).map(text => text.id)
"""
"""Texts of fields that no field is described by."""


@pytest.fixture(scope="module")
def hub(prepared_hub: PreparedHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisitedHub]:
    folder = tmp_path_factory.mktemp("pigeons")
    with prepared_hub.copy(folder, python=str(environment_with_pigeons(folder).python)) as hub:
        hub.start()
        yield hub


def add_account(hub: VisitedHub, name: str, **settings: Any) -> str:
    """Make an account by the API; the address of its pages."""
    fields = {"connector": "pigeon", "name": name, "address": "loft@example.com"}
    return f"/accounts/{hub.add_account(**fields, settings={'loft': 'North tower', **settings})}"


def settings_of(hub: VisitedHub, name: str) -> Any:
    """As the API gives them."""
    [id] = [each["id"] for each in hub.get("/accounts?limit=100")["items"] if each["name"] == name]
    return hub.get(f"/accounts/{id}")["settings"]


def field(page: Page | Locator, label: str) -> Locator:
    """A control by its label, without the mark of one that is needed."""
    return page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(\*?\s*\(needed\))?\s*$"))


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the account").click()


def expect_saved(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text(f"The account {name} was saved.")).to_be_visible()


def told(page: Page) -> list[str]:
    """The lines of the summary; each leads to its field, which says the same beneath it."""
    links = page.locator("#account--summary a")
    for link in links.all():
        target = page.locator((link.get_attribute("href") or "").replace(".", "\\."))
        target.evaluate("each => each.blur()")
        link.click()
        expect(target).to_be_focused()
        message = link.inner_text().rpartition(": ")[2]
        expect(target).to_have_accessible_description(re.compile(re.escape(message)))
    return links.all_inner_texts()


# -- adding ----------------------------------------------------------------------------------------------------------


def test_an_account_is_added_by_mouse(page: Page, hub: VisitedHub) -> None:
    sign_in(page, then="/accounts/new")
    page.get_by_role("link", name="Pigeon").click()
    check_accessible(page)
    assert page.evaluate(UNTIED) == []
    expect(field(page, "Loft")).to_have_accessible_description("Where the pigeons come home to.")
    expect(field(page, "Speed")).to_have_accessible_description("km/h")

    type_with_mistakes(page)
    save(page)
    expect(field(page, "Name")).to_be_focused()
    check_accessible(page)
    check_fits(page)
    assert page.evaluate(UNTIED) == []
    assert told(page) == [
        "Name: This is needed.",
        "Loft: This is needed.",
        "Speed: 200 is greater than maximum value 90",
        "Stop 2: Longer than maximum length 12",
        "Bird 2: Called: Another bird is called Ada.",
        "Basket: Places: 99 is greater than maximum value 9",
        "Escort: Hawk: This is needed.",
    ]

    mend(page)
    save(page)
    expect_saved(page, "By mouse")
    expect(page.locator("#settings")).to_contain_text(
        "Called Ada, Weight 312.5 g, Ringed No; Called Bob, Weight 300 g"
    )
    assert settings_of(hub, "By mouse") == FULL


def type_with_mistakes(page: Page) -> None:
    """Everything of ``FULL`` but for seven fields."""
    field(page, "E-mail address").fill("loft@example.com")
    page.get_by_role("radio", name="By a ring").check()
    field(page, "Ring key").fill(RIGHT_KEY)
    field(page, "Wax").fill("green")
    field(page, "Speed").fill("200")
    field(page, "Fly at night").uncheck()
    field(page, "Since").fill("2024-03-03")
    field(page, "Orders").fill("Fly low.\nCome home.")
    field(page, "Friday").check()
    field(page, "Monday").check()
    field(page, "Stop 1").fill("Mill")
    page.get_by_role("button", name="Add: Stop").click()
    field(page, "Stop 2").fill("Far beyond the sea")
    for name in ("Ada", "Ada"):
        page.get_by_role("button", name="Add: Bird").click()
        page.keyboard.type(name)
    field(group(page, "Bird 1"), "Weight").fill("312.5")
    field(group(page, "Bird 2"), "Ringed").check()
    field(group(page, "Bird 2"), "Ring number").fill("7")
    page.get_by_role("radio", name="Hay").check()
    field(page, "Places").fill("99")
    field(page, "Set this").check()
    field(page, "Height").fill("120")


def mend(page: Page) -> None:
    """Only what was wrong, and the secret, which is not sent back."""
    field(page, "Name").fill("By mouse")
    field(page, "Loft").fill("North tower")
    field(page, "Ring key").fill(RIGHT_KEY)
    field(page, "Speed").fill("80")
    field(page, "Stop 2").fill("Bridge")
    field(group(page, "Bird 2"), "Called").fill("Bob")
    field(page, "Places").fill("4")
    field(page, "Hawk").fill("Horus")


def test_an_account_is_added_by_keys_alone(page: Page, hub: VisitedHub) -> None:
    sign_in(page, then=NEW)
    keys = Keys(page)
    keys.to("Loft").press("Enter")
    expect(field(page, "Name")).to_be_focused()
    keys.to("Name", key="Shift+Tab").type("By keys")
    keys.to("E-mail address").type("loft@example.com")
    keys.to("Loft").type("North tower")
    keys.to("Not at all", role="radio").press("ArrowDown")
    keys.to("Ring key").type(RIGHT_KEY)
    keys.to("Wax").type("green")
    keys.to("Speed").type("80")
    keys.to("Fly at night").press("Space")
    keys.to("Since")
    page.keyboard.type("03032024")
    keys.to("Orders").type("Fly low.\nCome home.")
    keys.to("Monday").press("Space").to("Friday").press("Space")
    keys.to("Stop 1").type("Mill").to("Add: Stop").press("Enter").type("Bridge")
    keys.to("Add: Bird").press("Enter").type("Ada").to("Weight").type("312.5")
    keys.to("Add: Bird").press("Enter").type("Bob").to("Ringed").press("Space").to("Ring number").type("7")
    keys.to("Straw", role="radio").press("ArrowDown").to("Places").type("4")
    keys.to("Set this").press("Space").to("Hawk").type("Horus").to("Height").type("120")
    keys.to("Save the account").press("Enter")
    expect_saved(page, "By keys")
    assert settings_of(hub, "By keys") == FULL


def test_an_account_is_added_without_javascript(scriptless_page: Page, hub: VisitedHub) -> None:
    page = scriptless_page
    sign_in(page, then=NEW)
    expect(field(page, "Ring key")).to_have_accessible_description(re.compile("Applies only to this choice"))
    page.get_by_role("button", name="Add: Stop").click()
    page.get_by_role("button", name="Add: Bird").click()
    page.get_by_role("button", name="Add: Bird").click()
    expect(field(group(page, "Bird 2"), "Called")).to_be_in_viewport()
    type_plainly(page)
    page.get_by_role("button", name="Move up: Stop 2").click()
    expect(field(page, "Stop 1")).to_have_value("Mill")
    page.get_by_role("button", name="Add: Stop").click()
    page.get_by_role("button", name="Remove: Stop 3").click()
    save(page)
    # the system's theme is a script's to follow
    check_accessible(page, themes=["light"])
    assert told(page) == ["Speed: 200 is greater than maximum value 90"]
    assert RIGHT_KEY not in page.content()
    field(page, "Speed").fill("80")
    field(page, "Ring key").fill(RIGHT_KEY)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("list", name="Steps of the check")).to_be_visible()
    field(page, "Ring key").fill(RIGHT_KEY)
    save(page)
    expect_saved(page, "Plainly")
    assert settings_of(hub, "Plainly") == FULL


def type_plainly(page: Page) -> None:
    """Everything of ``FULL`` but for one mistake, into rows that are there; the stops the wrong way round."""
    field(page, "Name").fill("Plainly")
    field(page, "E-mail address").fill("loft@example.com")
    field(page, "Loft").fill("North tower")
    page.get_by_role("radio", name="By a ring").check()
    field(page, "Ring key").fill(RIGHT_KEY)
    field(page, "Wax").fill("green")
    field(page, "Speed").fill("200")
    field(page, "Fly at night").uncheck()
    field(page, "Since").fill("2024-03-03")
    field(page, "Orders").fill("Fly low.\nCome home.")
    field(page, "Monday").check()
    field(page, "Friday").check()
    field(page, "Stop 1").fill("Bridge")
    field(page, "Stop 2").fill("Mill")
    field(group(page, "Bird 1"), "Called").fill("Ada")
    field(group(page, "Bird 1"), "Weight").fill("312.5")
    field(group(page, "Bird 2"), "Called").fill("Bob")
    field(group(page, "Bird 2"), "Ringed").check()
    field(group(page, "Bird 2"), "Ring number").fill("7")
    page.get_by_role("radio", name="Hay").check()
    field(page, "Places").fill("4")
    field(page, "Hawk").fill("Horus")
    field(page, "Height").fill("120")


# -- rows and choices ------------------------------------------------------------------------------------------------


def test_rows_are_added_moved_and_removed_by_keys_and_it_is_said(page: Page) -> None:
    sign_in(page, then=NEW)
    keys, said = Keys(page), page.locator("[data-form-live]")
    keys.to("Stop 1").type("Mill")
    for name in ("Bridge", "Inn"):
        keys.to("Add: Stop").press("Enter").type(name)
        expect(said).to_have_text("Row added")
    assert keys.focus.name == "Stop 3"
    keys.to("Move up: Stop 3").press("Enter")
    assert keys.focus.name == "Move up: Stop 2"
    expect(said).to_have_text("Row moved to place 2")
    assert stops(page) == ["Mill", "Inn", "Bridge"]
    keys.to("Remove: Stop 1", key="Shift+Tab").press("Enter")
    assert keys.focus.name == "Stop 1"
    expect(said).to_have_text("Row removed")
    assert stops(page) == ["Inn", "Bridge"]
    for _row in range(2):
        keys.to("Remove: Stop 1").press("Enter")
    assert keys.focus.name == "Add: Stop"
    assert stops(page) == []


def stops(page: Page) -> list[str]:
    boxes = page.get_by_role("textbox", name=re.compile("^Stop [0-9]")).all()
    return [box.input_value() for box in boxes]


def test_a_choice_shows_what_applies_and_drops_what_does_not(page: Page, hub: VisitedHub) -> None:
    escort = {"hawk": "Horus", "height": 120}
    path = add_account(hub, "Chooser", signing="ring", ring_key=RIGHT_KEY, wax="green", escort=escort)
    sign_in(page, then=f"{path}/edit")
    key, wax = field(page, "Ring key"), field(page, "Wax")
    expect(key).to_be_visible()
    page.get_by_role("radio", name="By a seal").check()
    expect(key).to_be_hidden()
    expect(wax).to_have_value("green")
    page.get_by_role("radio", name="By a ring").check()
    expect(key).to_be_visible()
    page.get_by_role("radio", name="Not at all").check()
    expect(key).to_be_hidden()
    expect(wax).to_be_hidden()
    expect(field(page, "Hawk")).to_have_value("Horus")
    field(page, "Set this").uncheck()
    expect(field(page, "Hawk")).to_be_hidden()
    save(page)
    expect_saved(page, "Chooser")
    assert settings_of(hub, "Chooser") == BARE
    page.goto(f"{path}/edit")
    page.get_by_role("radio", name="By a ring").check()
    expect(wax).to_have_value("red")
    expect(key).to_have_accessible_description(re.compile("^Whoever knows it"))


# -- secrets and checks ----------------------------------------------------------------------------------------------


def check_now(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Check now").click()


def test_a_secret_is_tried_before_it_is_saved_and_stays_where_it_was_typed(
    page: Page, hub: VisitedHub
) -> None:
    sign_in(page, then=NEW)
    field(page, "Name").fill("Tried")
    field(page, "E-mail address").fill("loft@example.com")
    page.get_by_role("radio", name="By a ring").check()
    field(page, "Ring key").fill("feather-0")
    check_now(page)
    page.locator("#check").get_by_role("link", name="Loft").click()
    expect(field(page, "Loft")).to_be_focused()
    page.keyboard.type("North tower")
    check_now(page)
    expect(page.locator("#check")).to_contain_text("The loft does not open to this ring.")
    check_accessible(page)
    expect(field(page, "Ring key")).to_have_value("feather-0")
    field(page, "Ring key").fill(RIGHT_KEY)
    field(page, "Test mail to (optional)").fill("ada@example.com")
    check_now(page)
    expect(page.locator("#check")).to_contain_text("It works: the test mail was accepted.")
    expect(page.get_by_role("list", name="Steps of the check")).to_contain_text("to North tower")
    expect(field(page, "Ring key")).to_have_value(RIGHT_KEY)
    save(page)
    expect_saved(page, "Tried")
    assert settings_of(hub, "Tried") == {
        **BARE,
        "signing": "ring",
        "ring_key": {"is_set": True},
        "wax": "red",
    }


def test_a_secret_is_kept_or_replaced_and_never_comes_back(page: Page, hub: VisitedHub) -> None:
    path = add_account(hub, "Keeper", signing="ring", ring_key=RIGHT_KEY)
    sign_in(page, then=f"{path}/edit")
    key = field(page, "Ring key")
    assert RIGHT_KEY not in page.content()
    expect(key).to_have_accessible_description(re.compile("^set "))
    field(page, "Speed").fill("70")
    save(page)
    expect_saved(page, "Keeper")
    page.goto(f"{path}/edit")
    check_now(page)
    expect(page.locator("#check")).to_contain_text("It works")

    field(page, "Loft").fill("South tower")
    check_now(page)
    expect(page.locator("#check")).to_contain_text("The stored value was given for other settings.")
    page.locator("#check").get_by_role("link", name="Ring key").click()
    expect(key).to_be_focused()

    page.keyboard.type("feather-1")
    field(page, "Speed").fill("fast")
    save(page)
    expect(field(page, "Speed")).to_be_focused()
    assert "feather-1" not in page.content()
    expect(key).to_have_value("")
    expect(key).to_have_accessible_description(re.compile("Enter it again"))
    key.fill("feather-1")
    field(page, "Speed").fill("60")
    save(page)
    expect_saved(page, "Keeper")
    page.goto(f"{path}/edit")
    check_now(page)
    expect(page.locator("#check")).to_contain_text("The loft does not open to this ring.")
    assert settings_of(hub, "Keeper")["speed"] == 60
