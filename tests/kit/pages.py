"""The pages of a hub in this process, as a browser without scripts sees them."""

from typing import Any, Protocol

from webtest import TestApp

from tests.kit.hub import HubKit

PASSWORD = "Quite-a-long-sentence-7"
OWN = "http://localhost"
ADDRESS = "127.0.0.1"


class HasApplication(Protocol):
    """A hub, as far as a browser is concerned."""

    @property
    def application(self) -> Any: ...


class Browserless:
    """One person's browser: keeps cookies, sends Origin with forms, follows nothing by itself."""

    def __init__(
        self, hub: HasApplication, *, address: str = ADDRESS, scheme: str = "http", language: str = "en"
    ) -> None:
        environ = {"REMOTE_ADDR": address, "HTTP_HOST": "localhost", "wsgi.url_scheme": scheme}
        self.origin = f"{scheme}://localhost"
        self.app = TestApp(hub.application, extra_environ={**environ, "HTTP_ACCEPT_LANGUAGE": language})
        self.hub = hub

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        return self.app.get(path, headers=_named(headers), status=status)

    def token(self, path: str = "/sign-in") -> str:
        """The token against forgery that a page has in its forms."""
        found: str = self.get(path).html.find("input", {"name": "csrf_token"})["value"]
        return found

    def post(
        self, path: str, fields: Any = (), status: int = 303, *, token: str | None = None, **headers: str
    ) -> Any:
        """Send a form with the token of the person's own pages, or with ``token``; ``Origin=""`` leaves Origin out."""
        controls = list(fields.items()) if isinstance(fields, dict) else list(fields)
        found = self.own_token if token is None else token
        given = {"Origin": self.origin, **_named(headers)}
        given = {name: value for name, value in given.items() if value}
        return self.app.post(path, [("csrf_token", found), *controls], headers=given, status=status)

    def sign_in(self, login: str, password: str = PASSWORD) -> "Browserless":
        """Sign in and go on as this person; he must have a password."""
        fields = {"login": login, "password": password}
        self.post("/sign-in", fields, token=self.token("/sign-in"))
        return self

    @property
    def own_token(self) -> str:
        """Of a page that everybody can read who is signed in, or who is not."""
        return self.token("/" if any("session" in name for name in self.app.cookies) else "/sign-in")


def signed_in(hub: HubKit, login: str, *sets: str, language: str = "en", **values: Any) -> Browserless:
    """The browser of a user who is made when he is not there; no sets: all of them."""
    hub.user(login, *sets, password=PASSWORD, language=language, **values)
    return Browserless(hub, language=language).sign_in(login)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
