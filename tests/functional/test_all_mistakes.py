"""Mistakes of form and of meaning come together (api.md: ``errors`` with all errors found)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailhub.testing import FakeClock
from tests.kit.hub import Api, HubKit, errors_of

FORM = ("/colour", "schema.unknown_field")
NOBODY = ("/users/1", "user.not_found")
NO_UPLOAD = ("/upload", "upload.not_found")
NO_ACCOUNT = ("/account", "account.not_found")


@dataclass
class Setup:
    """A hub in which there is one of everything that can be changed."""

    kit: HubKit
    root: Api
    ids: dict[str, str]

    def errors(self, method: str, path: str, body: dict[str, Any]) -> list[tuple[str, str]]:
        for name, id in self.ids.items():
            path = path.replace(f"{{{name}}}", id)
        call = getattr(self.root.app, f"{method.lower()}_json")
        return errors_of(call(f"/api/v1{path}", body, headers={"If-Match": "*"}, status=422))


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    kit = HubKit.open(Path(tmp_path_factory.mktemp("mistakes")), clock=FakeClock())
    kit.account("sales")
    root = kit.user("root")
    kit.user("bob", "email-edit")
    upload = root.upload(b"terms").json["id"]
    group = root.post("/groups", {"name": "Sales", "users": []}, 201)
    file = root.post("/scenarios/reminder/attachments", {"upload": upload, "name": "a.txt"}, 201)
    draft = root.send(201, draft=True)
    ids = {"user": kit.user_id("bob"), "upload": upload}
    ids |= {"group": group.json["id"], "file": file.json["id"], "draft": draft.json["id"]}
    root.post("/groups", {"name": "Service", "users": []}, 201)
    yield Setup(kit, root, ids)
    kit.close()


@pytest.mark.parametrize(
    ("call", "body", "meant"),
    [
        ("POST /users", {"login": "bob", "kind": 7}, [("/login", "user.login_taken")]),
        ("PATCH /users/{user}", {"login": "root"}, [("/login", "user.login_taken")]),
        ("PATCH /users/{user}", {"time_zone": "Mars"}, [("/time_zone", "schema.invalid")]),
        ("POST /groups", {"name": "Sales", "users": ["bob", "eve"]}, [("/name", "group.name_taken"), NOBODY]),
        ("PATCH /groups/{group}", {"name": "Service"}, [("/name", "group.name_taken")]),
        ("PATCH /groups/{group}", {"users": ["bob", "eve"]}, [NOBODY]),
        ("POST /tokens", {"networks": ["x"]}, [("/networks/0", "schema.invalid")]),
        (
            "POST /tokens",
            {"user": "eve", "networks": ["x"]},
            [("/user", "user.not_found"), ("/networks/0", "schema.invalid")],
        ),
        ("PUT /company", {"reply_to": "nobody"}, [("/reply_to", "address.invalid")]),
        ("PUT /company", {"logo": "none"}, [("/logo", "upload.not_found")]),
        ("PATCH /me", {"time_zone": "Mars"}, [("/time_zone", "schema.invalid")]),
        ("POST /me/password", {"new": "1234"}, [("/new", "password.too_weak")]),
        (
            "PUT /scenarios/reminder/account",
            {"account": "none", "substitute_sender": "nobody"},
            [NO_ACCOUNT, ("/substitute_sender", "address.invalid")],
        ),
        (
            "PUT /scenarios/reminder/account",
            {"account": "sales", "substitute_sender": "boss@example.com"},
            [("/substitute_sender", "sender.not_allowed")],
        ),
        ("POST /scenarios/reminder/attachments", {"upload": "none"}, [NO_UPLOAD]),
        ("PATCH /scenarios/reminder/attachments/{file}", {"upload": "none"}, [NO_UPLOAD]),
        ("PATCH /accounts/sales", {"address": "nobody"}, [("/address", "address.invalid")]),
        (
            "PATCH /accounts/sales",
            {"address": "nobody", "settings": {"colour": 1}},
            [("/settings/colour", "schema.unknown_field"), ("/address", "address.invalid")],
        ),
        (
            "POST /accounts/check",
            {"connector": "fake", "settings": {"port": 1}, "account": "none", "to": "nobody", "address": "n"},
            [("/to", "address.invalid"), ("/address", "address.invalid"), NO_ACCOUNT],
        ),
        (
            "POST /accounts/check",
            {"connector": "none", "settings": {}},
            [("/connector", "connector.not_found")],
        ),
        ("PATCH /messages/{draft}", {"subject": "a\nb"}, [("/subject", "header.invalid")]),
        (
            "PATCH /messages/{draft}",
            {"attachments": [{"n": 7}, {"n": 8}], "to": ["a\nb"]},
            [
                ("/to/0", "address.invalid"),
                *((f"/attachments/{n}/n", "attachment.not_found") for n in (0, 1)),
            ],
        ),
        ("POST /messages", {"draft": True, "subject": "a\nb"}, [("/subject", "header.invalid")]),
        ("POST /messages", {"to": ["nobody"], "text": "x"}, [("/to/0", "address.invalid")]),
    ],
    ids=str,
)
def test_mistakes_of_form_and_of_meaning_come_together(
    setup: Setup, call: str, body: dict[str, Any], meant: list[tuple[str, str]]
) -> None:
    method, path = call.split()
    found = setup.errors(method, path, {**body, "colour": "red"})

    assert FORM in found
    assert sorted(each for each in found if each in meant) == sorted(meant)


@pytest.mark.parametrize(
    ("call", "body", "meant"),
    [
        (
            "PUT /scenarios/reminder/account",
            {"account": 7, "substitute_sender": "a@example.com"},
            ["/account"],
        ),
        ("PATCH /accounts/sales", {"settings": 7, "address": ""}, ["/settings"]),
        ("POST /accounts/check", {"connector": "fake", "settings": {}, "account": 7}, ["/account"]),
        ("POST /accounts/check", {"connector": 7, "settings": {"colour": 1}}, ["/connector"]),
        ("POST /messages", {"to": [7], "text": "x"}, ["/to/0"]),
        ("POST /groups", {"name": 7, "users": []}, ["/name"]),
    ],
    ids=str,
)
def test_what_may_follow_from_another_mistake_is_none_of_its_own(
    setup: Setup, call: str, body: dict[str, Any], meant: list[str]
) -> None:
    method, path = call.split()
    assert [pointer for pointer, _code in setup.errors(method, path, body)] == meant
