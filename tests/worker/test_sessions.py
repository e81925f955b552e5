"""Who is signed in at the pages stays it through ``kill -9``; a spoilt file of sessions costs the sign-in and no more."""

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from .hub_process import HubProcess

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]

LOGIN, PASSWORD = "ada", "correct horse battery"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """Keeps cookies and follows redirects."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub
        # a proxy that the environment names is not asked for our own machine
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> tuple[str, str]:
        """Where that led, and what was there."""
        return self._open(urllib.request.Request(f"{self._origin}{path}"))

    def sign_in(self) -> None:
        found = TOKEN.search(self.get("/sign-in")[1])
        assert found is not None
        fields = {"csrf_token": found[1], "login": LOGIN, "password": PASSWORD}
        content = urllib.parse.urlencode(fields).encode()
        headers = {"Origin": self._origin}
        self._open(urllib.request.Request(f"{self._origin}/sign-in", content, headers))

    @property
    def is_signed_in(self) -> bool:
        return self.get("/me")[0] == "/me"

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._hub.port}"

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        with self._opener.open(request, timeout=30) as response:
            return urllib.parse.urlsplit(response.url).path, response.read().decode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(tmp_path / "data") as started:
        started.set_up()
        started.start()
        user = {"login": LOGIN, "contact_email": "ada@example.com", "password": PASSWORD}
        assert started.call("POST", "/users", user).status == 201
        yield started


def test_a_session_survives_kill_and_a_spoilt_file_costs_a_sign_in_only(hub: HubProcess) -> None:
    browser = Browser(hub)
    assert not browser.is_signed_in
    browser.sign_in()
    assert browser.is_signed_in

    hub.kill()
    hub.wait()
    hub.start()
    assert browser.is_signed_in

    hub.kill()
    hub.wait()
    file = hub.data / "sessions.fs"
    file.write_bytes(b"\0" * file.stat().st_size)
    hub.start()
    assert hub.is_ready()
    assert not browser.is_signed_in
    browser.sign_in()
    assert browser.is_signed_in
    assert (hub.data / "sessions.fs.damaged").exists()
    assert "sessions.fs" in hub.log_tail()
    assert hub.stop() == 0
