"""Pages of scenarios, over the fake connector."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from webtest import Upload

from mailhub.accounts.model import accounts_of
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from tests.kit.hub import HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

HOSTILE_TITLE = '"><img src=x onerror=alert(1)>'
PNG = b"\x89PNG" + bytes(range(200))


def opened(folder: Path) -> HubKit:
    kit = HubKit.open(folder)
    kit.account("sales")
    kit.account("orders", default=False)
    kit.user("ada", password=PASSWORD)
    kit.user("bob", password=PASSWORD)
    kit.user("eddy", "email-edit", password=PASSWORD)
    return kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[HubKit]:
    kit = opened(tmp_path)
    yield kit
    kit.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    """For tests that change nothing another one looks at: sales orders and invoices have no account of their own."""
    kit = opened(tmp_path_factory.mktemp("shared"))
    allow_senders(kit)
    kit.user("ada").post("/scenarios", {"id": "rent-reminder", "title": "Letter"}, 201)
    kit.user("ada").app.put_json("/api/v1/scenarios/rent-reminder/account", {"account": "orders"})
    yield kit
    kit.close()


@pytest.fixture(scope="module")
def visitor(shared: HubKit) -> Browserless:
    return signed_in(shared, "ada")


@pytest.fixture
def browser(kit: HubKit) -> Browserless:
    return signed_in(kit, "ada")


def board(browser: Browserless, query: str = "") -> Any:
    return browser.get(f"/scenarios{query}").html


def tokens(html: Any, *scenarios: str) -> list[tuple[str, str]]:
    """The check boxes of these scenarios, as a browser would send them."""
    return [("scenario", html.select_one(f"#scenario-{each} [data-select]")["value"]) for each in scenarios]


def lane_of(html: Any, scenario: str) -> str:
    """Below which account a scenario stands, and how: "orders", "sales", or "sales by default"."""
    row = html.find(id=f"scenario-{scenario}")
    name = row.find_parent("section").find("h2").text.strip().lower()
    return f"{name} by default" if "is-inherited" in row["class"] else name


def assign(browser: Browserless, account: str, *scenarios: str) -> Any:
    """The page after these were assigned in one go."""
    chosen = tokens(board(browser), *scenarios)
    return browser.get(browser.post("/scenarios/+assign", [*chosen, ("account", account)]).location)


def account_of(kit: HubKit, scenario: str) -> str | None:
    with kit.hub.database.reading() as root:
        found = scenarios_of(root).find_assignment(scenario)
        return None if found is None else found.account_id


def files(kit: HubKit, scenario: str = "sales-invoice") -> list[ScenarioAttachment]:
    with kit.hub.database.reading() as root:
        found = scenarios_of(root).files_of(scenario)
        for each in found:
            each._p_activate()
        return found


def add_file(kit: HubKit, name: str = "terms.pdf", *, is_default: bool = False) -> str:
    """A file of the sales invoice; where its pages are."""
    api = kit.user("ada")
    upload = api.upload(b"content").json["id"]
    body = {"upload": upload, "name": name, "is_default": is_default}
    made = api.post("/scenarios/sales-invoice/attachments", body, 201)
    return f"/scenarios/sales-invoice/files/{made.json['id']}"


def revision_in(page: Any, selector: str) -> str:
    found: str = page.html.select_one(f"{selector} input[name=revision]")["value"]
    return found


# -- the board ----------------------------------------------------------------------------------------------------------


def test_accounts_are_shown_with_what_they_send_the_default_one_first(
    kit: HubKit, browser: Browserless
) -> None:
    assign(browser, "orders", "sales-order")
    html = board(browser)
    assert [each.text.strip() for each in html.select(".lane h2")] == ["Sales", "Orders"]
    assert lane_of(html, "sales-order") == "orders"
    assert lane_of(html, "sales-invoice") == "sales by default"
    assert "Default" in html.select_one(".lane .lane-marks").text


def test_the_default_scenario_is_shown_and_cannot_be_chosen(browser: Browserless) -> None:
    row = board(browser).find(id="scenario-default")
    assert row.find("input") is None
    assert row.find("details") is None
    page = browser.get(
        browser.post("/scenarios/+assign", {"scenario": "default~x", "account": "orders"}).location
    )
    assert "meanwhile" in page.html.find(role="alert").text


def test_accounts_that_do_not_send_now_are_marked(kit: HubKit, browser: Browserless) -> None:
    kit.change_account("orders", paused_at=kit.hub.clock.now())
    kit.account("gone", default=False, connector="of-no-plugin")
    marks = {
        each.find("h2").text.strip(): each.select_one(".lane-marks").text
        for each in board(browser).select(".lane")
    }
    assert "Paused" in marks["Orders"]
    assert "Connector missing" in marks["Gone"]


def test_without_a_default_account_what_nobody_sends_comes_first(kit: HubKit, browser: Browserless) -> None:
    kit.change(lambda root: setattr(accounts_of(root).default, "account_id", None))
    html = board(browser)
    assert html.select_one(".lane h2").text == "No account"
    assert lane_of(html, "sales-invoice") == "no account by default"
    assert "There is no default account" in html.text


def test_what_is_assigned_to_an_account_that_is_gone_goes_by_default_and_says_so(
    kit: HubKit, browser: Browserless
) -> None:
    assign(browser, "orders", "sales-order")
    kit.delete_account("orders")
    html = board(browser)
    assert lane_of(html, "sales-order") == "sales by default"
    assert "Its account is gone" in html.find(id="scenario-sales-order").text
    assign(browser, "", "sales-order")
    assert account_of(kit, "sales-order") is None


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=CREDIT+memo", {"sales-credit-memo", "service-credit-memo"}),
        ("?q=rent-rem", {"rent-reminder"}),
        ("?source=custom", {"rent-reminder"}),
        ("?account=own&q=letter", {"rent-reminder"}),
        ("?account=default&q=letter", set()),
        ("?source=plugin", set()),
    ],
)
def test_scenarios_are_found(shared: HubKit, visitor: Browserless, query: str, shown: set[str]) -> None:
    html = board(visitor, query)
    assert {each["id"].removeprefix("scenario-") for each in html.select(".kind")} == shown
    assert bool(shown) is not ("No scenario is like that" in html.text)


def test_who_only_looks_is_offered_nothing_to_change(kit: HubKit) -> None:
    browser = signed_in(kit, "eddy")
    html = board(browser)
    assert not html.select("[data-select], .kind details, #assign, [href='/scenarios/+new']")
    page = browser.get("/scenarios/sales-invoice").html
    assert not page.select("main form")


# -- assigning ----------------------------------------------------------------------------------------------------------


def test_many_are_assigned_at_once_reassigned_and_unassigned(kit: HubKit, browser: Browserless) -> None:
    page = assign(browser, "orders", "sales-order", "purchase-order")
    assert "2 scenarios are sent by Orders now." in page.text
    assert {lane_of(page.html, each) for each in ("sales-order", "purchase-order")} == {"orders"}
    assert lane_of(assign(browser, "sales", "sales-order").html, "sales-order") == "sales"
    page = assign(browser, "", "sales-order")
    assert lane_of(page.html, "sales-order") == "sales by default"
    assert account_of(kit, "sales-order") is None
    assert account_of(kit, "purchase-order") == "orders"


def test_each_row_has_a_form_of_its_own(kit: HubKit, browser: Browserless) -> None:
    form = board(browser).select_one("#scenario-reminder form.menu-assign")
    fields = {each["name"]: each["value"] for each in form.select("input")}
    assert {each["value"] for each in form.select("option")} == {"", "sales", "orders"}
    fields.pop("csrf_token")
    browser.post(form["action"], {**fields, "account": "orders"})
    assert account_of(kit, "reminder") == "orders"


def test_an_assignment_can_be_undone_as_long_as_it_is_as_it_was_made(
    kit: HubKit, browser: Browserless
) -> None:
    assign(browser, "sales", "purchase-order")
    page = assign(browser, "orders", "sales-order", "purchase-order")
    steps = [("step", each["value"]) for each in page.html.select(".undo input[name=step]")]
    assert len(steps) == 2
    after = browser.get(browser.post("/scenarios/+undo", steps).location)
    assert "It is as it was before." in after.text
    assert account_of(kit, "sales-order") is None
    assert account_of(kit, "purchase-order") == "sales"
    assert not browser.get(page.request.path_qs).html.select(".undo")
    page = browser.get(browser.post("/scenarios/+undo", steps).location)
    assert "left as it is" in page.text


def test_what_somebody_else_changed_meanwhile_is_left_and_the_rest_is_done(
    kit: HubKit, browser: Browserless
) -> None:
    chosen = tokens(board(browser), "sales-order", "purchase-order")
    assign(signed_in(kit, "bob"), "sales", "sales-order")
    page = browser.get(browser.post("/scenarios/+assign", [*chosen, ("account", "orders")]).location)
    assert "Somebody else has changed Sales order meanwhile" in page.html.find(role="alert").text
    assert account_of(kit, "sales-order") == "sales"
    assert account_of(kit, "purchase-order") == "orders"


def test_an_account_that_went_meanwhile_is_told_of(kit: HubKit, browser: Browserless) -> None:
    chosen = tokens(board(browser), "sales-order")
    kit.delete_account("orders")
    page = browser.get(browser.post("/scenarios/+assign", [*chosen, ("account", "orders")]).location)
    assert "There is no such account." in page.html.find(role="alert").text
    assert account_of(kit, "sales-order") is None


def test_nothing_chosen_changes_nothing_and_says_so(browser: Browserless) -> None:
    page = browser.get(browser.post("/scenarios/+assign", {"account": "orders"}).location)
    assert "Choose scenarios first." in page.text


@pytest.mark.parametrize(
    "token", ["", "sales-order", "~", "sales-order~0", "no-such~0", "sales-order~0~1", "☃~x"]
)
def test_controls_that_were_never_offered_change_nothing(
    shared: HubKit, visitor: Browserless, token: str
) -> None:
    for path, name in (("/scenarios/+assign", "scenario"), ("/scenarios/+undo", "step")):
        answer = visitor.app.post(
            path,
            [("csrf_token", visitor.own_token), (name, token), ("account", "orders")],
            headers={"Origin": visitor.origin},
            expect_errors=True,
        )
        assert answer.status_int in (303, 400)
    assert visitor.get(f"/scenarios?done={quote(token)}").status_int == 200
    assert account_of(shared, "sales-order") is None


def test_a_link_that_somebody_made_up_offers_nothing_to_undo(kit: HubKit, browser: Browserless) -> None:
    chosen = tokens(board(browser), "sales-order")
    link = browser.post("/scenarios/+assign", [*chosen, ("account", "orders")]).location
    form = browser.get(link).html.find("form", class_="undo")
    (step,) = [each["value"] for each in form.find_all("input", {"name": "step"})]
    made_up = f"{step.rpartition('~')[0]}~sales"
    for token in (step, made_up, f"{made_up}~{link.rpartition('~')[2]}"):
        assert browser.get(f"/scenarios?done={quote(token)}").html.find("form", class_="undo") is None
    assert signed_in(kit, "bob").get(link).html.find("form", class_="undo") is None


@pytest.mark.parametrize(
    ("back", "where"),
    [
        ("/scenarios?q=order", "/scenarios?q=order"),
        ("//evil.example/scenarios", "/scenarios"),
        ("/me", "/scenarios"),
        ("/scenarios/../me", "/scenarios"),
    ],
)
def test_one_comes_back_to_where_one_was_and_nowhere_else(
    visitor: Browserless, back: str, where: str
) -> None:
    fields = [*tokens(board(visitor), "sales-quote"), ("account", "orders"), ("back", back)]
    location = visitor.post("/scenarios/+assign", fields).location
    assert location.partition("done=")[0].rstrip("?&") == where


# -- one scenario -------------------------------------------------------------------------------------------------------


def test_the_page_explains_as_the_api_does(kit: HubKit, browser: Browserless) -> None:
    steps = kit.user("ada").get("/scenarios/sales-invoice/explain").json["steps"]
    shown = browser.get("/scenarios/sales-invoice").html.select(".reasons li")
    assert [each.select_one(".reason-question").text for each in shown] == [
        each["question"] for each in steps
    ]
    assert [each.select_one(".reason-because").text for each in shown] == [each["because"] for each in steps]


def test_what_would_be_refused_is_said_first(kit: HubKit, browser: Browserless) -> None:
    kit.change(lambda root: setattr(accounts_of(root).default, "account_id", None))
    page = browser.get("/scenarios/sales-invoice")
    assert "no default account is set" in page.html.select_one("#why .notice-danger").text


def allow_senders(kit: HubKit) -> None:
    def allow(root: Any) -> None:
        account = accounts_of(root).find("orders")
        assert account is not None
        account.settings = {
            **account.settings,
            "allow_sender_override": True,
            "allowed_senders": ["@example.com"],
        }

    kit.change(allow)


def save(browser: Browserless, status: int = 303, **fields: str) -> Any:
    form = {"account": "orders", "substitute_sender": "", "substitute_mode": ""}
    page = browser.get("/scenarios/sales-order")
    given = {"revision": revision_in(page, "form#account"), **form, **fields}
    return browser.post("/scenarios/sales-order/account", given, status)


def test_account_and_substitute_sender_are_saved(kit: HubKit, browser: Browserless) -> None:
    allow_senders(kit)
    save(browser, substitute_sender="boss@example.com", substitute_mode="on_behalf")
    with kit.hub.database.reading() as root:
        found = scenarios_of(root).find_assignment("sales-order")
        assert found is not None
        assert (found.account_id, found.substitute_sender, found.substitute_mode) == (
            "orders",
            "boss@example.com",
            "on_behalf",
        )
    assert "boss@example.com" in browser.get("/scenarios/sales-order").html.select_one(".reasons").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"substitute_sender": "boss@example.org"}, "does not allow the sender"),
        ({"substitute_sender": "no address"}, "address"),
        ({"account": "", "substitute_sender": "boss@example.com"}, "nobody to be a substitute for"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_kept(
    shared: HubKit, visitor: Browserless, fields: dict[str, str], said: str
) -> None:
    page = save(visitor, 422, **fields)
    wrong = page.html.select("[aria-invalid=true]")
    assert [(each["name"], each["value"]) for each in wrong] == [
        ("substitute_sender", fields["substitute_sender"])
    ]
    assert said in page.html.select_one(".form-summary").text
    assert account_of(shared, "sales-order") is None


def test_two_editors_of_one_scenario_do_not_overwrite_each_other(kit: HubKit, browser: Browserless) -> None:
    old = revision_in(browser.get("/scenarios/sales-order"), "form#account")
    assign(signed_in(kit, "bob"), "orders", "sales-order")
    page = save(browser, 412, account="sales", revision=old)
    assert "Somebody else has changed this scenario" in page.text
    assert page.html.select_one("#account option[selected]")["value"] == "sales"
    assert account_of(kit, "sales-order") == "orders"


def test_a_substitute_sender_stays_where_it_was_and_goes_with_another_account(
    kit: HubKit, browser: Browserless
) -> None:
    allow_senders(kit)
    save(browser, substitute_sender="boss@example.com")
    page = assign(browser, "orders", "sales-order")
    assert "Nothing had to be changed." in page.text
    page = assign(browser, "sales", "sales-order")
    assert "The substitute sender belonged to the account before" in page.text
    assert not page.html.select(".undo")


def test_the_default_scenario_leads_to_the_accounts(browser: Browserless) -> None:
    page = browser.get("/scenarios/default")
    assert not page.html.select("form#account")
    browser.post("/scenarios/default/account", {"revision": "x", "account": "orders"}, 412)


# -- administrators' own ------------------------------------------------------------------------------------------------


def test_a_scenario_of_ones_own_is_added_and_deleted_after_a_question(
    kit: HubKit, browser: Browserless
) -> None:
    made = browser.post("/scenarios/+new", {"id": "new", "title": HOSTILE_TITLE})
    page = browser.get(made.location)
    assert page.html.find("h1").text == HOSTILE_TITLE
    assert "<img src=x" not in page.text
    assert "<img src=x" not in browser.get("/scenarios?q=img").text
    asked = browser.get(f"{made.location}/delete")
    browser.post(f"{made.location}/delete", {"revision": "0"}, 412)
    browser.post(f"{made.location}/delete", {}, 428)
    browser.post(f"{made.location}/delete", {"revision": revision_in(asked, "main form")})
    browser.get(made.location, 404)


@pytest.mark.parametrize(
    ("id", "status"), [("sales-order", 409), ("Sales Order", 422), ("", 422), ("+new", 422), ("a" * 64, 422)]
)
def test_an_id_that_cannot_be_is_told_at_its_field(visitor: Browserless, id: str, status: int) -> None:
    page = visitor.post("/scenarios/+new", {"id": id, "title": "Mine"}, status)
    assert [each["name"] for each in page.html.select("[aria-invalid=true]")] == ["id"]
    assert page.html.find("input", {"name": "title"})["value"] == "Mine"


def test_a_scenario_of_a_plugin_cannot_be_deleted(browser: Browserless) -> None:
    page = browser.get("/scenarios/sales-order")
    assert not page.html.select("[href$=delete]")
    fields = {"revision": revision_in(page, "form#account")}
    assert "comes with a plugin" in browser.post("/scenarios/sales-order/delete", fields, 409).text


# -- files --------------------------------------------------------------------------------------------------------------


def send_files(browser: Browserless, *given: Upload, **fields: str) -> Any:
    controls: list[tuple[str, Any]] = [("csrf_token", browser.own_token), *fields.items()]
    controls += [("file", each) for each in given]
    return browser.app.post(
        "/scenarios/sales-invoice/files", controls, headers={"Origin": browser.origin}, status=303
    )


def test_files_come_with_the_form_where_there_is_no_script(kit: HubKit, browser: Browserless) -> None:
    sent = send_files(
        browser, Upload("a.pdf", b"one"), Upload("logo.png", PNG, "image/png"), is_default="true"
    )
    assert "2 files were added." in browser.get(sent.location.partition("#")[0]).text
    assert [(each.name, each.content_type, each.content.size, each.is_default) for each in files(kit)] == [
        ("a.pdf", "application/pdf", 3, True),
        ("logo.png", "image/png", len(PNG), True),
    ]


def test_files_that_were_sent_ahead_are_named_by_their_ids(kit: HubKit, browser: Browserless) -> None:
    headers = {"Content-Disposition": 'attachment; filename="b.txt"', "X-CSRF-Token": browser.own_token}
    headers |= {"Origin": browser.origin, "Content-Type": "text/plain"}
    upload = browser.app.post("/page-api/uploads", b"text", headers=headers, status=201).json["id"]
    browser.post("/scenarios/sales-invoice/files", [("upload", upload)])
    assert [(each.name, each.is_default) for each in files(kit)] == [("b.txt", False)]


def test_an_upload_of_somebody_else_is_not_taken(kit: HubKit, browser: Browserless) -> None:
    upload = kit.user("bob").upload(b"secret").json["id"]
    sent = browser.post("/scenarios/sales-invoice/files", [("upload", upload)])
    assert "There is no such upload of yours." in browser.get(sent.location).text
    assert files(kit) == []


def test_a_form_without_files_says_so(kit: HubKit, browser: Browserless) -> None:
    sent = browser.post("/scenarios/sales-invoice/files", [("file", ""), ("upload", "")])
    assert "Choose a file first." in browser.get(sent.location.partition("#")[0]).text
    assert files(kit) == []


def test_a_file_that_is_too_large_is_told_of_and_the_others_are_added(tmp_path: Path) -> None:
    kit = HubKit.open(tmp_path, message_max_attachment_bytes=1_000_000)
    kit.account("sales")
    browser = signed_in(kit, "ada")
    sent = send_files(browser, Upload("big.bin", b"x" * 1_000_001), Upload("small.bin", b"x"))
    page = browser.get(sent.location)
    assert "at most" in page.html.find(role="alert").text
    assert [each.name for each in files(kit)] == ["small.bin"]
    kit.close()


@pytest.mark.parametrize(
    "name", ['a"b\\.pdf', "<b>x</b>.html", "a%0d%0aSet-Cookie: x=1.txt", "é☃.pdf", "\u202efdp.exe"]
)
def test_a_name_is_shown_and_sent_as_what_it_is_and_nothing_more(
    shared: HubKit, visitor: Browserless, name: str
) -> None:
    path = add_file(shared, name)
    page = visitor.get("/scenarios/sales-invoice")
    assert page.html.select_one(f"#files .row-title[href='{path}']").text == name
    assert "<b>x" not in page.text
    answer = visitor.get(path)
    assert answer.body == b"content"
    told = answer.headers["Content-Disposition"]
    assert told.startswith("attachment; filename=")
    assert "\n" not in told
    assert "\r" not in told
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_with_a_line_break_is_refused_at_its_field(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit)
    fields = {"revision": "1", "name": "a\nb.pdf", "is_default": "false"}
    page = browser.post(f"{path}/edit", fields, 422)
    assert [each["name"] for each in page.html.select("[aria-invalid=true]")] == ["name"]
    assert files(kit)[0].name == "terms.pdf"


def test_a_file_is_made_default_and_no_default_again(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit)
    for flag, said in (
        ("true", "is added to every message now"),
        ("false", "only added to messages that ask"),
    ):
        button = browser.get("/scenarios/sales-invoice").html.select_one(f"form[action='{path}/default']")
        assert button.select_one("[role=switch]")["aria-checked"] == ("false" if flag == "true" else "true")
        fields = {
            each["name"]: each["value"] for each in button.select("input") if each["name"] != "csrf_token"
        }
        assert fields["is_default"] == flag
        assert said in browser.get(browser.post(f"{path}/default", fields).location.partition("#")[0]).text
        assert files(kit)[0].is_default is (flag == "true")


def test_a_file_is_renamed_and_replaced(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit)
    controls: list[tuple[str, Any]] = [
        ("csrf_token", browser.own_token),
        ("revision", revision_in(browser.get(f"{path}/edit"), "main form")),
        ("name", "new.pdf"),
        ("is_default", "false"),
        ("file", Upload("other.pdf", b"new content", "application/pdf")),
    ]
    browser.app.post(f"{path}/edit", controls, headers={"Origin": browser.origin}, status=303)
    assert files(kit)[0].name == "new.pdf"
    assert browser.get(path).body == b"new content"


def test_what_is_done_to_a_file_needs_the_state_it_was_seen_in(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit)
    kit.user("bob").app.patch_json(
        f"/api/v1{path.replace('files', 'attachments')}", {"name": "theirs.pdf"}, headers={"If-Match": "1"}
    )
    page = browser.post(f"{path}/edit", {"revision": "1", "name": "mine.pdf", "is_default": "true"}, 412)
    assert page.html.find("input", {"name": "name"})["value"] == "mine.pdf"
    browser.post(f"{path}/default", {"revision": "1", "is_default": "true"}, 412)
    browser.post(f"{path}/delete", {"revision": "1"}, 412)
    browser.post(f"{path}/delete", {}, 428)
    assert [(each.name, each.is_default) for each in files(kit)] == [("theirs.pdf", False)]


def test_a_file_is_deleted_after_a_question(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit)
    asked = browser.get(f"{path}/delete")
    assert "Delete terms.pdf?" in asked.text
    answer = browser.post(f"{path}/delete", {"revision": revision_in(asked, "main form")})
    assert "terms.pdf was deleted." in browser.get(answer.location.partition("#")[0]).text
    assert files(kit) == []
    browser.get(path, 404)


def test_the_page_of_the_default_scenario_shows_the_files_of_all(kit: HubKit, browser: Browserless) -> None:
    path = add_file(kit, is_default=True)
    links = [each["href"] for each in browser.get("/scenarios/default").html.select("#files .row-title")]
    assert links == [path]
    browser.get(path.replace("sales-invoice", "default"), 404)


def test_default_files_are_counted_on_the_board(kit: HubKit, browser: Browserless) -> None:
    add_file(kit, is_default=True)
    add_file(kit)
    assert board(browser).select_one("#scenario-sales-invoice .kind-files").text.strip().startswith("1")


def test_who_may_not_set_up_reads_and_downloads_only(kit: HubKit) -> None:
    path, browser = add_file(kit), signed_in(kit, "eddy")
    assert browser.get(path).body == b"content"
    for unsafe in ("/default", "/delete", "/edit"):
        browser.post(f"{path}{unsafe}", {"revision": "1", "name": "x", "is_default": "true"}, 403)
    browser.post("/scenarios/sales-invoice/files", {"upload": "x"}, 403)
    assert [(each.name, each.is_default) for each in files(kit)] == [("terms.pdf", False)]
