"""Files of scenarios through a whole hub (DA1 to DA5)."""

from typing import Any

import pytest

from mailhub.events.audit import list_changes
from tests.kit.hub import Api, HubKit, check_described, errors_of

FILES = "/scenarios/sales-invoice/attachments"


@pytest.fixture
def admin(kit: HubKit) -> Api:
    return kit.user("ada")


def add(api: Api, data: bytes = b"Terms", scenario: str = "sales-invoice", **fields: Any) -> Any:
    upload = api.upload(
        data, Content_Disposition='attachment; filename="terms.txt"', Content_Type="text/plain"
    )
    return api.post(f"/scenarios/{scenario}/attachments", {"upload": upload.json["id"], **fields}, 201)


def change(api: Api, file: Any, status: int = 200, revision: str | None = None, **fields: Any) -> Any:
    headers = {"If-Match": revision or file["revision"]}
    path = f"/api/v1/scenarios/{file['scenario']}/attachments/{file['id']}"
    return api.app.patch_json(path, fields, headers=headers, status=status)


def delete(api: Api, file: Any, status: int = 204, **headers: str) -> None:
    path = f"/api/v1/scenarios/{file['scenario']}/attachments/{file['id']}"
    api.app.delete(path, headers=headers or {"If-Match": file["revision"]}, status=status)


def send(api: Api, status: int = 202, **fields: Any) -> Any:
    return api.send(status, **{"scenario": "sales-invoice", **fields})


def names(message: Any) -> list[tuple[str, str]]:
    return [(each["name"], each["source"]) for each in message.json["attachments"]]


def listed(api: Api, scenario: str = "sales-invoice", **query: Any) -> list[str]:
    return [
        each["name"] for page in api.pages(f"/scenarios/{scenario}/attachments", **query) for each in page
    ]


def test_a_file_is_added_as_one_that_is_not_default(admin: Api) -> None:
    added = add(admin)

    file = added.json
    assert (file["name"], file["content_type"], file["size"], file["is_default"]) == (
        "terms.txt",
        "text/plain",
        5,
        False,
    )
    assert added.headers["ETag"] == f'"{file["revision"]}"'
    assert admin.app.get(added.headers["Location"]).json == file
    assert names(send(admin)) == []
    document = admin.get("/openapi.json").json
    check_described(document, "post", "/scenarios/{id}/attachments", 201, file)
    check_described(document, "get", "/scenarios/{id}/attachments", 200, admin.get(FILES).json)


def test_a_default_file_goes_with_every_message_but_where_it_is_not_wanted(admin: Api) -> None:
    file = change(admin, add(admin).json, is_default=True).json

    assert file["is_default"] is True
    assert names(send(admin)) == [("terms.txt", "scenario")]
    assert names(send(admin, scenario="sales-quote")) == []
    assert names(send(admin, include_default_attachments=False)) == []


def test_the_scenario_default_adds_nothing_by_itself(admin: Api) -> None:
    add(admin, scenario="default", is_default=True)

    assert names(send(admin, scenario="default")) == []


def test_a_file_is_downloaded_and_cannot_run_in_a_browser(admin: Api) -> None:
    file = add(admin, b"x" * 200_000, name="Bedingungen ä.txt").json

    answer = admin.get(f"{FILES}/{file['id']}/file")

    assert answer.body == b"x" * 200_000
    assert answer.content_type == "text/plain"
    assert "UTF-8''Bedingungen%20%C3%A4.txt" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_replaced_or_deleted_file_leaves_messages_as_they_are(admin: Api) -> None:
    file = add(admin, b"Terms of 2025", is_default=True).json
    first = send(admin).json["id"]
    upload = admin.upload(b"%PDF", Content_Type="application/pdf").json["id"]

    replaced = change(admin, file, upload=upload, name="terms.pdf").json
    second = send(admin).json["id"]
    delete(admin, replaced)

    assert (replaced["content_type"], replaced["size"], replaced["is_default"]) == (
        "application/pdf",
        4,
        True,
    )
    assert admin.get(f"/messages/{first}/attachments/0").body == b"Terms of 2025"
    assert admin.get(f"/messages/{second}/attachments/0").body == b"%PDF"
    assert names(send(admin)) == []
    assert listed(admin) == []
    admin.get(f"{FILES}/{file['id']}", 404)
    admin.get(f"{FILES}/{file['id']}/file", 404)


def test_files_are_listed_in_the_order_they_were_added_and_in_pages(admin: Api) -> None:
    for number in range(5):
        add(admin, name=f"{9 - number}.txt")

    assert listed(admin) == ["9.txt", "8.txt", "7.txt", "6.txt", "5.txt"]
    assert listed(admin, limit=2) == listed(admin)


def test_the_scenario_default_lists_and_offers_the_files_of_all(kit: HubKit, admin: Api) -> None:
    quote = add(admin, scenario="sales-quote", name="quote.txt").json
    add(admin, scenario="reminder", name="reminder.txt")
    bound = kit.user("ada", token={"scenarios": ["default", "reminder"]})
    mine = [{"scenario_attachment": quote["id"]}]

    assert listed(admin, "default") == ["reminder.txt", "quote.txt"]
    assert listed(bound, "default") == ["reminder.txt"]
    assert names(send(admin, scenario="default", attachments=mine)) == [("quote.txt", "scenario")]
    refusal = send(bound, 422, scenario="default", attachments=mine)
    assert errors_of(refusal) == [("/attachments/0/scenario_attachment", "attachment.not_found")]
    admin.get(f"/scenarios/default/attachments/{quote['id']}", 404)


def test_a_message_adds_files_that_are_not_default(admin: Api) -> None:
    file, default = add(admin).json, add(admin, name="default.txt", is_default=True).json

    sent = send(admin, attachments=[{"scenario_attachment": file["id"]}])
    renamed = send(admin, attachments=[{"scenario_attachment": file["id"], "name": "AGB.txt"}])

    assert names(sent) == [("terms.txt", "scenario"), ("default.txt", "scenario")]
    assert names(renamed)[0] == ("AGB.txt", "scenario")
    assert admin.get(f"/messages/{sent.json['id']}/attachments/0").body == b"Terms"
    for wrong in (default["id"], "nothing"):
        refusal = send(admin, 422, attachments=[{"scenario_attachment": wrong}])
        assert errors_of(refusal) == [("/attachments/0/scenario_attachment", "attachment.not_found")]
    other = send(admin, 422, scenario="reminder", attachments=[{"scenario_attachment": file["id"]}])
    assert errors_of(other) == [("/attachments/0/scenario_attachment", "attachment.not_found")]
    both = send(admin, 422, attachments=[{"scenario_attachment": file["id"], "content": "QUJD"}])
    assert errors_of(both) == [("/attachments/0", "schema.required")]


def test_a_stale_or_missing_revision_changes_nothing(admin: Api) -> None:
    file = add(admin).json
    change(admin, file, name="agb.txt")

    change(admin, file, 412, name="other.txt")
    delete(admin, file, 412)
    admin.app.delete(f"/api/v1{FILES}/{file['id']}", status=428)
    change(admin, {**file, "id": "nothing"}, 404, name="x")
    assert listed(admin) == ["agb.txt"]


def test_what_is_no_file_is_refused(kit: HubKit, admin: Api) -> None:
    others = kit.user("bob", "email-edit").upload(b"x").json["id"]
    mine = admin.upload(b"x").json["id"]

    assert errors_of(admin.post(FILES, {"upload": others}, 422)) == [("/upload", "upload.not_found")]
    assert errors_of(admin.post(FILES, {"upload": mine, "name": "a\nb"}, 422)) == [
        ("/name", "schema.invalid")
    ]
    assert errors_of(admin.post(FILES, {"upload": mine, "name": " "}, 422)) == [("/name", "schema.invalid")]
    assert errors_of(admin.post(FILES, {"name": "a"}, 422)) == [("/upload", "schema.required")]
    admin.post("/scenarios/nowhere/attachments", {"upload": mine}, 404)
    assert errors_of(change(admin, add(admin).json, 422, upload=others)) == [("/upload", "upload.not_found")]


def test_everybody_who_writes_sees_files_and_only_set_up_changes_them(kit: HubKit, admin: Api) -> None:
    file = add(admin).json
    writer = kit.user("wes", "email-edit")

    assert listed(writer) == ["terms.txt"]
    assert writer.get(f"{FILES}/{file['id']}/file").body == b"Terms"
    change(writer, file, 403, name="x")
    delete(writer, file, 403)
    upload = writer.upload(b"x").json["id"]
    writer.post(FILES, {"upload": upload}, 403)
    bound = kit.user("ada", token={"scenarios": ["reminder"]})
    bound.get(FILES, 404)


def test_every_change_is_audited_without_the_content(kit: HubKit, admin: Api) -> None:
    file = add(admin).json
    changed = change(admin, file, is_default=True).json
    change(admin, changed, is_default=True)
    delete(admin, changed)

    with kit.hub.database.reading() as root:
        rows = list_changes(root, 50, subject="scenario_attachment")
    assert [each.action for each in rows] == ["deleted", "changed", "created"]
    assert (rows[1].before, rows[1].after) == ({"is_default": False}, {"is_default": True})
    assert rows[2].after is not None
    assert rows[2].after["sha256"] == file["sha256"]


def test_the_files_of_a_deleted_scenario_go_with_it(admin: Api) -> None:
    admin.post("/scenarios", {"id": "rent", "title": "Rent"}, 201)
    add(admin, scenario="rent")

    admin.app.delete("/api/v1/scenarios/rent", status=204)

    assert listed(admin, "default") == []
    admin.post("/scenarios", {"id": "rent", "title": "Rent"}, 201)
    assert listed(admin, "rent") == []
