"""The company through a whole hub: what an administrator says of it, and what messages get of it."""

from typing import Any

import pytest

from mailhub.company.service import LOGO_BYTES
from mailhub.events.audit import list_changes
from tests.kit.hub import Api, HubKit, errors_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


@pytest.fixture
def root(kit: HubKit) -> Api:
    return kit.user("root")


def put(api: Api, status: int = 200, revision: str | None = None, /, **fields: Any) -> Any:
    seen = api.get("/company").json["revision"] if revision is None else revision
    return api.app.put_json("/api/v1/company", fields, headers={"If-Match": seen}, status=status)


def test_a_new_hub_knows_nothing_of_its_company(root: Api) -> None:
    answer = root.get("/company")

    assert answer.json == {"name": "", "logo": None, "sender_name": "", "reply_to": "", "revision": "1"}
    assert answer.headers["ETag"] == '"1"'
    assert root.get("/company/logo", 404).json["code"] == "company.no_logo"


def test_the_company_is_set_whole_and_read_back(root: Api) -> None:
    said = {"name": "Example Ltd", "sender_name": "Example", "reply_to": "office@example.com"}

    assert put(root, **said).json == {**said, "logo": None, "revision": "2"}
    assert put(root, name="Example AG").json == {
        "name": "Example AG",
        "sender_name": "",
        "reply_to": "",
        "logo": None,
        "revision": "3",
    }


def test_nobody_overwrites_what_he_has_not_seen(root: Api) -> None:
    put(root, name="Example Ltd")

    assert put(root, 412, "1", name="Other").json["code"] == "revision.stale"
    missing = root.app.put_json("/api/v1/company", {"name": "Other"}, status=428)
    assert missing.json["code"] == "revision.missing"


def test_what_changes_nothing_is_no_change(kit: HubKit, root: Api) -> None:
    put(root, name="Example Ltd")
    put(root, name="Example Ltd")

    assert root.get("/company").json["revision"] == "2"
    with kit.hub.database.reading() as hub:
        rows = list_changes(hub, 10, subject="company")
    assert [(row.before, row.after) for row in rows] == [
        ({"name": "", "revision": "1"}, {"name": "Example Ltd", "revision": "2"})
    ]


@pytest.mark.parametrize(
    ("data", "content_type", "name"), [(PNG, "image/png", "logo.png"), (JPEG, "image/jpeg", "logo.jpeg")]
)
def test_a_logo_is_uploaded_and_kept_by_its_id(root: Api, data: bytes, content_type: str, name: str) -> None:
    logo = root.upload(data).json["id"]

    assert put(root, logo=logo).json["logo"] == logo
    assert put(root, logo=logo, name="Example Ltd").json["logo"] == logo
    shown = root.get("/company/logo")
    assert (shown.body, shown.content_type) == (data, content_type)
    assert name in shown.headers["Content-Disposition"]
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    put(root, name="Example Ltd")
    root.get("/company/logo", 404)


def test_a_logo_stays_when_its_upload_expires_and_for_another_administrator(kit: HubKit, root: Api) -> None:
    logo = root.upload(PNG).json["id"]
    put(root, logo=logo)
    kit.change(lambda hub: hub.uploads.by_id.clear())

    assert put(kit.user("other"), logo=logo, name="Example Ltd").json["logo"] == logo
    assert root.get("/company/logo").body == PNG


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a",
        b"\x89PN",
        PNG + bytes(LOGO_BYTES),
    ],
    ids=["svg", "gif", "cut", "large"],
)
def test_not_everything_is_a_logo(root: Api, data: bytes) -> None:
    logo = root.upload(data, Content_Type="image/png").json["id"]

    assert errors_of(put(root, 422, logo=logo)) == [("/logo", "company.logo_unusable")]


def test_all_mistakes_are_told_at_once(kit: HubKit, root: Api) -> None:
    theirs = kit.user("bob").upload(PNG).json["id"]

    refused = put(root, 422, logo=theirs, reply_to="a@example.com, b@example.com")

    assert errors_of(refused) == [("/reply_to", "address.invalid"), ("/logo", "upload.not_found")]
    assert errors_of(put(root, 422, name="Example\r\nBcc: x")) == [("/name", "schema.invalid")]
    assert errors_of(put(root, 422, vat="CHE-1")) == [("/vat", "schema.unknown_field")]


def test_messages_have_the_companys_name_and_its_address_for_answers(kit: HubKit, root: Api) -> None:
    put(root, sender_name="Example Ltd", reply_to="office@example.com")

    message = root.send().json

    assert message["from"] == {"name": "Example Ltd", "address": "sales@example.com"}
    assert message["reply_to"] == [{"name": "", "address": "office@example.com"}]
    raw = root.get(f"/messages/{message['id']}/raw").text
    assert "Reply-To: office@example.com" in raw


def test_account_and_message_know_better_than_the_company(kit: HubKit, root: Api) -> None:
    kit.account("named", default=False, sender_name="Accounting")
    put(root, sender_name="Example Ltd", reply_to="office@example.com")

    message = root.send(account="named", reply_to=["bob@example.com"]).json

    assert message["from"]["name"] == "Accounting"
    assert [each["address"] for each in message["reply_to"]] == ["bob@example.com"]


def test_who_sends_in_his_own_name_is_not_the_company(kit: HubKit, root: Api) -> None:
    kit.account("people", default=False, sender_type="current_user")
    put(root, sender_name="Example Ltd")

    assert root.send(account="people").json["from"]["name"] == "Root"
