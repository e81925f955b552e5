"""Writing messages in a real browser: kept while one types, pictures and big files, two writers, keys alone, no script."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, FrameLocator, Page, expect

from .kit import Browsing, CuttingProxy, Keys, VisitedHub, check_accessible, check_fits, sign_in

MB = 1024 * 1024
SAVED = re.compile(r"^(Saved at|Enregistré à) \d\d:\d\d$")
MANY_SECONDS = 30_000


@pytest.fixture(scope="module", autouse=True)
def account(hub: VisitedHub, tmp_path_factory: pytest.TempPathFactory) -> None:
    hub.add_account(
        connector="file",
        name="Sales",
        address="sales@example.com",
        settings={"folder": str(tmp_path_factory.mktemp("mail"))},
        is_default=True,
    )


def written(page: Page) -> FrameLocator:
    """The paper of the editor."""
    return page.frame_locator(".tox-edit-area iframe")


def open_sheet(page: Page, path: str = "/compose") -> Page:
    sign_in(page, then=path)
    expect(written(page).locator("body")).to_be_visible()
    return page


def address(page: Page, text: str, control: str = "to") -> None:
    page.locator(f"#{control}").fill(text)
    page.keyboard.press("Enter")


def expect_saved(page: Page) -> str:
    """Wait until all of it is on disk; the id of the draft."""
    expect(page.locator("#state")).to_have_text(SAVED, timeout=MANY_SECONDS)
    expect(page).to_have_url(re.compile(r"/compose/[\w-]+$"))
    return page.url.rpartition("/")[2]


def shown_draft(page: Page) -> str:
    """The id of the draft that a page shows, which was not changed on it."""
    expect(page).to_have_url(re.compile(r"/compose/[\w-]{20,}$"))
    return page.url.rpartition("/")[2]


def drafts(hub: VisitedHub, subject: str) -> list[dict[str, Any]]:
    found = hub.get("/messages?box=drafts&limit=100")["items"]
    return [each for each in found if each["subject"] == subject]


def send(page: Page) -> str:
    """Press the button; the id of the message."""
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile(r"/messages/[\w-]+$"), timeout=MANY_SECONDS)
    return page.url.rpartition("/")[2]


def paste_picture(page: Page) -> None:
    """A red square, by the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    written(page).locator("body").click()
    page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
            const brush = canvas.getContext("2d");
            brush.fillStyle = "#c00";
            brush.fillRect(0, 0, 40, 40);
            const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
            await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }"""
    )
    page.keyboard.press("Control+v")
    expect(written(page).locator("img")).to_be_visible()


def test_a_pasted_picture_and_a_big_file_over_a_connection_cut_twice_arrive(
    browsing: Browsing, hub: VisitedHub, tmp_path: Path
) -> None:
    big = tmp_path / "plans.bin"
    big.write_bytes(bytes(range(256)) * (MB // 256) * 24)
    with CuttingProxy(hub.port) as proxy:
        page = browsing.open(base_url=proxy.url)
        browsing.complaints(page).allow("net::ERR_")
        open_sheet(page)
        address(page, "Grace Hopper <grace@example.com>")
        page.locator("#subject").fill("Plans")
        paste_picture(page)
        expect_saved(page)

        proxy.cut_after(5 * MB, 13 * MB)
        page.locator("#files").set_input_files(big)
        expect(page.locator("#kept-files")).to_contain_text("plans.bin", timeout=MANY_SECONDS)
        assert proxy.cuts == 2
        expect_saved(page)
        message_id = send(page)

    message = hub.wait_for_end(message_id)
    files = {each["name"]: each for each in hub.get(f"/messages/{message_id}")["attachments"]}
    assert message["status"] == "sent"
    assert files["plans.bin"]["size"] == 24 * MB
    (picture,) = [each for each in files.values() if each["inline"]]
    assert picture["content_type"] == "image/png"
    assert f"cid:{picture['content_id']}" in hub.get(f"/messages/{message_id}")["html"]


def test_a_file_can_be_paused_and_taken_out_while_it_is_on_its_way(page: Page, tmp_path: Path) -> None:
    big = tmp_path / "film.bin"
    big.write_bytes(b"\0" * 12 * MB)
    open_sheet(page)
    page.route(
        "**/page-api/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_()
    )
    page.locator("#files").set_input_files(big)
    page.get_by_role("button", name="Pause film.bin").click()
    expect(page.locator("#uploading")).to_contain_text("Paused at")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Files are still on their way.")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("button", name="Go on with film.bin").click()
    expect(page.locator("#kept-files")).to_contain_text("film.bin", timeout=MANY_SECONDS)
    page.get_by_role("button", name="Take out film.bin").click()
    expect(page.locator("#kept-files li")).to_have_count(0)
    expect_saved(page)


def test_of_two_writers_nobodys_words_are_lost(browsing: Browsing, hub: VisitedHub) -> None:
    draft = hub.call("POST", "/messages", {"draft": True, "subject": "Plan", "html": "<p>Plan</p>"}).body[
        "id"
    ]
    mine, theirs = (open_sheet(browsing.open(), f"/compose/{draft}") for _writer in range(2))
    theirs.locator("#subject").fill("Their plan")
    expect(theirs.locator("#state")).to_have_text(SAVED)

    mine.locator("#subject").fill("My plan")
    expect(mine.get_by_text("This draft was changed elsewhere")).to_be_visible()
    assert [each["id"] for each in drafts(hub, "Their plan")] == [draft]
    mine.get_by_role("button", name="Keep mine as a new draft").click()
    expect(mine).not_to_have_url(re.compile(draft))

    assert len(drafts(hub, "My plan")) == 1
    assert [each["id"] for each in drafts(hub, "Their plan")] == [draft]


def test_what_is_typed_in_a_draft_that_was_discarded_becomes_a_new_one(page: Page, hub: VisitedHub) -> None:
    made = hub.call("POST", "/messages", {"draft": True, "subject": "Old", "html": "<p>Words</p>"}).body
    open_sheet(page, f"/compose/{made['id']}")
    assert hub.call("DELETE", f"/messages/{made['id']}", revision=made["revision"]).status == 204
    page.locator("#subject").fill("Still wanted")
    page.get_by_role("button", name="Keep mine as a new draft").click()
    expect(page).not_to_have_url(re.compile(made["id"]))
    assert "Words" in hub.get(f"/messages/{shown_draft(page)}")["html"]


def test_what_is_typed_while_the_hub_cannot_be_reached_is_saved_when_it_can(
    browsing: Browsing, hub: VisitedHub
) -> None:
    page = browsing.open()
    browsing.complaints(page).allow("net::ERR_INTERNET_DISCONNECTED")
    open_sheet(page)
    page.context.set_offline(True)
    page.locator("#subject").fill("On a train")
    expect(page.locator("#state")).to_contain_text("cannot be reached")
    page.locator("#subject").fill("On a fast train")
    page.context.set_offline(False)
    expect_saved(page)
    assert len(drafts(hub, "On a fast train")) == 1


def test_what_is_typed_while_one_is_signed_out_is_saved_after_signing_in_elsewhere(
    page: Page, hub: VisitedHub
) -> None:
    open_sheet(page)
    page.context.clear_cookies()
    page.locator("#subject").fill("Signed out")
    expect(page.locator("#state")).to_contain_text("You are signed out.")
    sign_in(page.context.new_page())
    expect_saved(page)
    assert len(drafts(hub, "Signed out")) == 1


def test_leaving_asks_only_while_something_is_not_saved(page: Page) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    open_sheet(page)
    page.locator("#subject").click()
    page.keyboard.type("Unsaved")
    page.goto("/drafts")
    assert asked == ["beforeunload"]
    page.goto("/compose")
    page.locator("#subject").click()
    page.keyboard.type("Saved")
    expect_saved(page)
    page.goto("/drafts")
    assert asked == ["beforeunload"]


def test_a_wrong_address_is_marked_while_one_writes_and_refused_when_it_is_sent(page: Page) -> None:
    open_sheet(page)
    page.locator("#to").fill("good@example.com; b@d@, ")
    page.locator("#subject").fill("Hello")
    wrong = page.locator("#to-row .recipient.is-wrong")
    expect(page.locator("#to-troubles")).to_contain_text("b@d@")
    expect(wrong).to_have_count(1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(wrong).to_have_count(1)
    expect(page.locator("#to-row .recipient")).to_have_count(2)
    wrong.get_by_role("button", name="Remove b@d@").click()
    send(page)


def test_an_empty_subject_asks(page: Page, hub: VisitedHub) -> None:
    open_sheet(page)
    address(page, "grace@example.com")
    page.get_by_role("button", name="Send", exact=True).click()
    question = page.get_by_role("dialog", name="Send it without a subject?")
    question.get_by_role("button", name="Write a subject").click()
    expect(page.locator("#subject")).to_be_focused()
    page.get_by_role("button", name="Send", exact=True).click()
    question.get_by_role("button", name="Send without a subject").click()
    expect(page).to_have_url(re.compile("/messages/"))
    assert hub.wait_for_end(page.url.rpartition("/")[2])["status"] == "sent"


def test_formatting_is_dropped_only_when_one_agrees(page: Page, hub: VisitedHub) -> None:
    open_sheet(page)
    written(page).locator("body").click()
    page.keyboard.press("Control+b")
    page.keyboard.type("Dear Grace")
    page.get_by_role("button", name="Plain text").click()
    question = page.get_by_role("dialog", name="Drop the formatting?")
    question.get_by_role("button", name="Cancel").click()
    expect(written(page).locator("strong")).to_have_text("Dear Grace")
    page.get_by_role("button", name="Plain text").click()
    question.get_by_role("button", name="Make it plain text").click()
    expect(page.locator("#body-text")).to_have_value("Dear Grace")
    message = hub.get(f"/messages/{expect_saved(page)}")
    assert (message["text"], message["html"]) == ("Dear Grace", None)


def test_a_message_is_written_by_keys_alone(page: Page, hub: VisitedHub) -> None:
    open_sheet(page)
    keys = Keys(page)
    keys.to("To", role="textbox")
    page.keyboard.type("grace@example.com,wrong,")
    keys.press("ArrowLeft", "Delete")
    keys.to("Cc", role="button").press("Enter")
    page.keyboard.type("bob@example.com")
    keys.to("Subject", role="textbox")
    page.keyboard.type("By keys")
    keys.press("Enter")
    keys.to(re.compile("Message")).press("Control+b")
    page.keyboard.type("No mouse was used.")
    keys.press("Control+Enter")
    expect(page).to_have_url(re.compile("/messages/"))
    message = hub.wait_for_end(page.url.rpartition("/")[2])
    assert message["status"] == "sent"
    assert "<strong>No mouse was used.</strong>" in message["html"]
    assert [each["address"] for each in message["to"] + message["cc"]] == [
        "grace@example.com",
        "bob@example.com",
    ]


def test_it_is_accessible_in_french_and_fits_a_phone(browsing: Browsing, hub: VisitedHub) -> None:
    hub.add_user("amelie", "email-edit", language="fr")
    page = browsing.open(language="fr-FR")
    sign_in(page, "amelie", then="/compose")
    expect(written(page).locator("body")).to_be_visible()
    expect(page.get_by_role("button", name="Gras")).to_be_visible()
    address(page, "Grace Hopper <grace@example.com>, faux@")
    page.locator("#files").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Plan"})
    expect(page.locator("#kept-files")).to_contain_text("plan.txt")
    expect_saved(page)
    check_accessible(page)
    check_fits(page)


def test_the_editor_is_dark_in_a_dark_page(browsing: Browsing) -> None:
    page = open_sheet(browsing.open(color_scheme="dark", width=400))
    assert (
        page.locator(".tox-toolbar__primary").evaluate("each => getComputedStyle(each).backgroundColor")
        != "rgb(255, 255, 255)"
    )
    check_fits(page)


def test_a_message_with_a_file_is_sent_without_a_script(scriptless_page: Page, hub: VisitedHub) -> None:
    page = scriptless_page
    sign_in(page, then="/compose")
    page.locator("#to").fill("grace@example.com, bob@")
    page.locator("#cc").fill("ada@example.com")
    page.locator("#subject").fill("Without a script")
    page.locator("#body-text").fill("Dear Grace")
    page.locator("#files").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Plan"})
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#to-troubles")).to_contain_text("bob@")
    expect(page.locator("#kept-files")).to_contain_text("plan.txt")
    check_accessible(page, themes=["light"])
    page.locator("#to").fill("grace@example.com")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile("/messages/"))
    message = hub.wait_for_end(page.url.rpartition("/")[2])
    assert message["status"] == "sent"
    assert [each["name"] for each in message["attachments"]] == ["plan.txt"]
