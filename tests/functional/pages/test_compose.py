"""Writing a message on its page, without a script and as the page's script asks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webtest import Upload

from mailhub.messages.model import Message, messages_of
from mailhub.messages.presenting import text_of
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path)
    kit.account("sales")
    kit.account("orders", default=False)
    kit.user("ada", password=PASSWORD)
    yield kit
    kit.close()


@pytest.fixture
def browser(kit: HubKit) -> Browserless:
    return signed_in(kit, "ada")


def controls(page: Any) -> list[tuple[str, Any]]:
    """What a browser without scripts sends of the sheet as it is, without a button."""
    form = next(form for form in page.forms.values() if form.id == "compose")
    buttons = {"then", "without_subject"}
    hidden = {each["name"] for each in page.html.select("#compose [disabled][name]")}
    fields = [(name, value) for name, value in form.submit_fields() if name and name not in buttons | hidden]
    return [(name, value) for name, value in fields if name not in ("csrf_token", "file")]


def filled(page: Any, **values: Any) -> list[tuple[str, Any]]:
    """The same with other values; ``from_`` is the control From."""
    given = {name.rstrip("_"): value for name, value in values.items()}
    return [(name, value) for name, value in controls(page) if name not in given] + list(given.items())


def drafted(browser: Browserless, **values: Any) -> str:
    """The address of a draft that was made on the page."""
    fields = filled(browser.get("/compose"), **{"to": "grace@example.com", "subject": "Order", **values})
    location: str = browser.post("/compose/save", fields).location
    return location


def id_of(path: str) -> str:
    return path.removeprefix("/compose/")


def stored(kit: HubKit, path: str, read: Any = None) -> Any:
    return kit.read(id_of(path), read or (lambda message: message.content.subject))


def names(kit: HubKit, path: str) -> list[str]:
    found: list[str] = stored(kit, path, lambda message: [each.name for each in message.content.attachments])
    return found


def messages(kit: HubKit) -> list[Message]:
    with kit.hub.database.reading() as root:
        shards = [
            shard for month in messages_of(root).months for shard in messages_of(root).iter_shards(month)
        ]
        return [message for shard in shards for message in shard.messages.values()]


def upload(browser: Browserless, data: bytes, name: str) -> str:
    """A file as the page's script sends it ahead."""
    headers = {
        "Origin": browser.origin,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-CSRF-Token": browser.own_token,
    }
    answer = browser.app.post("/page-api/uploads", data, headers=headers, status=201)
    found: str = answer.json["id"]
    return found


def saved(browser: Browserless, path: str, fields: Any, status: int = 200) -> Any:
    """What the page's script is answered."""
    return browser.post(f"{path}/save", fields, status, HX_Request="true")


def wrong(page: Any, control: str) -> str:
    found = page.html.find(id=f"{control}-troubles")
    return "" if found is None or found.has_attr("hidden") else " ".join(found.text.split())


# -- a new message -----------------------------------------------------------------------------------------------------


def test_looking_at_an_empty_sheet_makes_no_draft(kit: HubKit, browser: Browserless) -> None:
    page = browser.get("/compose")
    assert page.html.find("h1").text == "New message"
    assert not messages(kit)


def test_the_sheet_may_set_styles_in_what_is_written_and_nothing_else_more(browser: Browserless) -> None:
    policy = browser.get("/compose").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy


def test_a_link_fills_the_sheet_in(browser: Browserless) -> None:
    page = browser.get("/compose?to=grace@example.com&subject=Hello&account=orders")
    assert page.html.find(id="to").text == "grace@example.com"
    assert page.html.find(id="subject")["value"] == "Hello"
    assert page.html.select_one("#from option[selected]")["value"] == "account.orders"
    assert "Sent by Orders" in " ".join(page.html.find(id="way").text.split())


def test_from_offers_scenarios_and_accounts_and_tells_who_sends(browser: Browserless) -> None:
    page = browser.get("/compose")
    groups = {each["label"]: [option["value"] for option in each("option")] for each in page.html("optgroup")}
    assert groups["By account"] == ["account.orders", "account.sales"]
    assert "scenario.default" in groups["By what it is for"]
    said = " ".join(page.html.find(id="way").text.split())
    assert "sales@example.com" in said
    assert "It is the default account" in said


def test_who_may_not_read_the_set_up_still_sees_how_his_message_goes(kit: HubKit) -> None:
    kit.user("bob", "email-edit", password=PASSWORD)
    assert "Sent by Sales" in " ".join(signed_in(kit, "bob").get("/compose").html.find(id="way").text.split())


def test_without_any_account_it_says_what_is_missing(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path)
    try:
        page = signed_in(kit, "ada").get("/compose")
        assert page.html.select_one("#way .is-warning")
    finally:
        kit.close()


def test_a_paused_account_is_told_before_it_is_sent(kit: HubKit, browser: Browserless) -> None:
    kit.change_account("sales", paused_at=kit.hub.clock.now())
    assert "It will wait: The account is paused." in " ".join(
        browser.get("/compose").html.find(id="way").text.split()
    )


# -- drafts ------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_kept_as_a_draft_and_shown_again(kit: HubKit, browser: Browserless) -> None:
    path = drafted(
        browser,
        to='Grace Hopper <grace@example.com>; "Babbage, Charles" <charles@example.com>',
        cc="ada@example.com\nbob@example.com",
        reply_to="answers@example.com",
        text="Dear Grace,\r\n\r\nhello",
        importance="high",
        tags="orders, urgent",
        send_at="2030-01-02T09:30",
    )
    page = browser.get(path)
    assert (
        page.html.find(id="to").text
        == 'Grace Hopper <grace@example.com>, "Babbage, Charles" <charles@example.com>'
    )
    assert page.html.find(id="cc").text == "ada@example.com, bob@example.com"
    assert page.html.find(id="body-text").text == "Dear Grace,\n\nhello"
    assert page.html.find(id="send_at")["value"] == "2030-01-02T09:30"
    assert page.html.find(id="tags")["value"] == "orders, urgent"
    assert page.html.select_one("#importance option[selected]")["value"] == "high"
    assert stored(kit, path, lambda message: message.status) == "draft"


def test_a_time_is_of_the_readers_zone(kit: HubKit) -> None:
    browser = signed_in(kit, "bob", time_zone="Europe/Paris")
    path = drafted(browser, send_at="2030-07-01T09:30")
    assert stored(kit, path, lambda message: message.send_at.isoformat()) == "2030-07-01T07:30:00+00:00"
    assert browser.get(path).html.find(id="send_at")["value"] == "2030-07-01T09:30"


def test_saving_what_was_not_changed_changes_nothing_but_the_revision(
    kit: HubKit, browser: Browserless
) -> None:
    path = drafted(
        browser, text="Hello\n", send_at="2030-07-01T09:30", tags="a, b", to='"A, B" <a@example.com>'
    )
    before = stored(kit, path, lambda message: vars(message.content).copy())
    browser.post(f"{path}/save", controls(browser.get(path)))
    after = stored(kit, path, lambda message: vars(message.content).copy())
    assert {**after, "text": None} == {**before, "text": None}


def test_save_and_close_leads_to_the_drafts(browser: Browserless) -> None:
    path = drafted(browser)
    answer = browser.post(f"{path}/save", [*controls(browser.get(path)), ("then", "close")])
    assert answer.location == "/drafts"


def test_a_draft_of_somebody_else_is_not_there(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser)
    kit.user("bob", password=PASSWORD)
    stranger = signed_in(kit, "bob")
    for address in (path, f"{path}/discard", f"{path}/pictures/x"):
        stranger.get(address, 404)
    for act in ("save", "send", "copy", "discard"):
        stranger.post(f"{path}/{act}", {"subject": "Mine", "revision": "1"}, 404)
    assert stored(kit, path) == "Order"


def test_what_is_no_draft_is_looked_at_and_not_changed(kit: HubKit, browser: Browserless) -> None:
    sent = kit.user("ada").send().json["id"]
    assert browser.get(f"/compose/{sent}", 303).location == f"/messages/{sent}"
    assert browser.get(f"/compose/{sent}/discard", 303).location == f"/messages/{sent}"
    page = browser.post(f"/compose/{sent}/save", {"subject": "Other", "revision": "1"}, 409)
    assert "sent or discarded elsewhere" in page.text
    assert kit.read(sent, lambda message: message.content.subject) == "Invoice 103001"


def test_discarding_asks_first(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser)
    page = browser.get(f"{path}/discard")
    assert "Discard this draft?" in page.text
    revision = page.html.select_one("main input[name=revision]")["value"]
    assert browser.post(f"{path}/discard", {"revision": revision}).location == "/drafts"
    browser.get(path, 404)


def test_controls_that_were_never_offered_change_nothing(kit: HubKit, browser: Browserless) -> None:
    kit.user("bob", password=PASSWORD)
    hostile = {
        "id": "mine",
        "owner": "bob",
        "owner_id": "bob",
        "on_behalf_of": "bob",
        "status": "sent",
        "draft": "false",
        "headers": "X-Evil: 1",
        "metadata": "{}",
        "sender": "ceo@example.com",
        "account": "orders",
        "scenario": "default",
        "priority": "high",
        "attachments": "1",
    }
    path = drafted(browser, **hostile)
    owner, caller, account, priority, content = stored(
        kit,
        path,
        lambda m: (m.owner_id, m.caller_id, m.account_id, m.priority, (m.content.sender, m.content.headers)),
    )
    assert owner == caller
    assert (account, priority, content) == ("", "normal", (None, ()))


def test_a_file_of_somebody_else_cannot_be_attached(kit: HubKit, browser: Browserless) -> None:
    theirs = kit.user("bob").upload(b"secret").json["id"]
    page = browser.post("/compose/save", filled(browser.get("/compose"), upload=theirs), 422)
    assert "There is no such upload of yours." in wrong(page, "files")
    assert not messages(kit)


# -- text --------------------------------------------------------------------------------------------------------------


def test_formatted_text_is_kept_and_plain_text_beside_it_goes(kit: HubKit, browser: Browserless) -> None:
    made = kit.user("ada").send(201, draft=True, html="<p>Old</p>", text="Old words").json["id"]
    path = f"/compose/{made}"
    saved(browser, path, {"revision": "1", "html": "<p>Old</p>"})
    assert stored(kit, path, lambda message: text_of(message.content.text)) == "Old words"
    saved(browser, path, {"revision": "2", "html": "<p><b>New</b></p>"})
    assert stored(kit, path, lambda message: text_of(message.content.html)) == "<p><b>New</b></p>"
    assert stored(kit, path, lambda message: message.content.text) is None


def test_a_browser_without_scripts_leaves_formatted_text_as_it_is_or_makes_it_plain(
    kit: HubKit, browser: Browserless
) -> None:
    made = kit.user("ada").send(201, draft=True, html="<p>Dear <b>Grace</b></p>", text=...).json["id"]
    path = f"/compose/{made}"
    browser.post(f"{path}/save", filled(browser.get(path), subject="Other"))
    assert stored(kit, path, lambda message: text_of(message.content.html)) == "<p>Dear <b>Grace</b></p>"
    browser.post(f"{path}/save", [*controls(browser.get(path)), ("then", "plain")])
    assert browser.get(path).html.find(id="body-text").text.strip() == "Dear Grace"


def test_a_pasted_picture_is_sent_as_a_linked_part_and_shown_when_the_mail_is_edited_again(
    kit: HubKit, browser: Browserless
) -> None:
    made = browser.post(
        "/compose/save", {"subject": "Photo", "to": "g@example.com", "html": f'<p><img src="{PIXEL}"></p>'}
    )
    page = browser.get(made.location)
    sent = browser.post(
        f"{made.location}/send", {"revision": page.html.select_one("[data-revision]")["value"], "files": "1"}
    )
    message_id = sent.location.removeprefix("/messages/")
    html = kit.read(message_id, lambda message: text_of(message.content.html))
    (content_id,) = re.findall(r'src="cid:([^"]+)"', html)

    again = browser.post(f"/messages/{message_id}/edit").location
    shown = re.search(r"src=\S*?(/compose/[^&\"]+)", browser.get(again).html.find(id="body-html").text)
    assert shown is not None
    assert browser.get(shown[1].rstrip('"')).content_type == "image/png"
    saved(
        browser,
        again,
        filled(browser.get(again), html=browser.get(again).html.find(id="body-html").text + "<p>More</p>"),
    )
    assert f"cid:{content_id}" in stored(kit, again, lambda message: text_of(message.content.html))


# -- files -------------------------------------------------------------------------------------------------------------


def test_files_are_sent_with_the_form_where_there_is_no_script(kit: HubKit, browser: Browserless) -> None:
    fields = [
        *filled(browser.get("/compose"), subject="Files"),
        ("file", Upload("C:\\docs\\terms.txt", b"Terms", "text/plain")),
    ]
    path = browser.post("/compose/save", fields).location
    assert names(kit, path) == ["terms.txt"]
    page = browser.get(path)
    assert "5 bytes" in page.html.find(id="kept-files").text
    assert browser.get(page.html.select_one("#kept-files a")["href"]).body == b"Terms"


def test_files_that_came_ahead_are_attached_and_what_is_not_ticked_is_left_out(
    kit: HubKit, browser: Browserless
) -> None:
    path = drafted(browser)
    for name in ("a.txt", "b.txt"):
        browser.post(
            f"{path}/save", [*controls(browser.get(path)), ("upload", upload(browser, name.encode(), name))]
        )
    assert names(kit, path) == ["a.txt", "b.txt"]
    left = [
        (name, value)
        for name, value in controls(browser.get(path))
        if not (name == "keep" and value.startswith("0-"))
    ]
    browser.post(f"{path}/save", left)
    assert names(kit, path) == ["b.txt"]


def test_a_file_stays_when_the_page_said_nothing_of_files(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser)
    browser.post(f"{path}/save", [*controls(browser.get(path)), ("upload", upload(browser, b"a", "a.txt"))])
    revision = browser.get(path).html.select_one("[data-revision]")["value"]
    browser.post(f"{path}/save", {"revision": revision, "subject": "Other"})
    assert names(kit, path) == ["a.txt"]


def test_the_files_of_a_scenario_come_with_it_and_may_be_taken_out(kit: HubKit, browser: Browserless) -> None:
    ada = kit.user("ada")
    ada.post("/scenarios", {"id": "offer", "title": "Offer"}, 201)
    content = ada.upload(b"Terms").json["id"]
    ada.post(
        "/scenarios/offer/attachments", {"name": "terms.pdf", "upload": content, "is_default": True}, 201
    )
    page = browser.get("/compose?scenario=offer")
    assert "terms.pdf" in page.html.find(id="kept-files").text
    path = browser.post("/compose/save", filled(page, subject="Offer 1")).location
    assert names(kit, path) == ["terms.pdf"]
    browser.post(f"{path}/save", [each for each in controls(browser.get(path)) if each[0] != "keep"])
    assert names(kit, path) == []
    without = [each for each in filled(page, subject="Offer 2") if each[0] != "wants_files"]
    assert names(kit, browser.post("/compose/save", without).location) == []


# -- autosave, and two writers -------------------------------------------------------------------------------------------


def test_the_script_is_told_the_revision_the_files_and_which_address_is_wrong(
    kit: HubKit, browser: Browserless
) -> None:
    made = browser.post("/compose/save", {"to": "good@example.com, bad@, worse"}, 200, HX_Request="true")
    kept = made.html.find(id="kept")
    assert kept["data-path"] == f"/compose/{kept['data-id']}"
    assert kept["data-revision"] == "1"
    assert re.fullmatch(r"\d\d:\d\d", kept["data-at"])
    assert [each["data-number"] for each in made.html.select("#to-troubles li")] == ["1", "2"]
    assert made.html.find(id="way")
    assert stored(kit, kept["data-path"], lambda message: len(message.content.to)) == 3


def test_that_nobody_gets_it_yet_is_no_mistake_while_it_is_written(browser: Browserless) -> None:
    made = browser.post("/compose/save", {"subject": "Later"}, 200, HX_Request="true")
    assert not made.html.select(".mail-troubles li")


def test_of_two_writers_the_second_is_asked_and_nobodys_words_are_lost(
    kit: HubKit, browser: Browserless
) -> None:
    path = drafted(browser)
    mine = controls(browser.get(path))
    saved(browser, path, [*[each for each in mine if each[0] != "subject"], ("subject", "Theirs")])
    changed = [*[each for each in mine if each[0] != "subject"], ("subject", "Mine")]
    part = saved(browser, path, changed, 412)
    assert part.html.find(id="refused")["data-trouble"] == "stale"
    page = browser.post(f"{path}/save", changed, 412)
    assert page.html.find(id="subject")["value"] == "Mine"
    assert "changed elsewhere" in page.text
    copy = browser.post(f"{path}/copy", changed).location
    assert (stored(kit, path), stored(kit, copy)) == ("Theirs", "Mine")


def test_the_files_of_both_are_kept_apart(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser)
    saved(browser, path, [*controls(browser.get(path)), ("upload", upload(browser, b"first", "first.txt"))])
    mine = controls(browser.get(path))
    saved(
        browser,
        path,
        [each for each in mine if each[0] != "keep"] + [("upload", upload(browser, b"other", "other.txt"))],
    )
    copy = browser.post(f"{path}/copy", [*mine, ("upload", upload(browser, b"mine", "mine.txt"))]).location
    assert names(kit, path) == ["other.txt"]
    assert names(kit, copy) == ["mine.txt"]


def test_a_change_whose_answer_was_lost_is_no_quarrel_when_it_comes_again(
    kit: HubKit, browser: Browserless
) -> None:
    path = drafted(browser)
    file = upload(browser, b"a", "a.txt")
    fields = [*filled(browser.get(path), subject="Changed", to="Grace <grace@example.com>"), ("upload", file)]
    saved(browser, path, fields)
    again = saved(browser, path, fields)
    assert again.html.find(id="kept")["data-revision"] == "2"
    assert names(kit, path) == ["a.txt"]


def test_a_draft_that_was_sent_meanwhile_is_told_to_who_still_writes(
    kit: HubKit, browser: Browserless
) -> None:
    path = drafted(browser, text="Hello")
    mine = filled(browser.get(path), subject="More")
    browser.post(f"{path}/send", controls(browser.get(path)))
    part = saved(browser, path, mine, 409)
    assert part.html.find(id="refused")["data-trouble"] == "ended"
    assert stored(kit, browser.post(f"{path}/copy", mine).location) == "More"


def test_what_cannot_even_be_kept_is_told_and_stays_on_the_page(kit: HubKit, browser: Browserless) -> None:
    page = browser.post(
        "/compose/save", filled(browser.get("/compose"), send_at="tomorrow", subject="Keep me"), 422
    )
    assert "Give a day and a time" in wrong(page, "send_at")
    assert page.html.find(id="subject")["value"] == "Keep me"
    assert not messages(kit)


# -- sending -------------------------------------------------------------------------------------------------------------


def test_a_message_is_written_and_sent_without_a_script(kit: HubKit, browser: Browserless) -> None:
    kit.hub.start_delivery()
    fields = filled(browser.get("/compose"), to="grace@example.com", subject="Hello", text="Dear Grace")
    answer = browser.post("/compose/send", fields)
    message_id = answer.location.removeprefix("/messages/")
    kit.wait_for(message_id)
    assert "Hello" in browser.get(answer.location).text
    assert kit.read(message_id, lambda message: message.status) == "sent"
    assert len(kit.provider.received) == 1


def test_by_the_account_that_was_chosen(kit: HubKit, browser: Browserless) -> None:
    fields = filled(
        browser.get("/compose"), from_="account.orders", to="g@example.com", subject="Hello", text="Hi"
    )
    sent = browser.post("/compose/send", fields).location.removeprefix("/messages/")
    assert kit.read(sent, lambda message: message.account_id) == "orders"


def test_an_account_that_is_chosen_keeps_what_the_message_is_for(kit: HubKit, browser: Browserless) -> None:
    kit.user("ada").post("/scenarios", {"id": "offer", "title": "Offer"}, 201)
    path = drafted(browser, from_="scenario.offer")
    browser.post(f"{path}/save", filled(browser.get(path), from_="account.orders"))
    way = stored(kit, path, lambda message: (message.scenario, message.account_id))
    assert way == ("offer", "orders")
    assert "It is for: Offer." in " ".join(browser.get(path).html.find(id="way").text.split())
    browser.post(f"{path}/save", filled(browser.get(path), from_="scenario.default"))
    assert stored(kit, path, lambda message: (message.scenario, message.account_id)) == ("default", "")


def test_mistakes_are_told_at_their_fields_with_the_very_address_and_nothing_is_lost(
    browser: Browserless,
) -> None:
    fields = filled(
        browser.get("/compose"), to="good@example.com, b@d@", cc="also bad", subject="Hello", text="Words"
    )
    page = browser.post("/compose/send", fields, 422)
    assert "b@d@" in wrong(page, "to")
    assert "good@example.com" not in wrong(page, "to")
    assert "also bad" in wrong(page, "cc")
    assert page.html.find(id="body-text").text.strip() == "Words"
    assert page.html.select_one("[data-error-summary] a")["href"] == "#to"
    assert page.html.find("form", id="compose")["action"].endswith("/send")
    assert "/compose/compose" not in page.html.find("form", id="compose")["action"]


def test_a_message_to_nobody_is_refused_at_to(browser: Browserless) -> None:
    page = browser.post("/compose/send", filled(browser.get("/compose"), subject="Hello", text="Hi"), 422)
    assert "Name at least one recipient" in wrong(page, "to")


def test_an_empty_subject_asks_and_then_goes(kit: HubKit, browser: Browserless) -> None:
    page = browser.post("/compose/send", filled(browser.get("/compose"), to="g@example.com", text="Hi"), 422)
    assert "Send it without a subject?" in page.html.select_one("[data-error-summary]").text
    action = page.html.find("form", id="compose")["action"]
    answer = browser.post(action, [*controls(page), ("without_subject", "1")])
    assert kit.read(answer.location.removeprefix("/messages/"), lambda message: message.status) == "queued"


def test_pressing_send_twice_sends_once(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser, text="Hello")
    fields = controls(browser.get(path))
    first, second = browser.post(f"{path}/send", fields), browser.post(f"{path}/send", fields)
    assert first.location == second.location == f"/messages/{id_of(path)}"
    assert len(messages(kit)) == 1


def test_nothing_is_sent_that_somebody_else_has_changed(kit: HubKit, browser: Browserless) -> None:
    path = drafted(browser, text="Hello")
    mine = filled(browser.get(path), subject="Mine")
    saved(browser, path, filled(browser.get(path), subject="Theirs"))
    page = browser.post(f"{path}/send", mine, 412)
    assert page.html.find(id="subject")["value"] == "Mine"
    assert stored(kit, path, lambda message: message.status) == "draft"


def test_one_for_later_waits(kit: HubKit, browser: Browserless) -> None:
    fields = filled(
        browser.get("/compose"), to="g@example.com", subject="Hi", text="Hi", send_at="2035-01-02T09:30"
    )
    answer = browser.post("/compose/send", fields)
    assert "2 Jan 2035" in browser.get(answer.location).html.find(id="state").text


def test_it_speaks_french(kit: HubKit) -> None:
    page = signed_in(kit, "amelie", language="fr").get("/compose")
    assert page.html.find("html")["lang"] == "fr"
    assert page.html.find(id="editor-texts")
