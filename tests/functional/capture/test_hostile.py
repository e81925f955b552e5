"""Mail that wants to do harm, or is broken: the list lives on, and every page of it can be opened."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mailhub.capture.server import CaptureServer

pytestmark = pytest.mark.enable_socket

Send = Callable[..., None]
TABS = ("html", "text", "headers", "source", "attachments", "structure", "envelope")
SCRIPT = "<script>alert('x')</script>"

HOSTILE = {
    "script everywhere": (
        f'From: "{SCRIPT}" <a@example.com>\r\nTo: {SCRIPT}\r\nSubject: {SCRIPT}\r\nX-{SCRIPT}: {SCRIPT}\r\n'
        f'Content-Type: text/html; name="{SCRIPT}"\r\nContent-Disposition: attachment; filename="{SCRIPT}"\r\n'
        f"Content-ID: <{SCRIPT}>\r\n\r\n{SCRIPT}"
    ).encode(),
    "controls": b"Subject: a\x1b[31m\x07\x00\x7f b\r\nFrom: \x0c\x0b <a@example.com>\r\n\r\n\x1b]0;x\x07",
    "bidi": "Subject: invoice\u202efdp.exe\r\nFrom: \u2066x\u2069 <a@example.com>\r\n\r\nx".encode(),
    "undecodable": b"Subject: \xff\xfe\x80\r\nFrom: \xc3 <a@example.com>\r\n\r\n\xff",
    "surrogates": b"Subject: =?utf-16-le?b?ANgA3A==?= =?utf-8?q?=ED=A0=80?=\r\n\r\nx",
    "no headers": b"just text",
    "nothing": b"",
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\ny",
    "never closed": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>hi",
    "unknown charset": b"Content-Type: text/html; charset=klingon\r\n\r\n<p>x\xff",
    "wrong base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n***",
    "utf-7": b"Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "broken html": b"Content-Type: text/html\r\n\r\n<![x[<a href='javascript:alert(1)'>x<img src=//a.example/x",
    "path as name": b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nx',
    "quote in name": b"Content-Disposition: attachment; filename*=utf-8''a%22%0d%0aSet-Cookie:%20x=1\r\n\r\nx",
    "odd type": b'Content-Type: text/html;\r\n\tx/<script>; charset="\r\n\r\nx',
    "deep": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)
    ),
    "many recipients": b"To: " + b", ".join(b"u%d@example.com" % n for n in range(2000)) + b"\r\n\r\nx",
    "long subject": b"Subject: " + b"x" * 5000 + b"\r\n\r\nx",
}


def fetch(server: CaptureServer, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(server.host, server.http_port, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_every_page_of_a_hostile_mail_opens_and_nothing_of_it_acts(
    name: str, server: CaptureServer, send: Send
) -> None:
    send(HOSTILE[name])

    for path in ("/", "/rows", "/messages.json", "/messages/1", *(f"/messages/1/{tab}" for tab in TABS)):
        status, headers, content = fetch(server, path)
        text = content.decode()
        assert status == 200, path
        if headers["Content-Type"].startswith("text/html"):
            assert SCRIPT not in text
            assert not re.search(r"""(href|src)\s*=\s*["']?\s*javascript:""", text)
            assert not any(character in text for character in "\0\x07\x1b\x7f\u202e\u2066"), path


@pytest.mark.parametrize("name", HOSTILE)
def test_every_part_of_a_hostile_mail_is_a_sandboxed_download(
    name: str, server: CaptureServer, send: Send
) -> None:
    send(HOSTILE[name])

    for path in ("/messages/1.eml", "/messages/1/parts/0", "/messages/1/parts/1", "/messages/1/preview"):
        status, headers, _content = fetch(server, path)
        assert status in {200, 404}
        assert "Set-Cookie" not in headers
        if status == 200:
            assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert headers["Content-Disposition"] or path.endswith("preview")


def test_hostile_mails_do_not_hide_the_others(server: CaptureServer, send: Send) -> None:
    for content in HOSTILE.values():
        send(content)
    send(b"Subject: the good one\r\n\r\nx")

    _status, _headers, content = fetch(server, "/")

    assert b"the good one" in content
    assert content.count(b"data-number=") == len(HOSTILE) + 1


def test_files_that_cannot_be_read_are_listed_as_such(server: CaptureServer, send: Send) -> None:
    send(b"Subject: good\r\n\r\nx")
    (server.folder.path / "00000002.eml").symlink_to(Path("/nonexistent"))
    (server.folder.path / "00000003.eml").mkdir()

    _status, _headers, content = fetch(server, "/messages.json")

    assert b"good" in content
    assert fetch(server, "/")[0] == 200
    assert fetch(server, "/messages/2")[0] == 404
    assert fetch(server, "/messages/3")[0] == 404


def test_a_mail_without_an_envelope_is_shown(server: CaptureServer, send: Send) -> None:
    send(b"Subject: good\r\n\r\nx")
    (server.folder.path / "00000001.json").write_bytes(b"{")

    for path in ("/", "/messages.json", "/messages/1", "/messages/1/envelope"):
        status, _headers, content = fetch(server, path)
        assert status == 200
        assert b"good" in content
    assert b"envelope of this mail cannot be read" in fetch(server, "/messages/1/envelope")[2]


def test_a_mail_of_ten_megabytes_opens(server: CaptureServer, send: Send) -> None:
    send(b"Subject: big\r\nContent-Type: text/html\r\n\r\n" + (b"<p>" + b"x" * 70 + b"\r\n") * 135_000)

    for path in ("/", "/messages/1", "/messages/1/source", "/messages/1/structure"):
        status, _headers, content = fetch(server, path)
        assert status == 200
        assert len(content) < 2_000_000
    assert len(fetch(server, "/messages/1/preview")[2]) > 10_000_000
