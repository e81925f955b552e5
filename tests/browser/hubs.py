"""Hubs to be visited: real processes on folders that ``mailhub init`` made once."""

import shutil
from pathlib import Path

from tests.worker.hub_process import HubProcess

ADMIN = "admin"
PASSWORD = "plum-ladder-91-otter"
SETTINGS: dict[str, str] = {}
"""Of every hub here."""


class PreparedHub:
    """A data folder with an administrator (``ADMIN``, ``PASSWORD``) and a token of his, copied for each hub."""

    def __init__(self, folder: Path) -> None:
        self._original = folder / "data"
        first = HubProcess(self._original, **SETTINGS)
        first.command("init", "--admin-login", ADMIN, "--admin-password", PASSWORD)
        self._token: str = first.command("token", "create", "--user", ADMIN)["token"]

    def copy(self, folder: Path, **settings: str) -> "VisitedHub":
        """A hub of its own that has not been started."""
        shutil.copytree(self._original, folder / "data")
        hub = VisitedHub(folder / "data", **{**SETTINGS, **settings})
        hub.token = self._token
        return hub


class VisitedHub(HubProcess):
    """A hub with an address for browsers. Its ``call``, ``add_account``, ``send`` … act as the administrator."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_user(self, login: str, *permission_sets: str, **fields: object) -> str:
        """Make a user with the password ``PASSWORD``, who may do everything unless sets are named; his id."""
        given = {
            "name": login.title(),
            "contact_email": f"{login}@example.com",
            "password": PASSWORD,
            **fields,
        }
        sets = list(permission_sets) or ["email-admin"]
        answer = self.call("POST", "/users", {"login": login, "permission_sets": sets, **given})
        assert answer.status == 201, answer
        user_id: str = answer.body["id"]
        return user_id
