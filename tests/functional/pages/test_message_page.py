"""The page of one message: its views, its parts at addresses of their own, its state while one looks."""

import base64
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mailhub.contract.errors import Permanent, Transient, Uncertain
from mailhub.messages.pages import message as message_page
from mailhub.messages.pages import source as source_module
from mailhub.web.policy import MAIL_POLICY
from tests.kit.hub import Api, HubKit
from tests.kit.pages import PASSWORD, Browserless, signed_in

LATER = "2126-01-01T08:00:00Z"
NUMBERS = count()
HOSTILE = (
    "<script>alert(1)</script><img src='https://evil.example/p.gif' onerror=alert(1)>"
    "<form action='https://evil.example'><button>x</button></form><style>p{background:url(//evil.example)}</style>"
    "<p>Dear Ada</p>"
)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubKit]:
    kit = HubKit.open(tmp_path_factory.mktemp("hub"))
    kit.account("sales", on_uncertain="hold")
    kit.hub.start_delivery()
    yield kit
    kit.close()


@pytest.fixture
def login() -> str:
    return f"ada{next(NUMBERS)}"


@pytest.fixture
def api(kit: HubKit, login: str) -> Api:
    return kit.user(login, "email-edit", password=PASSWORD)


@pytest.fixture
def browser(kit: HubKit, api: Api, login: str) -> Browserless:
    return signed_in(kit, login, "email-edit")


def made(api: Api, **fields: Any) -> str:
    return str(api.send(**{"send_at": LATER} | fields).json["id"])


def words(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def file(name: str = "a.pdf", content: bytes = b"%PDF", **fields: Any) -> dict[str, Any]:
    return {"name": name, "content": base64.b64encode(content).decode()} | fields


# -- head and views ----------------------------------------------------------------------------------------------------


def test_the_head_says_who_what_and_when(api: Api, browser: Browserless) -> None:
    related = {"kind": "sales-invoice", "id": "1", "title": "Invoice 1", "url": "https://erp.example.com/1"}
    message_id = made(
        api,
        subject="Invoice 103001",
        to=[{"name": "Ada L", "address": "ada@example.com"}],
        cc=["bob@example.com"],
        bcc=["eve@example.com"],
        scenario="sales-invoice",
        tags=["run-7"],
        related=[related],
    )
    page = browser.get(f"/messages/{message_id}")
    assert page.html.select_one("h1").text.strip() == "Invoice 103001"
    facts = words(page.html.find(id="facts"))
    for part in (
        "From sales@example.com",
        "Ada L <ada@example.com>",
        "Cc bob@example.com",
        "Bcc eve@example.com",
        "Account Sales",
        "Scenario Sales invoice",
        "Not before 1 Jan 2126, 08:00",
        "Invoice 1",
        "run-7",
    ):
        assert part in facts
    assert "Leaves 1 Jan 2126, 08:00" in words(page.html.select_one("[data-state]"))
    assert page.html.select_one(".crumbs a")["href"] == "/outbox"


def test_without_html_the_text_comes_first_and_there_is_no_view_of_html(
    api: Api, browser: Browserless
) -> None:
    message_id = made(api, text="Hello <b>Ada</b>\n\n  indented")
    page = browser.get(f"/messages/{message_id}?view=html")
    assert page.html.select_one("pre").text == "Hello <b>Ada</b>\n\n  indented"
    assert page.html.select_one("iframe") is None
    browser.get(f"/messages/{message_id}/body", 404)
    assert "view=html" not in page.text


def test_a_view_that_is_none_is_the_first_one(api: Api, browser: Browserless) -> None:
    message_id = made(api, html="<p>x</p>")
    page = browser.get(f"/messages/{message_id}?view=../../etc/passwd")
    assert page.html.select_one("iframe")["src"] == f"/messages/{message_id}/body"


def test_a_text_that_is_long_is_cut(api: Api, browser: Browserless, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_page, "MOST_TEXT_CHARACTERS", 10)
    page = browser.get(f"/messages/{made(api, text='0123456789 and more')}?view=text")
    assert page.html.select_one("pre").text == "0123456789"
    assert "This is the beginning" in page.text


def test_the_source_is_escaped_cut_and_to_be_had_whole(
    api: Api, browser: Browserless, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = made(api, text="</pre><script>alert(1)</script>" + "x" * 3000, bcc=["eve@example.com"])
    monkeypatch.setattr(source_module, "MOST_SHOWN_BYTES", 2048)
    page = browser.get(f"/messages/{message_id}?view=source")
    assert "<script>alert" not in page.text
    assert len(page.html.select_one("pre").text) <= 2048
    assert "The first 2 kB of" in words(page.html.select_one(".source-line"))
    whole = browser.get(page.html.select_one(".source-line a")["href"])
    assert whole.body == api.get(f"/messages/{message_id}/raw").body
    assert whole.content_type == "message/rfc822"
    assert whole.headers["Content-Disposition"] == f'attachment; filename="{message_id}.eml"'
    assert b"eve@example.com" not in whole.body


def test_headers_are_read_out(api: Api, browser: Browserless) -> None:
    message_id = made(api, subject="Größe <b>", headers={"X-Run": "7"}, bcc=["eve@example.com"])
    page = browser.get(f"/messages/{message_id}?view=headers")
    told = {words(each.dt): words(each.dd) for each in page.html.select(".headers > div")}
    assert told["Subject"] == "Größe <b>"
    assert told["X-Run"] == "7"
    assert "eve@example.com" not in " ".join(told.values())


def test_attachments_are_listed_and_are_files_to_be_kept(api: Api, browser: Browserless) -> None:
    message_id = made(
        api, attachments=[file("page.html", b"<script>alert(1)</script>", content_type="text/html")]
    )
    page = browser.get(f"/messages/{message_id}?view=attachments")
    assert "25 bytes" in words(page.html.select_one("tbody"))
    answer = browser.get(page.html.select_one("tbody a")["href"])
    assert answer.body == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for number in ("1", "-1", "x", "00000000000000000000", "0/.."):
        browser.get(f"/messages/{message_id}/attachments/{number}", 404)


@pytest.mark.parametrize(
    "name",
    ['a".pdf', "größe.pdf", "..\\..\\x.pdf", "a%0d%0aX-Evil: 1.pdf", "a;filename=b.exe", "\u202egpj.exe"],
)
def test_no_name_of_a_file_gets_into_other_headers(api: Api, browser: Browserless, name: str) -> None:
    message_id = made(api, attachments=[file(name)])
    answer = browser.get(f"/messages/{message_id}/attachments/0")
    assert "X-Evil" not in answer.headers
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert disposition.count('"') == 2
    assert "\u202e" not in disposition
    assert name not in browser.get(f"/messages/{message_id}?view=attachments").text or '"' not in name


def test_recipients_have_their_outcomes(kit: HubKit, api: Api, browser: Browserless) -> None:
    message_id = str(api.send(to=["ada@example.com"], bcc=["eve@example.com"]).json["id"])
    kit.wait_for(message_id)
    page = browser.get(f"/messages/{message_id}?view=recipients")
    rows = [words(each) for each in page.html.select("tbody tr")]
    assert "ada@example.com To Accepted" in rows[0]
    assert "eve@example.com Bcc Accepted" in rows[1]


def test_the_history_tells_each_attempt_and_what_was_answered(
    kit: HubKit, api: Api, browser: Browserless
) -> None:
    kit.provider.fail(Transient("451 4.3.0 <b>try</b> later"))
    message_id = str(api.send().json["id"])
    kit.wait_until(message_id, lambda message: message.status == "queued" and message.attempts == 1)
    api.act(f"/messages/{message_id}/retry")
    kit.wait_for(message_id)
    page = browser.get(f"/messages/{message_id}?view=history")
    told = [words(each) for each in page.html.select(".happening-title")]
    assert told == [
        "Accepted, and put into the queue",
        "Attempt begun Attempt 1",
        "Attempt failed, the next one is planned Attempt 1",
        "Put into the queue again",
        "Attempt begun Attempt 2",
        "Accepted by the mail server Attempt 2",
    ]
    assert "451 4.3.0 &lt;b&gt;try&lt;/b&gt; later" in page.text
    assert "250" in words(page.html.select(".happening")[-1])


def test_what_failed_says_why_and_what_to_do(kit: HubKit, api: Api, browser: Browserless) -> None:
    kit.provider.fail(Permanent("550 <nobody>", code="delivery.refused"))
    message_id = str(api.send().json["id"])
    kit.wait_for(message_id)
    told = words(browser.get(f"/messages/{message_id}").html.select_one("#state .notice"))
    assert told.startswith("The mail server refused the message.")
    assert "Correct the message or the recipients" in told
    assert "550 <nobody>" in told


# -- the mail's own HTML -----------------------------------------------------------------------------------------------


def test_html_is_at_an_address_of_its_own_where_nothing_runs(api: Api, browser: Browserless) -> None:
    message_id = made(api, html=HOSTILE)
    page = browser.get(f"/messages/{message_id}")
    frame = page.html.select_one("iframe")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    assert frame.get("srcdoc") is None
    assert "not loaded" in words(page.html.select_one(".hint"))
    assert "Dear Ada" not in page.text
    body = browser.get(frame["src"])
    assert body.headers["Content-Security-Policy"] == MAIL_POLICY
    assert body.content_type == "text/html"
    assert body.headers["X-DNS-Prefetch-Control"] == "off"
    assert "evil.example" not in body.text
    assert "alert" not in body.text
    assert "Dear Ada" in body.text


def test_pictures_of_the_mail_are_in_its_html(api: Api, browser: Browserless) -> None:
    logo = file("logo.png", b"\x89PNG tiny", inline=True, content_id="logo", content_type="image/png")
    message_id = made(api, html='<img src="cid:logo">', attachments=[logo])
    assert "data:image/png;base64," in browser.get(f"/messages/{message_id}/body").text
    assert "not loaded" not in browser.get(f"/messages/{message_id}").text


def test_hostile_subjects_and_names_are_text(api: Api, browser: Browserless) -> None:
    hostile = "<script>alert(1)</script>"
    message_id = made(
        api,
        subject=hostile,
        to=[{"name": hostile, "address": "ada@example.com"}],
        tags=[hostile],
        related=[{"kind": "x", "id": "1", "title": hostile}],
    )
    for path in (f"/messages/{message_id}", f"/messages/{message_id}?view=recipients", "/outbox"):
        assert "<script>alert" not in browser.get(path).text


# -- buttons and state -------------------------------------------------------------------------------------------------


def offered(page: Any) -> set[str]:
    buttons = page.html.select("#state button")
    return {each.get("value") or each.get("formaction", "").rpartition("/")[2] for each in buttons}


def test_only_what_the_state_allows_is_offered(kit: HubKit, api: Api, browser: Browserless) -> None:
    scheduled = made(api)
    assert offered(browser.get(f"/messages/{scheduled}")) == {"retry", "cancel", "resend", "edit"}
    sent = str(api.send().json["id"])
    kit.wait_for(sent)
    assert offered(browser.get(f"/messages/{sent}")) == {"resend", "edit"}
    kit.provider.fail(Uncertain("lost"), after_hand_over=True)
    doubtful = str(api.send().json["id"])
    kit.wait_for(doubtful)
    assert offered(browser.get(f"/messages/{doubtful}")) >= {
        "resolve-sent",
        "resolve-resend",
        "resolve-failed",
    }


def test_a_draft_is_opened_where_it_is_written(api: Api, browser: Browserless) -> None:
    draft = api.send(201, draft=True).json["id"]
    assert browser.get(f"/messages/{draft}", 303).location == f"/compose/{draft}"


def test_the_state_comes_again_only_when_it_changed(api: Api, browser: Browserless) -> None:
    message_id = made(api)
    page = browser.get(f"/messages/{message_id}?view=history")
    mark = page.html.find(id="state")["data-mark"]
    asked = f"/messages/{message_id}/state?view=history&mark="
    assert page.html.select_one("[data-live-message]")["data-live-message"] + "&mark=" == asked
    browser.get(asked + mark, 204)
    api.act(f"/messages/{message_id}/cancel")
    answer = browser.get(asked + mark)
    assert 'hx-target="#state"' in answer.text
    assert "data-final" in answer.text
    assert 'hx-target="#view"' in answer.text
    assert "<html" not in answer.text


def test_ids_that_are_none_are_not_found(browser: Browserless) -> None:
    for path in (
        "/messages/x",
        "/messages/" + "A" * 24,
        "/messages/%00",
        "/messages/..%2f",
        "/messages/x/state",
    ):
        browser.get(path, 404)
