"""What the kit is for: it sees what a person or a browser would complain about, so that no test passes by looking away."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, Route

from .cutting import CuttingProxy
from .kit import Browsing, Keys, check_accessible, check_fits, focus_of, press_until_focused
from .watching import browsing

SITE = "http://site.test"
STYLE = """
:root { color-scheme: light dark; }
body { background: white; color: black; }
@media (prefers-color-scheme: dark) { body { background: black; color: white; } .faint { color: #333; } }
"""


@pytest.fixture
def base_url() -> str:
    return SITE


def show(page: Page, body: str, *, policy: str = "", status: int = 200, files: int = 404) -> None:
    """Let the page show this, with files that are answered by ``files``."""

    def answer(route: Route) -> None:
        if route.request.resource_type == "document":
            content = f"<!doctype html><html lang=en><title>Site</title><main><h1>Site</h1>{body}</main>"
            headers = {"Content-Security-Policy": policy} if policy else {}
            route.fulfill(status=status, body=content, content_type="text/html", headers=headers)
        elif route.request.url.endswith(".css"):
            route.fulfill(body=STYLE, content_type="text/css")
        else:
            route.fulfill(status=files, body="")

    page.route("**/*", answer)
    page.goto("/")
    # what the console says arrives after the page
    page.wait_for_timeout(50)


@pytest.mark.parametrize(
    ("body", "policy", "complaint"),
    [
        ("<script>console.error('no good')</script>", "", "console error: no good"),
        ("<script>console.warn('careful')</script>", "", "console warning: careful"),
        ("<script>throw new Error('broken')</script>", "", "error: broken"),
        (
            "<script>fetch('http://127.0.0.1:9/')</script>",
            "connect-src 'none'",
            "policy violated: connect-src",
        ),
        ("<p style='color: red'>x</p>", "style-src 'self'", "policy violated: style-src-attr"),
        ("<img src=/missing.png alt=''>", "", "answer 404: GET http://site.test/missing.png"),
    ],
)
def test_what_a_browser_complains_about_fails_a_test(
    browser: Browser, body: str, policy: str, complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint), browsing(browser, SITE) as pages:
        show(pages.open(), body, policy=policy)


def test_a_violation_is_seen_without_scripts_too(browser: Browser) -> None:
    with pytest.raises(AssertionError, match="style-src"), browsing(browser, SITE) as pages:
        show(pages.open(scripts=False), "<p style='color: red'>x</p>", policy="style-src 'self'")


def test_a_refusal_of_a_form_is_no_complaint_but_a_broken_hub_is_one(browser: Browser) -> None:
    with browsing(browser, SITE) as pages:
        show(pages.open(), "Wrong", status=422)
    with pytest.raises(AssertionError, match="answer 500"), browsing(browser, SITE) as pages:
        show(pages.open(), "Broken", status=500)


def test_what_a_test_causes_on_purpose_it_may_allow(browsing: Browsing, page: Page) -> None:
    browsing.complaints(page).allow("answer 503")
    show(page, "Away", status=503)


FAULTS = "<link rel=stylesheet href=/site.css><input name=amount><p class=faint>Hardly to be read</p>"


def test_axe_is_asked_in_both_themes(page: Page) -> None:
    show(page, FAULTS, policy="default-src 'self'")
    with pytest.raises(AssertionError) as caught:
        check_accessible(page)
    lines = [line for line in str(caught.value).splitlines() if line.startswith("[")]
    assert [line.partition(":")[0] for line in lines] == [
        "[light] critical label",
        "[dark] serious color-contrast",
        "[dark] critical label",
    ]


def test_a_dark_theme_that_is_none_is_noticed(page: Page) -> None:
    show(page, "<p>The same for everybody</p>")
    with pytest.raises(AssertionError, match="looks the same"):
        check_accessible(page)
    check_accessible(page, themes=["light"])


def test_axe_runs_where_scripts_do_not(scriptless_page: Page) -> None:
    show(scriptless_page, FAULTS, policy="default-src 'self'")
    with pytest.raises(AssertionError, match="critical label"):
        check_accessible(scriptless_page)


CONTROLS = """
<form><label>Name <input name=name></label>
<label for=mail>E-mail</label><input id=mail aria-describedby=hint><p id=hint>As on your card</p>
<button type=button aria-label="Save all" onclick="this.textContent = 'Saved'">S</button></form>
<div onclick="1">Only by mouse</div>
"""


def test_keys_find_controls_by_what_is_announced(page: Page) -> None:
    show(page, CONTROLS)
    keys = Keys(page).to("Name").type("Ada").to("E-mail", role="textbox").type("ada@example.com")
    assert focus_of(page) == ("textbox", "E-mail")
    keys.to("Save all").press("Space")
    keys.to("Name", key="Shift+Tab")

    assert page.get_by_label("Name").input_value() == "Ada"
    assert page.get_by_label("E-mail").input_value() == "ada@example.com"
    assert page.get_by_role("button").inner_text() == "Saved"


def test_what_no_key_leads_to_is_not_found(page: Page) -> None:
    show(page, CONTROLS)
    with pytest.raises(AssertionError, match=r"no way by keys to (.|\n)*textbox “E-mail”"):
        press_until_focused(page, "Only by mouse")


def test_what_is_too_wide_is_named(page: Page) -> None:
    show(page, "<pre id=wide>" + "0123456789" * 20 + "</pre>")
    with pytest.raises(AssertionError, match='id="wide"'):
        check_fits(page)
    assert page.viewport_size == {"width": 1280, "height": 860}


class Counting(BaseHTTPRequestHandler):
    """Reads a body and says how much came."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        size = len(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", str(len(str(size))))
        self.end_headers()
        self.wfile.write(str(size).encode())

    def log_request(self, *_answered: object) -> None:
        """Not on standard error."""


def put(port: int, size_bytes: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("PUT", "/", bytes(size_bytes))
        return connection.getresponse().read()
    finally:
        connection.close()


def test_the_proxy_cuts_where_it_is_told_and_nowhere_else() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with CuttingProxy(server.server_port) as proxy:
            assert put(proxy.port, 3_000_000) == b"3000000"
            proxy.cut_after(1_000_000, 3_000_000)
            for _cut in range(2):
                with pytest.raises((OSError, http.client.HTTPException)):
                    put(proxy.port, 2_500_000)
            assert put(proxy.port, 2_500_000) == b"2500000"
            assert proxy.cuts == 2
        server.shutdown()
