"""Pages made of all parts there are (``parts/*.jinja2``), so that these are tested apart from the pages that use them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from mailhub.contract.texts import Text, plain
from mailhub.web.assets import Assets, answer, own_bundles
from mailhub.web.frame import Frame, NavItem
from mailhub.web.notices import Notice
from mailhub.web.policy import EDITOR_POLICY, PAGE_POLICY
from mailhub.web.rendering import Templates
from mailhub.web.request import PageRequest

TOKEN = "a'b\"c"
"""Of every form: characters that have to be escaped."""

NAV = (
    NavItem("Home", "/", "house", is_current=False),
    NavItem("Accounts", "/list", "envelope", is_current=True, group="Set-up"),
    NavItem("Forms", "/form", "pencil", is_current=False, group="Set-up"),
)
NOTICES = (Notice("success", "The account was saved."), Notice("danger", "Its server does not answer."))


class Reader:
    """Who reads a page, as far as templates ask: in English, or in a French that is marked words."""

    locale = "en"
    time_zone = UTC
    now = datetime(2026, 11, 24, 20, 40, tzinfo=UTC)
    csrf_token = TOKEN

    def __init__(self, query: str) -> None:
        given = parse_qs(query)
        self.state = given.get("status", [""])[0]
        self.locale = given.get("locale", ["en"])[0]

    def translated(self, text: Text) -> str:
        return plain(text) if self.locale == "en" else f"«{plain(text)}»"

    def recalled(self, text: str) -> Text:
        return text

    def pluralized(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural


class PartsSite:
    """Where the pages are, what was posted to them, and whether they answer."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str, str | None]] = []
        """Path, body, and the header with the token, of each POST."""
        self.is_cut = False
        assets = Assets(own_bundles())
        self._assets, self._templates = assets, Templates(assets)

    def page(self, name: str, query: str) -> bytes:
        reader = Reader(query)
        frame = Frame(
            title=name.title(),
            crumbs=[("Set-up", "/list")],
            nav=NAV,
            notices=NOTICES if name == "list" else (),
            user_name="Adele Vance",
            login="adele",
            locale=reader.locale,
            csrf_token=TOKEN,
            path=f"/{name}",
            version="1.2.3",
        )
        html = self._templates.render(
            f"tests.browser:parts/{name}.jinja2", {}, cast(PageRequest, reader), frame
        )
        return html.encode("utf-8")

    def file(self, path: str) -> bytes | None:
        _empty, _static, digest, name = path.split("/", 3)
        asset = self._assets.find(digest, name)
        return None if asset is None else asset.content

    def file_headers(self, path: str) -> dict[str, str]:
        _empty, _static, digest, name = path.split("/", 3)
        asset = self._assets.find(digest, name)
        assert asset is not None
        return dict(answer(asset, takes_gzip=False).headers)

    def note(self, path: str, body: str, headers: Message) -> None:
        self.posted.append((path, body, headers.get("X-CSRF-Token")))


@contextmanager
def serving(site: PartsSite) -> Iterator[str]:
    """The address at which the site answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: PartsSite

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/static/"):
            content = self.site.file(url.path)
            return self._send(404 if content is None else 200, content or b"", self._headers_of(url.path))
        name = url.path.strip("/")
        if name not in ("list", "form", "editor"):
            return self._send(200, b"<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1>", {})
        policy = EDITOR_POLICY if name == "editor" else PAGE_POLICY
        return self._send(200, self.site.page(name, url.query), {"Content-Security-Policy": policy})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.site.is_cut:
            self.close_connection = True
            return None
        self.site.note(self.path, body, self.headers)
        status = int(self.path.removeprefix("/status/")) if self.path.startswith("/status/") else 200
        return self._send(status, f"<p>answer {status}</p>".encode(), {})

    def _headers_of(self, path: str) -> dict[str, str]:
        return self.site.file_headers(path) if self.site.file(path) is not None else {}

    def _send(self, status: int, content: bytes, headers: dict[str, Any]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Nothing: a test says itself what it saw."""
