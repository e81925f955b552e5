"""A hub on a data file, its owner's way in, and an account with a secret."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition
from typing import Any

import pytest
from webtest import TestApp

import mailhub_smtp.plugin as smtp_plugin
from mailhub.cli.client import LOCAL_SOCKET
from tests.kit.hub import HubKit

SECRET = "correct horse battery staple"
WAIT_SECONDS = 60.0


class Owner:
    """Calls over the socket of the hub's owner."""

    def __init__(self, kit: HubKit) -> None:
        self.kit = kit
        self.app = TestApp(kit.application, extra_environ={LOCAL_SOCKET: True, "REMOTE_ADDR": ""})

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        if body is None:
            return self.app.post(f"/api/v1{path}", status=status).json
        return self.app.post_json(f"/api/v1{path}", body, status=status).json

    def get(self, path: str) -> Any:
        return self.app.get(f"/api/v1{path}").json

    def upload(self, data: bytes) -> str:
        """Its id."""
        headers = {"Content-Type": "application/octet-stream"}
        id: str = self.app.post("/api/v1/uploads", data, headers=headers, status=201).json["id"]
        return id

    def maintain(self, name: str, body: Any = None) -> Any:
        """How a piece of maintenance ended."""
        answer = self.app.post(f"/api/v1/maintenance/{name}", status=202) if body is None else None
        if answer is None:
            answer = self.app.post_json(f"/api/v1/maintenance/{name}", body, status=202)
        run, pause = answer.json, Condition()
        assert answer.headers["Location"].endswith(f"/api/v1/checks/{run['id']}")
        for _look in range(int(WAIT_SECONDS / 0.02)):
            if run["outcome"] is not None:
                return run
            with pause:
                pause.wait(0.02)
            run = self.get(f"/checks/{run['id']}")
        raise AssertionError(run)

    def add_account(self, **fields: Any) -> str:
        """An account whose settings need a password; its id."""
        settings = {
            "server": "mail.example.com",
            "port": 587,
            "security": "starttls",
            "authentication": "basic",
            "user_name": "u",
            "password": SECRET,
        }
        account = {
            "connector": "smtp",
            "name": "Sales",
            "address": "sales@example.com",
            "settings": settings,
            "is_default": True,
            **fields,
        }
        id: str = self.post("/accounts", account)["id"]
        return id


@pytest.fixture
def make_owner(tmp_path: Path) -> Iterator[Callable[[str], Owner]]:
    kits: list[HubKit] = []

    def make(name: str) -> Owner:
        folder = tmp_path / name
        folder.mkdir()
        kits.append(HubKit.open(folder, store_uri="", plugins=[smtp_plugin]))
        kits[-1].user("admin")
        return Owner(kits[-1])

    yield make
    for kit in kits:
        kit.close()


@pytest.fixture
def owner(make_owner: Callable[[str], Owner]) -> Owner:
    return make_owner("first")


@pytest.fixture
def data(owner: Owner) -> Path:
    """Its data folder."""
    return owner.kit.hub.data_dir
