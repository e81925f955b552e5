"""The page, over real sockets."""

import email
import http.client
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import pytest

from mailhub.capture.server import CaptureServer

pytestmark = pytest.mark.enable_socket

Send = Callable[..., None]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TABS = ("html", "text", "headers", "source", "attachments", "structure", "envelope")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


Ask = Callable[..., Answer]


@pytest.fixture
def ask(server: CaptureServer) -> Ask:
    def ask(path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection(server.host, server.http_port, timeout=20)
        sent = {"Accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    return ask


def invoice() -> bytes:
    mail = EmailMessage()
    mail["From"] = "Ada Lovelace <ada@example.com>"
    mail["To"] = "Bob <bob@example.com>"
    mail["Subject"] = "Rechnung für Müller & Söhne"
    mail.set_content("Guten Tag, Herr Müller\n")
    mail.add_alternative(
        '<p>Guten Tag <img src="cid:logo@x"> <img src="https://tracker.example/p.gif">'
        '<a href="https://pay.example/?a=1&amp;b=2">Bezahlen</a><script>alert(1)</script>',
        subtype="html",
    )
    mail.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>")  # type: ignore[union-attr, index] # is a list
    mail.add_attachment(
        b"%PDF-1.7", maintype="application", subtype="pdf", filename="Rechnung für Müller.pdf"
    )
    return mail.as_bytes()


@pytest.fixture
def invoice_kept(send: Send) -> None:
    send(invoice(), "bob@example.com", "boss@example.com")


def test_an_empty_list_says_how_to_send_a_first_mail(server: CaptureServer, ask: Ask) -> None:
    page = ask("/").text

    assert f"smtp://127.0.0.1:{server.port}" in page
    assert f"swaks --server 127.0.0.1:{server.port}" in page
    assert f'SMTP("127.0.0.1", {server.port})' in page


@pytest.mark.usefixtures("invoice_kept")
def test_the_list_names_sender_recipient_subject_size_time_and_attachments(ask: Ask) -> None:
    page = ask("/").text

    for shown in (
        "Ada Lovelace",
        "Bob",
        "Rechnung für Müller &amp; Söhne",
        "1 attachment",
        "KB",
        "<time datetime=",
    ):
        assert shown in page
    assert 'href="/messages/1"' in page


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("m%C3%BCller", True),
        ("RECHNUNG+ada", True),
        ("boss@", True),
        ("bob+nobody", False),
        ("%3Cscript%3E", False),
    ],
)
def test_the_search_looks_through_subjects_and_addresses(query: str, is_found: bool, ask: Ask) -> None:
    page = ask(f"/?q={query}").text

    assert ('data-number="1"' in page) is is_found
    assert ("Nothing matches" in page) is not is_found
    assert "<script>" not in page


def test_long_lists_come_in_pages(send: Send, ask: Ask) -> None:
    for number in range(53):
        send(b"Subject: mail %d\r\n\r\n" % number)

    first = ask("/").text
    older = re.search(r'href="(/\?before=\d+)"', first)
    assert older is not None
    second = ask(older[1]).text

    assert re.findall(r'data-number="(\d+)"', first) == [str(n) for n in range(53, 3, -1)]
    assert re.findall(r'data-number="(\d+)"', second) == ["3", "2", "1"]


@pytest.mark.usefixtures("invoice_kept")
def test_the_html_is_shown_in_a_sandbox_of_its_own(ask: Ask) -> None:
    page = ask("/messages/1").text
    assert re.search(r"<iframe [^>]*\bsandbox [^>]*src=\"/messages/1/preview\"", page)
    assert "srcdoc" not in page
    assert "1 remote picture was not loaded" in page
    assert (
        'href="https://pay.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow"' in page
    )
    assert "alert(1)" not in page

    preview = ask("/messages/1/preview")
    assert preview.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    )
    assert preview.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script>alert(1)</script>" in preview.text
    picture = re.search(r'src="(/messages/1/parts/\d+)"', preview.text)
    assert picture is not None
    assert ask(picture[1]).content == PNG


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("html", "/messages/1/preview"),
        ("text", "Guten Tag, Herr Müller"),
        ("headers", "multipart/mixed"),
        ("source", "Subject: Rechnung =?utf-8?"),
        ("attachments", sha256(b"%PDF-1.7").hexdigest()),
        ("structure", "multipart/related"),
        ("envelope", "boss@example.com"),
    ],
)
def test_every_view_of_a_mail_has_a_page(tab: str, shown: str, ask: Ask) -> None:
    answer = ask(f"/messages/1/{tab}")

    assert answer.status == 200
    assert shown in answer.text
    assert re.search(rf'href="/messages/1/{tab}" aria-current="page"', answer.text)


@pytest.mark.usefixtures("invoice_kept")
def test_blind_copies_are_marked(ask: Ask) -> None:
    page = ask("/messages/1/envelope").text

    assert re.search(r"boss@example\.com</bdi> <span class=\"badge is-bcc\">Bcc", page)
    assert re.search(r"bob@example\.com</bdi> <span class=\"badge\">To", page)


@pytest.mark.usefixtures("invoice_kept")
def test_an_attachment_is_downloaded_and_never_opened(ask: Ask) -> None:
    link = re.search(
        r'href="(/messages/1/parts/\d+)" download><bdi>Rechnung', ask("/messages/1/attachments").text
    )
    assert link is not None

    answer = ask(link[1])

    assert answer.content == b"%PDF-1.7"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Rechnung f_r M_ller.pdf\"; filename*=UTF-8''Rechnung%20f%C3%BCr%20M%C3%BCller.pdf"
    )
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.usefixtures("invoice_kept")
def test_the_mail_can_be_had_as_it_came(server: CaptureServer, ask: Ask) -> None:
    answer = ask("/messages/1.eml")

    assert answer.content == server.messages()[0].content()
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert email.message_from_bytes(answer.content)["From"] == "Ada Lovelace <ada@example.com>"


@pytest.mark.usefixtures("invoice_kept")
def test_machines_get_a_list(ask: Ask, send: Send) -> None:
    send(b"Subject: second\r\n\r\n")

    first = ask("/messages.json?limit=1").json
    rest = ask(f"/messages.json?limit=1&cursor={first['next_cursor']}").json

    assert [item["subject"] for item in first["items"]] == ["second"]
    assert first["total"] == 2
    assert rest["next_cursor"] is None
    [item] = rest["items"]
    assert item["number"] == 1
    assert item["subject"] == "Rechnung für Müller & Söhne"
    assert item["from"] == "Ada Lovelace <ada@example.com>"
    assert item["envelope"] == {
        "mail_from": "ada@example.com",
        "recipients": ["bob@example.com", "boss@example.com"],
    }
    assert item["attachment_count"] == 1
    assert item["received_at"].endswith("Z")
    assert [each["number"] for each in ask("/messages.json?q=second").json["items"]] == [2]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=-1", "cursor=%00"])
def test_wrong_questions_are_refused(query: str, ask: Ask) -> None:
    answer = ask(f"/messages.json?{query}", Accept="application/json")

    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["/rows", "/messages.json"])
def test_asking_again_costs_little_while_nothing_changes(path: str, send: Send, ask: Ask) -> None:
    send(b"Subject: one\r\n\r\n")
    etag = ask(path).headers["ETag"]

    again = ask(path, If_None_Match=etag)
    assert (again.status, again.content) == (304, b"")

    send(b"Subject: two\r\n\r\n")
    changed = ask(path, If_None_Match=etag)
    assert changed.status == 200
    assert "two" in changed.text


def test_a_mail_that_was_looked_at_is_marked_in_the_fresh_rows(send: Send, ask: Ask) -> None:
    for subject in (b"one", b"two"):
        send(b"Subject: %s\r\n\r\n" % subject)

    rows = ask("/rows?current=1").text

    assert re.findall(r'<a href="/messages/(\d)" aria-current="page">', rows) == ["1"]
    assert "<html" not in rows


def test_machines_delete_one_or_all(server: CaptureServer, send: Send, ask: Ask) -> None:
    for _ in range(3):
        send(b"Subject: x\r\n\r\n")

    assert ask("/messages/2", "DELETE").status == 204
    assert ask("/messages/2", "DELETE").status == 404
    assert [mail.number for mail in server.messages()] == [1, 3]
    assert ask("/messages", "DELETE").json == {"deleted": 2}
    assert server.messages() == []


def test_people_delete_by_forms(server: CaptureServer, send: Send, ask: Ask) -> None:
    for _ in range(3):
        send(b"Subject: x\r\n\r\n")

    deleted = ask("/messages/3/delete?q=x", "POST")
    assert (deleted.status, deleted.headers["Location"]) == (303, f"{server.url}messages/2?q=x")

    assert ask("/clear", "POST").status == 303
    assert server.messages() == []


CHANGES = [
    ("/clear", "POST"),
    ("/messages/1/delete", "POST"),
    ("/messages", "DELETE"),
    ("/messages/1", "DELETE"),
]


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(("path", "method"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}],
)
def test_other_sites_change_nothing(
    path: str, method: str, headers: dict[str, str], server: CaptureServer, ask: Ask
) -> None:
    assert ask(path, method, **headers).status == 403
    assert len(server.messages()) == 1


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(("path", "method"), CHANGES)
def test_our_own_page_may_change_things(path: str, method: str, server: CaptureServer, ask: Ask) -> None:
    own = server.url.rstrip("/")

    assert ask(path, method, Origin=own, Sec_Fetch_Site="same-origin").status in {200, 204, 303}
    assert server.messages() == []


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(("path", "method"), CHANGES)
def test_looking_changes_nothing(path: str, method: str, server: CaptureServer, ask: Ask) -> None:
    ask(path)
    ask(path, "HEAD")

    assert len(server.messages()) == 1


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(
    "path", ["/", "/messages.json", "/messages/1.eml", "/messages/1/preview", "/static/capture.js"]
)
def test_a_rebound_name_sees_nothing(path: str, ask: Ask) -> None:
    answer = ask(path, Host="evil.example:8025")

    assert answer.status == 421
    assert "Müller" not in answer.text


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?q=x",
        "/rows",
        "/messages.json",
        "/messages.json?limit=x",
        "/messages/1",
        *(f"/messages/1/{tab}" for tab in TABS),
        "/static/capture.css",
        "/static/capture.js",
        "/static/logo.svg",
        "/static/nothing",
        "/messages/7",
        "/messages/1/nothing",
        "/messages/99999999999999999999",
        "/messages/1/parts/999",
        "/nothing",
    ],
)
def test_every_answer_has_the_security_headers(path: str, ask: Ask) -> None:
    answer = ask(path)

    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"] or path.startswith("/static/")


@pytest.mark.usefixtures("invoice_kept")
@pytest.mark.parametrize("path", ["/", "/messages/1", *(f"/messages/1/{tab}" for tab in TABS), "/nothing"])
def test_no_page_needs_inline_script_or_style(path: str, ask: Ask) -> None:
    page = ask(path).text

    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/capture.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert '<html lang="en">' in page
    assert page.count("<h1") == 1
    assert page.count('id="main"') == 1


@pytest.mark.usefixtures("invoice_kept")
def test_the_pages_follow_the_readers_language(ask: Ask) -> None:
    french = {"Accept_Language": "fr-CA,fr;q=0.9"}
    page = ask("/messages/1/attachments", **french).text

    assert '<html lang="fr">' in page
    assert "Pièces jointes" in page
    assert "Il n’y a pas d’e-mail 7 ici." in ask("/messages/7", **french).text


def test_what_is_not_there_is_said_so(ask: Ask) -> None:
    assert ask("/messages/1").status == 404
    assert "There is no mail 1 here." in ask("/messages/1").text
    assert ask("/messages/1.eml", Accept="*/*").json["status"] == 404


def test_a_fault_is_logged_and_told_without_details(
    server: CaptureServer, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[int]:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(server.folder, "numbers", fail)
    answer = ask("/")

    assert answer.status == 500
    assert "secret detail" not in answer.text
    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
    assert "the page / failed" in caplog.text
