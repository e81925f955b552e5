"""Scenarios given to accounts, and their files, as a person does it: by mouse, by keys, without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from .kit import Browsing, Keys, VisitedHub, check_accessible, check_fits, sign_in


@pytest.fixture(scope="module", autouse=True)
def accounts(hub: VisitedHub) -> dict[str, str]:
    """The default account and two others, by name."""
    made = {}
    for name, is_default in (("Post", True), ("Orders", False), ("Letters", False)):
        made[name] = hub.add_account(
            connector="capture",
            name=name,
            address=f"{name.lower()}@example.com",
            settings={},
            is_default=is_default,
        )
    return made


def account_of(hub: VisitedHub, scenario: str) -> Any:
    return {each["id"]: each["account"] for each in hub.get("/scenarios?limit=200")["items"]}[scenario]


def tall_board(page: Page) -> Page:
    """All of the board at once: Chromium takes what is under the pointer when the page scrolls before a drag begins."""
    page.set_viewport_size({"width": 1280, "height": 1500})
    return sign_in(page, then="/scenarios")


def lane(page: Page, name: str) -> Any:
    return page.locator(".lane").filter(has=page.get_by_role("heading", name=name, exact=True))


def row(page: Page, scenario: str) -> Any:
    return page.locator(f"#scenario-{scenario}")


def file(name: str, content: bytes = b"123456") -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_dragging_keys_and_choosing_many_end_in_the_same(
    page: Page, hub: VisitedHub, accounts: dict[str, str]
) -> None:
    tall_board(page)
    row(page, "sales-quote").drag_to(lane(page, "Orders"))
    expect(page.get_by_role("status").filter(has_text="Sales quote is sent by Orders now.")).to_be_visible()
    expect(lane(page, "Orders")).to_contain_text("Sales quote")

    keys = Keys(page)
    keys.to(re.compile("More actions.*Service quote"), role="DisclosureTriangle").press("Enter")
    keys.to("Account").press("ArrowDown")
    keys.to("Account").press("ArrowDown")
    expect(row(page, "service-quote").get_by_label("Account")).to_have_value(accounts["Orders"])
    keys.to("Assign Service quote").press("Enter")
    expect(lane(page, "Orders")).to_contain_text("Service quote")

    keys.to("Choose Purchase quote").press("Space")
    expect(page.get_by_text("Selected: 1")).to_be_visible()
    page.get_by_label("Assign selected to").select_option("Orders (orders@example.com)")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(lane(page, "Orders")).to_contain_text("Purchase quote")
    for scenario in ("sales-quote", "service-quote", "purchase-quote"):
        assert account_of(hub, scenario) == accounts["Orders"]


def test_all_that_are_chosen_are_dragged_together_and_put_back(page: Page, hub: VisitedHub) -> None:
    tall_board(page)
    row(page, "sales-order").get_by_role("checkbox").check()
    row(page, "purchase-order").get_by_role("checkbox").check()
    row(page, "purchase-order").drag_to(lane(page, "Letters"))
    expect(page.get_by_text("2 scenarios are sent by Letters now.")).to_be_visible()
    expect(lane(page, "Letters")).to_contain_text("Purchase order")
    expect(lane(page, "Letters")).to_contain_text("Sales order")

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is as it was before.")).to_be_visible()
    assert account_of(hub, "sales-order") is None
    row(page, "sales-order").drag_to(lane(page, "Letters"))
    row(page, "sales-order").drag_to(row(page, "default"))
    expect(page.get_by_text("Sales order has no account of its own any more.")).to_be_visible()


def test_what_is_dragged_is_said(page: Page) -> None:
    tall_board(page)
    said = page.locator("[data-said]")
    row(page, "reminder").hover()
    page.mouse.down()
    move_to(page, lane(page, "Letters"))
    expect(said).to_have_text("Over: Letters")
    move_to(page, row(page, "reminder"))
    expect(said).to_have_text("Over: By default")
    page.mouse.up()
    expect(said).to_have_text("Put back.")
    expect(row(page, "reminder")).to_have_class(re.compile("is-inherited"))


def move_to(page: Page, target: Any) -> None:
    box = target.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)


def test_the_pages_are_accessible_and_fit(page: Page, hub: VisitedHub) -> None:
    upload = hub.upload(b"terms")
    body = {
        "upload": upload,
        "name": "General terms of the harbour and its warehouses.pdf",
        "is_default": True,
    }
    assert hub.call("POST", "/scenarios/reminder/attachments", body).status == 201
    sign_in(page, then="/scenarios")
    row(page, "finance-charge").locator("summary").click()
    # the open menu lies over a button of the row below
    check_accessible(page, without=["#scenario-finance-charge ~ .kind .menu-button"])
    page.keyboard.press("Escape")
    row(page, "finance-charge").get_by_role("checkbox").check()
    # what is done with the chosen ones lies over buttons of rows that can be scrolled
    check_accessible(page, without=[".kind .menu-button"])
    check_fits(page)
    for path in ("/scenarios/reminder", "/scenarios/default", "/scenarios/+new"):
        page.goto(path)
        check_accessible(page)
        check_fits(page)


def test_a_scenario_of_ones_own_is_made_and_deleted_by_keys(page: Page) -> None:
    keys = Keys(sign_in(page, then="/scenarios"))
    keys.to("Add a scenario").press("Enter")
    keys.to("Title").type("Berth bill")
    keys.to("Id").type("berth-bill").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Berth bill")
    keys.to("Delete").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_accessible(page)
    keys.to("Delete", role="button", key="Shift+Tab").press("Enter")
    expect(page.get_by_text("The scenario Berth bill was deleted.")).to_be_visible()


def test_several_files_are_sent_with_progress_over_a_cut_connection(
    page: Page, browsing: Browsing, hub: VisitedHub
) -> None:
    browsing.complaints(page).allow("/page-api/uploads", "ERR_FAILED")
    sign_in(page, then="/scenarios/customer-statement")
    cuts: list[str] = []

    def cut_once(route: Route) -> None:
        if route.request.method == "PATCH" and not cuts:
            cuts.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/page-api/uploads/*", cut_once)
    page.get_by_label("Add new files to every message").check()
    names = ['big "one".bin', "small.txt"]
    contents = [b"x" * 1_000_000, b"text"]
    page.locator("#files-input").set_input_files([*map(file, names, contents)])
    expect(page.get_by_text("2 files were added.")).to_be_visible()
    assert cuts
    found = hub.get("/scenarios/customer-statement/attachments")["items"]
    assert [(each["name"], each["size"], each["is_default"]) for each in found] == [
        (name, len(content), True) for name, content in zip(names, contents, strict=True)
    ]

    page.get_by_role("switch", name=re.compile("small.txt")).click()
    expect(page.get_by_role("switch", name=re.compile("small.txt"))).not_to_be_checked()
    with page.expect_download() as started:
        page.get_by_role("link", name="small.txt").click()
    assert started.value.suggested_filename == "small.txt"


def test_a_file_that_is_refused_says_why_and_can_be_left_out(
    page: Page, browsing: Browsing, hub: VisitedHub
) -> None:
    browsing.complaints(page).allow("/page-api/uploads")
    sign_in(page, then="/scenarios/vendor-remittance")
    problem = '{"detail": "A file may have 5 bytes at most."}'
    page.route("**/page-api/uploads", lambda route: route.fulfill(status=413, body=problem))
    page.locator("#files-input").set_input_files(file("refused.bin"))
    expect(page.get_by_text("A file may have 5 bytes at most.").first).to_be_visible()
    check_accessible(page)
    page.unroute("**/page-api/uploads")
    page.locator("#files-input").set_input_files(file("taken.bin"))
    expect(page.locator("[data-files-list] li", has_text="taken.bin")).to_contain_text("Done")
    page.get_by_role("button", name="Cancel refused.bin").click()
    expect(page.get_by_text("One file was added.")).to_be_visible()
    assert [each["name"] for each in hub.get("/scenarios/vendor-remittance/attachments")["items"]] == [
        "taken.bin"
    ]


def test_everything_is_done_without_scripts_too(
    scriptless_page: Page, hub: VisitedHub, accounts: dict[str, str]
) -> None:
    page = scriptless_page
    sign_in(page, then="/scenarios")
    row(page, "service-order").locator("summary").click()
    row(page, "service-order").get_by_label("Account").select_option("Letters (letters@example.com)")
    row(page, "service-order").get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Service order is sent by Letters now.")).to_be_visible()

    row(page, "service-invoice").get_by_role("checkbox").check()
    row(page, "service-credit-memo").get_by_role("checkbox").check()
    page.get_by_label("Assign selected to").select_option("Letters (letters@example.com)")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("2 scenarios are sent by Letters now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    assert account_of(hub, "service-invoice") is None
    assert account_of(hub, "service-order") == accounts["Letters"]

    page.goto("/scenarios/service-order")
    page.locator("#files-input").set_input_files([file("one.txt"), file("two.txt")])
    page.get_by_role("button", name="Add the files").click()
    expect(page.get_by_text("2 files were added.")).to_be_visible()
    page.locator("#files .menu-button summary").first.click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("one.txt was deleted.")).to_be_visible()
    check_accessible(page, themes=["light"])
