"""The configuration as a file: what is in it, what never is, and that taking it in is all or nothing."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from mailhub.entropy import SystemEntropy
from mailhub.errors import Invalid
from mailhub.events.audit import audit_of
from mailhub.maintenance.configuration import exporting
from mailhub.maintenance.configuration.passphrase import check_passphrase, opened_secrets, sealed_secrets
from tests.unit.maintenance.conftest import SECRET, Owner

PASSPHRASE = "twelve chars or more"
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
"""A picture as far as anybody looks, and more than fits into a record."""


@pytest.fixture
def filled(owner: Owner) -> Owner:
    """A hub that has something of everything."""
    account = owner.add_account(limit_group="office", rate_limit_per_minute=7)
    owner.post("/scenarios", {"id": "rent-reminder", "title": "Rent reminder"})
    owner.app.put_json("/api/v1/scenarios/rent-reminder/account", {"account": account})
    user = {
        "login": "ada",
        "name": "Ada",
        "contact_email": "ada@example.com",
        "permission_sets": ["email-edit"],
    }
    owner.post("/users", user)
    owner.post("/groups", {"name": "Sales", "users": ["ada", "admin"]})
    owner.app.patch_json("/api/v1/connectors/smtp", {"allow_http": True})
    logo = owner.upload(LOGO)
    company = {"name": "Contoso", "logo": logo, "sender_name": "Contoso", "reply_to": "office@example.com"}
    owner.app.put_json("/api/v1/company", company, headers={"If-Match": "*"})
    file = {"upload": owner.upload(b"terms"), "name": "terms.pdf", "is_default": True}
    owner.post("/scenarios/rent-reminder/attachments", file)
    return owner


@pytest.fixture
def other(make_owner: Callable[[str], Owner]) -> Owner:
    return make_owner("second")


def exported(owner: Owner, passphrase: str | None = None) -> str:
    run = owner.maintain("export", {"passphrase": passphrase})
    assert run["outcome"] == "ok", run
    content: str = run["report"]["content"]
    return content


def imported(owner: Owner, content: str, **fields: Any) -> Any:
    return owner.maintain("import", {"content": content, **fields})


def changes(run: Any) -> list[tuple[str, str]]:
    assert run["outcome"] == "ok", run
    return [(each["action"], each["subject"]) for each in run["report"]["changes"]]


def test_secrets_are_nowhere_unless_they_are_asked_for(filled: Owner) -> None:
    content = exported(filled)
    assert SECRET not in content
    document = json.loads(content)
    assert "secrets" not in document
    assert document["accounts"][0]["secrets"] == ["password"]
    assert "password" not in document["accounts"][0]["settings"]
    assert not {"password_hash", "digest"} & set(content.split('"'))


def test_secrets_that_are_asked_for_open_by_the_passphrase_only(filled: Owner, other: Owner) -> None:
    content = exported(filled, PASSPHRASE)
    assert SECRET not in content
    assert list(opened_secrets(json.loads(content)["secrets"], PASSPHRASE).values()) == [SECRET]
    run = imported(other, content, passphrase="another passphrase")
    assert run["error"]["code"] == "configuration.wrong_passphrase"
    assert imported(other, content)["error"]["code"] == "schema.required"
    assert other.get("/accounts")["items"] == []


def test_another_hub_takes_all_of_it_and_writes_the_same_file(filled: Owner, other: Owner) -> None:
    content = exported(filled, PASSPHRASE)
    made = changes(imported(other, content, passphrase=PASSPHRASE))
    assert sorted(made) == [
        ("change", "assignment"),
        ("change", "company"),
        ("change", "connector"),
        ("create", "account"),
        ("create", "group"),
        ("create", "scenario"),
        ("create", "scenario file"),
        ("create", "user"),
        ("note", "user"),
    ]
    assert exported(other) == exported(filled)
    assert other.get("/accounts")["items"][0]["settings"]["password"] == {"is_set": True}
    assert other.get("/accounts")["items"][0]["state"] == "ready"


def test_taken_in_again_it_changes_nothing(filled: Owner, other: Owner) -> None:
    content = exported(filled, PASSPHRASE)
    imported(other, content, passphrase=PASSPHRASE)
    revision = other.get("/accounts")["items"][0]["revision"]
    assert changes(imported(other, content, passphrase=PASSPHRASE)) == []
    assert changes(imported(filled, content, passphrase=PASSPHRASE)) == []
    assert other.get("/accounts")["items"][0]["revision"] == revision


def test_a_dry_run_tells_the_same_and_changes_nothing(filled: Owner, other: Owner) -> None:
    content, before = exported(filled), exported(other)
    told = changes(imported(other, content, dry_run=True))
    assert exported(other) == before
    assert changes(imported(other, content)) == told


def test_an_account_without_its_secrets_holds_its_mail_until_they_are_entered(
    filled: Owner, other: Owner
) -> None:
    run = imported(other, exported(filled))
    assert ("note", "account") in changes(run)
    account = other.get("/accounts")["items"][0]
    assert (account["state"], account["attention"]["code"]) == ("needs_attention", "secret.needed_again")
    assert account["settings"]["password"] == {"is_set": False}
    headers = {"If-Match": account["revision"]}
    body = {"settings": {"password": "entered"}}
    changed = other.app.patch_json(f"/api/v1/accounts/{account['id']}", body, headers=headers).json
    assert changed["state"] == "ready"
    assert changes(imported(other, exported(filled))) == []


def test_what_differs_is_changed_and_what_is_not_named_stays(filled: Owner) -> None:
    document = json.loads(exported(filled))
    document["accounts"][0] |= {"name": "Office", "rate_limit_per_minute": 9}
    document["accounts"][0]["settings"]["port"] = 2525
    document["users"] = [{**each, "name": "Countess"} for each in document["users"] if each["login"] == "ada"]
    document["groups"] = []
    assert changes(imported(filled, json.dumps(document))) == [("change", "user"), ("change", "account")]
    account = filled.get("/accounts")["items"][0]
    assert (account["name"], account["rate_limit_per_minute"], account["settings"]["port"]) == (
        "Office",
        9,
        2525,
    )
    assert account["settings"]["password"] == {"is_set": True}
    assert len(filled.get("/users")["items"]) == 2
    assert len(filled.get("/groups")["items"]) == 1


def test_all_mistakes_are_told_and_nothing_is_changed(filled: Owner, other: Owner) -> None:
    document = json.loads(exported(filled))
    document["accounts"][0]["settings"]["port"] = 0
    document["users"][0]["contact_email"] = "no address"
    document["assignments"].append({**document["assignments"][0], "scenario": "no-such"})
    document["groups"][0]["users"].append("nobody")
    before = exported(other)
    run = imported(other, json.dumps(document))
    assert run["outcome"] == "failed"
    places = {each["subject"] for each in run["report"]["findings"]}
    assert places >= {
        "/accounts/0/settings/port",
        "/users/0/contact_email",
        "/assignments/1",
        "/groups/0/users/2",
    }
    assert exported(other) == before


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("no json", ""),
        ("[]", ""),
        ('{"format": "other", "version": 1}', "/format"),
        ('{"format": "mailhub-configuration", "version": 2}', "/version"),
        ('{"format": "mailhub-configuration", "version": 1, "more": 1}', "/more"),
        ('{"format": "mailhub-configuration", "version": 1, "users": [{}]}', "/users/0/login"),
    ],
)
def test_a_file_of_another_form_is_refused(owner: Owner, content: str, place: str) -> None:
    run = imported(owner, content)
    assert run["outcome"] == "failed"
    assert [each["subject"] for each in run["report"]["findings"]] == [place]


def test_bytes_that_are_not_what_their_hash_says_are_refused(filled: Owner, other: Owner) -> None:
    document = json.loads(exported(filled))
    document["scenario_files"][0]["content"] = "eHh4"
    run = imported(other, json.dumps(document))
    assert [each["kind"] for each in run["report"]["findings"]] == ["content.damaged"]


def test_a_file_that_is_too_big_is_left_out_and_told_of(
    filled: Owner, other: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_FILE_BYTES", 4)
    run = filled.maintain("export", {"passphrase": None})
    assert [each["kind"] for each in run["report"]["findings"]] == ["file_left_out"]
    assert run["outcome"] == "ok"
    assert ("note", "scenario file") in changes(imported(other, run["report"]["content"]))


def test_the_logo_goes_with_the_company(filled: Owner, other: Owner) -> None:
    document = json.loads(exported(filled))
    company = {"company": document["company"], "format": document["format"], "version": document["version"]}
    assert changes(imported(other, json.dumps(company))) == [("change", "company")]
    assert other.app.get("/api/v1/company/logo").body == LOGO
    assert changes(imported(other, json.dumps(company))) == []

    del document["company"]["logo"]
    document["company"]["name"] = "Fabrikam"
    assert changes(imported(other, json.dumps(company))) == [("change", "company")]
    assert other.app.get("/api/v1/company/logo").body == LOGO
    document["company"]["logo"] = None
    assert changes(imported(other, json.dumps(company))) == [("change", "company")]
    assert other.get("/company")["logo"] is None


def test_a_logo_that_is_none_is_refused(filled: Owner, other: Owner) -> None:
    document = json.loads(exported(filled))
    document["company"]["logo"]["sha256"] = "0" * 64
    assert imported(other, json.dumps(document))["error"]["code"] == "content.damaged"
    content, sha256 = base64.b64encode(b"<svg/>").decode(), hashlib.sha256(b"<svg/>").hexdigest()
    document["company"]["logo"] |= {"content": content, "sha256": sha256}
    assert imported(other, json.dumps(document))["error"]["code"] == "company.logo_unusable"
    assert other.get("/company")["name"] == ""


def test_an_import_is_audited_as_what_its_caller_did(filled: Owner, other: Owner) -> None:
    imported(other, exported(filled))
    with other.kit.hub.database.reading() as hub:
        rows = [each.row for each in audit_of(hub).iter_before(None)]
    assert any({"account", "created", "admin"} <= set(map(str, row)) for row in rows)


# -- the passphrase ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", ["salt", "nonce", "ciphertext"])
def test_a_changed_byte_is_noticed(changed: str) -> None:
    sealed = sealed_secrets({"a": "b"}, PASSPHRASE, SystemEntropy())
    assert opened_secrets(sealed, PASSPHRASE) == {"a": "b"}
    text = sealed[changed]
    sealed[changed] = ("B" if text[0] == "A" else "A") + text[1:]
    with pytest.raises(Invalid):
        opened_secrets(sealed, PASSPHRASE)


def test_a_short_passphrase_is_refused(owner: Owner) -> None:
    with pytest.raises(Invalid):
        check_passphrase("short")
    run = owner.maintain("export", {"passphrase": "short"})
    assert run["error"]["code"] == "password.too_weak"
