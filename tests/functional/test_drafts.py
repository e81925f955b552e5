"""Drafts through the API: kept as they are typed, changed by several, sent when they are right, copied, deleted."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mailhub.messages.model import messages_of
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from mailhub.store.content import store_content
from tests.kit.hub import Api, HubKit, check_described, errors_of

PDF = b"%PDF-1.7 terms"


@pytest.fixture
def bob(kit: HubKit) -> Api:
    return kit.user("bob", "email-edit")


def draft(api: Api, status: int = 201, /, **fields: Any) -> Any:
    return api.post("/messages", {"draft": True} | fields, status)


def change(api: Api, message: Any, status: int = 200, /, revision: str | None = "", **fields: Any) -> Any:
    """Change a draft as it was read."""
    seen = message["revision"] if revision == "" else revision
    headers = {} if seen is None else {"If-Match": seen}
    return api.app.patch_json(f"/api/v1/messages/{message['id']}", fields, headers=headers, status=status)


def delete(api: Api, message: Any, status: int = 204) -> Any:
    headers = {"If-Match": message["revision"]}
    return api.app.delete(f"/api/v1/messages/{message['id']}", headers=headers, status=status)


def read(api: Api, message: Any) -> Any:
    return api.get(f"/messages/{message['id']}").json


def warned(message: Any) -> list[tuple[str, str]]:
    return sorted((each["pointer"], each["code"]) for each in message["warnings"])


def give_file(kit: HubKit, scenario: str, name: str, *, is_default: bool = True) -> None:
    file = ScenarioAttachment(
        name, name=name, content_type="application/pdf", content=store_content(PDF), is_default=is_default
    )
    kit.change(lambda root: scenarios_of(root).add_file(scenario, file))


def files(message: Any) -> list[tuple[str, str]]:
    return [(each["name"], each["source"]) for each in message["attachments"]]


# -- keeping -------------------------------------------------------------------------------------------------------


def test_an_empty_draft_is_kept_and_told_what_it_needs(kit: HubKit, bob: Api) -> None:
    answer = draft(bob)
    kept = answer.json

    assert answer.headers["Location"] == f"/api/v1/messages/{kept['id']}"
    assert answer.headers["ETag"] == f'"{kept["revision"]}"'
    assert (kept["status"], kept["account"], kept["from"], kept["message_id"]) == ("draft", None, None, None)
    assert (kept["queued_at"], kept["waiting_for"], kept["to"]) == (None, None, [])
    assert warned(kept) == [("/text", "schema.required"), ("/to", "recipients.none")]
    whole = read(bob, kept)
    assert {name: whole[name] for name in kept} == kept
    assert (whole["html"], whole["text"], whole["body"], whole["recipients"]) == (None, None, None, [])
    assert bob.ids(box="drafts") == bob.ids(status="draft") == bob.ids() == [kept["id"]]
    assert bob.ids(box="outbox") == []
    assert bob.get("/messages/counts").json["drafts"] == 1
    history = bob.get(f"/messages/{kept['id']}/events").json["items"]
    assert [(each["event"], each["status"]) for each in history] == [("drafted", "draft")]
    assert bob.get(f"/messages/{kept['id']}/raw", 409).json["code"] == "message.wrong_state"


def test_what_is_half_typed_stays_as_it_is(bob: Api) -> None:
    kept = draft(
        bob,
        to=[
            "ada@",
            "Ada <ada@exa",
            {"name": "Bob", "address": ""},
            "Eve <eve@example.com>",
            "eve@example.com",
        ],
        sender="bos",
        subject="x" * 3000,
        html="<p>Hal",
        account="gone",
        scenario="no-such",
        headers={"Subject": "mine", "X y": ""},
        attachments=[{"name": "", "content": "QQ==", "content_type": "pdf", "inline": True}],
        body={"layout": "invoice", "data": {"a": 1}},
        expires_at="2020-01-01T00:00:00Z",
    ).json
    whole = read(bob, kept)

    assert [(each["name"], each["address"]) for each in whole["to"]] == [
        ("", "ada@"),
        ("", "Ada <ada@exa"),
        ("Bob", ""),
        ("Eve", "eve@example.com"),
        ("", "eve@example.com"),
    ]
    assert whole["sender"] == {"name": "", "address": "bos"}
    assert (whole["subject"], whole["html"], whole["text"]) == ("x" * 3000, "<p>Hal", None)
    assert (whole["account"], whole["scenario"]) == ("gone", "no-such")
    assert whole["headers"] == {"Subject": "mine", "X y": ""}
    assert whole["body"] == {"layout": "invoice", "data": {"a": 1}, "language": None}
    assert whole["expires_at"] == "2020-01-01T00:00:00Z"
    assert warned(whole) == [
        ("/account", "account.not_found"),
        ("/attachments/0/content_id", "schema.required"),
        ("/attachments/0/content_type", "header.invalid"),
        ("/attachments/0/name", "schema.required"),
        ("/body", "schema.invalid"),
        ("/body/layout", "layout.not_found"),
        ("/expires_at", "message.expired"),
        ("/headers/Subject", "header.invalid"),
        ("/headers/X y", "header.invalid"),
        ("/scenario", "scenario.not_found"),
        ("/sender", "address.invalid"),
        ("/subject", "header.invalid"),
        ("/to/0", "address.invalid"),
        ("/to/1", "address.invalid"),
        ("/to/2", "address.invalid"),
    ]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"subject": "a\nb"}, "/subject", "header.invalid"),
        ({"to": ["a\r\nBcc: eve@example.com"]}, "/to/0", "address.invalid"),
        ({"cc": [{"name": "a\x00b", "address": "a@example.com"}]}, "/cc/0/name", "schema.invalid"),
        ({"reply_to": [{"name": "a\x85b", "address": "a"}]}, "/reply_to/0", "address.invalid"),
        ({"sender": "a\tb"}, "/sender", "address.invalid"),
        ({"headers": {"X": "a\nb"}}, "/headers/X", "header.invalid"),
        ({"headers": {"X\r": "b"}}, "/headers/X\r", "header.invalid"),
        ({"attachments": [{"name": "a\nb", "content": ""}]}, "/attachments/0/name", "header.invalid"),
        ({"text": "a\x00b"}, "/text", "schema.invalid"),
        ({"attachments": [{"name": "a"}]}, "/attachments/0", "schema.required"),
        ({"attachments": [{"upload": "none"}]}, "/attachments/0/upload", "upload.not_found"),
        (
            {"attachments": [{"scenario_attachment": "none"}]},
            "/attachments/0/scenario_attachment",
            "attachment.not_found",
        ),
        ({"to": "ada"}, "/to", "schema.wrong_type"),
        ({"metadata": {"a": "x" * 70_000}}, "/metadata", "schema.invalid"),
    ],
)
def test_control_characters_and_files_that_are_not_there_are_refused(
    bob: Api, fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert errors_of(draft(bob, 422, **fields)) == [(pointer, code)]
    kept = draft(bob).json
    assert errors_of(change(bob, kept, 422, **fields)) == [(pointer, code)]
    assert read(bob, kept)["revision"] == kept["revision"]


def test_a_big_draft_keeps_its_texts_and_files(bob: Api) -> None:
    text, data = "ä" * 100_000, bytes(range(256)) * 1000
    upload = bob.upload(data).json["id"]
    given = [
        {"upload": upload, "name": "a.bin"},
        {"name": "b.bin", "content": base64.b64encode(data).decode()},
    ]
    kept = draft(bob, text=text, attachments=given).json
    again = change(bob, kept, subject="Now").json
    copied = bob.act(f"/messages/{kept['id']}/copy", 201).json

    for message in (again, copied):
        assert read(bob, message)["text"] == text
        for number in range(2):
            assert bob.get(f"/messages/{message['id']}/attachments/{number}").body == data
    digest = hashlib.sha256(data).hexdigest()
    assert {each["sha256"] for each in copied["attachments"]} == {digest}


# -- changing ------------------------------------------------------------------------------------------------------


def test_a_change_changes_what_it_names(kit: HubKit, bob: Api) -> None:
    related = [{"kind": "sales-invoice", "id": "1"}]
    kept = draft(
        bob,
        subject="One",
        text="Hello",
        to=["ada@example.com"],
        tags=["a"],
        related=related,
        metadata={"a": 1},
        headers={"X-A": "1"},
        importance="high",
    ).json
    changed = change(bob, kept, subject="Two", tags=["b", "b"], related=[], priority="low").json
    whole = read(bob, changed)

    assert changed["id"] == kept["id"]
    assert changed["revision"] != kept["revision"]
    assert (whole["subject"], whole["tags"], whole["related"], whole["priority"]) == ("Two", ["b"], [], "low")
    same = ("to", "text", "metadata", "headers", "importance", "created_at", "owner", "caller")
    before = {**kept, "text": "Hello", "headers": {"X-A": "1"}}
    assert {name: whole[name] for name in same} == {name: before[name] for name in same}
    assert bob.ids(q="one") == bob.ids(tag="a") == bob.ids(kind="sales-invoice") == []
    assert bob.ids(q="two") == bob.ids(tag="b") == [kept["id"]]
    assert change(bob, changed, text=None, html="<p>x</p>").json["warnings"] == []
    assert read(bob, kept)["text"] is None
    assert bob.get("/messages/counts").json["drafts"] == 1


def test_who_has_not_seen_the_last_change_overwrites_nothing(bob: Api) -> None:
    kept = draft(bob, subject="One").json
    change(bob, kept, subject="Two")

    assert change(bob, kept, 412, subject="Three").json["code"] == "revision.stale"
    assert change(bob, kept, 428, None, subject="Three").json["code"] == "revision.missing"
    assert change(bob, kept, 412, subject=3).json["code"] == "revision.stale"
    assert read(bob, kept)["subject"] == "Two"
    missing = {"id": "A" * 24, "revision": "1"}
    assert change(bob, missing, 404, subject="x").json["code"] == "message.not_found"


def test_only_drafts_are_changed(kit: HubKit, bob: Api) -> None:
    queued = bob.send().json

    assert change(bob, queued, 409, subject="x").json["code"] == "message.wrong_state"
    assert change(bob, queued, 428, None, subject="x").json["code"] == "revision.missing"
    assert bob.act(f"/messages/{queued['id']}/send", 409).json["code"] == "message.wrong_state"


def test_drafts_of_others_are_not_there(kit: HubKit, bob: Api) -> None:
    eve = kit.user("eve", "email-edit")
    kept = draft(bob, subject="Mine").json

    assert eve.ids(box="drafts") == []
    assert change(eve, kept, 404, subject="x").json["code"] == "message.not_found"
    assert delete(eve, kept, 404).json["code"] == "message.not_found"
    for verb in ("send", "copy", "resend"):
        assert eve.act(f"/messages/{kept['id']}/{verb}", 404).json["code"] == "message.not_found"


def test_a_bound_token_keeps_drafts_within_its_bounds(kit: HubKit, bob: Api) -> None:
    kit.account("other", default=False)
    bound = kit.user("bob", token={"accounts": ["other"], "scenarios": ["reminder"]})
    kept = draft(bound, scenario="reminder").json

    assert read(bound, kept)["id"] == kept["id"]
    assert change(bound, kept, 403, account="sales").json["code"] == "permission.denied"
    assert change(bound, kept, 403, scenario="default").json["code"] == "permission.denied"
    assert draft(bound, 403).json["code"] == "permission.denied"
    outside = draft(bob, scenario="default").json
    assert bound.get(f"/messages/{outside['id']}", 404).json["code"] == "message.not_found"
    whole = change(bound, kept, to=["a@example.com"], text="x").json
    assert bound.act(f"/messages/{whole['id']}/send", 403).json["code"] == "permission.denied"
    whole = change(bound, whole, account="other").json
    assert bound.act(f"/messages/{whole['id']}/send", 202).json["account"] == "other"


# -- files of the scenario -----------------------------------------------------------------------------------------


def test_default_files_become_part_of_a_draft_and_go_with_its_scenario(kit: HubKit, bob: Api) -> None:
    give_file(kit, "sales-invoice", "terms.pdf")
    give_file(kit, "sales-invoice", "chosen.pdf", is_default=False)
    give_file(kit, "reminder", "dunning.pdf")
    own = {"name": "own.pdf", "content": base64.b64encode(PDF).decode()}
    kept = draft(bob, scenario="sales-invoice", attachments=[own, {"scenario_attachment": "chosen.pdf"}]).json
    assert files(kept) == [("own.pdf", "message"), ("chosen.pdf", "scenario"), ("terms.pdf", "scenario")]
    kept = change(bob, kept, subject="x").json
    assert len(files(kept)) == 3

    kept = change(bob, kept, scenario="reminder").json
    assert files(kept) == [("own.pdf", "message"), ("chosen.pdf", "scenario"), ("dunning.pdf", "scenario")]
    kept = change(bob, kept, attachments=[{"n": 0}]).json
    assert files(kept) == [("own.pdf", "message")]
    give_file(kit, "reminder", "late.pdf")
    kept = change(bob, kept, to=["ada@example.com"], text="x").json
    sent = bob.act(f"/messages/{kept['id']}/send", 202).json
    assert files(sent) == [("own.pdf", "message")]


def test_a_draft_may_want_no_default_files(kit: HubKit, bob: Api) -> None:
    give_file(kit, "reminder", "dunning.pdf")
    kept = draft(bob, scenario="reminder", include_default_attachments=False).json
    assert files(kept) == []
    kept = change(bob, kept, include_default_attachments=True).json
    assert files(kept) == [("dunning.pdf", "scenario")]
    kept = change(bob, kept, include_default_attachments=False).json
    assert files(kept) == []
    assert files(change(bob, kept, scenario="default").json) == []


def test_files_are_kept_by_their_numbers(kit: HubKit, bob: Api) -> None:
    def given(name: str) -> dict[str, str]:
        return {"name": name, "content": base64.b64encode(name.encode()).decode()}

    kept = draft(bob, attachments=[given("a"), given("b"), given("c")]).json
    kept = change(bob, kept, attachments=[{"n": 2}, given("d"), {"n": 0}]).json

    assert [each["name"] for each in kept["attachments"]] == ["c", "d", "a"]
    for number, content in enumerate([b"c", b"d", b"a"]):
        assert bob.get(f"/messages/{kept['id']}/attachments/{number}").body == content
    refused = change(bob, kept, 422, attachments=[{"n": 0}, {"n": 3}])
    assert errors_of(refused) == [("/attachments/1/n", "attachment.not_found")]
    refused = change(bob, kept, 422, attachments=[{"n": 0, "name": "x"}])
    assert errors_of(refused) == [("/attachments/0", "settings.not_applicable")]
    refused = bob.send(422, attachments=[{"n": 0}])
    assert ("/attachments/0/n", "schema.unknown_field") in errors_of(refused)


# -- sending -------------------------------------------------------------------------------------------------------


def test_a_draft_is_sent_under_its_id(kit: HubKit, bob: Api) -> None:
    kept = draft(
        bob, to=["Ada <ada@example.com>", "ada@example.com"], subject="Hello", html="<p>Hi <b>Ada</b></p>"
    ).json
    sent = bob.act(f"/messages/{kept['id']}/send", 202)
    message = sent.json

    assert sent.headers["Location"] == f"/api/v1/messages/{kept['id']}"
    assert (message["id"], message["status"], message["account"]) == (kept["id"], "queued", "sales")
    assert message["from"] == {"name": "", "address": "sales@example.com"}
    assert message["to"] == [{"name": "Ada", "address": "ada@example.com"}]
    assert message["warnings"] == []
    assert message["queued_at"] > kept["created_at"] == message["created_at"]
    assert message["related"][-1]["kind"] == "user"
    assert bob.ids(box="drafts") == []
    assert bob.ids(box="outbox") == bob.ids(account="sales") == bob.ids(q="hello") == [kept["id"]]
    assert bob.get("/messages/counts").json["drafts"] == 0
    assert bob.get("/messages/counts").json["waiting"] == 1
    kit.hub.start_delivery()
    assert kit.wait_for(kept["id"]) == "sent"
    (mail,) = kit.provider.wait_for(1)
    assert b"Hi Ada" in mail.read()
    history = bob.get(f"/messages/{kept['id']}/events").json["items"]
    assert [each["event"] for each in history] == ["drafted", "accepted", "sending", "sent"]
    assert bob.ids(box="sent") == [kept["id"]]


def test_sending_a_draft_tells_all_that_is_wrong_and_changes_nothing(kit: HubKit, bob: Api) -> None:
    kept = draft(bob, to=["ada@"], subject="x" * 3000, account="gone").json
    refused = bob.act(f"/messages/{kept['id']}/send", 422)

    assert sorted(errors_of(refused)) == warned(kept)
    assert len(errors_of(refused)) == 4
    assert read(bob, kept) == read(bob, kept) | kept


def test_a_draft_is_sent_once_by_one_key(kit: HubKit, bob: Api) -> None:
    kept = draft(bob, to=["ada@example.com"], text="x").json
    path = f"/api/v1/messages/{kept['id']}/send"
    first = bob.app.post(path, headers={"Idempotency-Key": "k"}, status=202)
    again = bob.app.post(path, headers={"Idempotency-Key": "k"}, status=202)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert bob.app.post(path, status=409).json["code"] == "message.wrong_state"


def test_a_draft_is_made_and_copied_once_by_one_key(bob: Api) -> None:
    first = bob.post("/messages", {"draft": True}, 201, **{"Idempotency-Key": "k"})
    again = bob.post("/messages", {"draft": True}, 201, **{"Idempotency-Key": "k"})
    assert again.json == first.json
    path = f"/api/v1/messages/{first.json['id']}/copy"
    copies = {bob.app.post(path, headers={"Idempotency-Key": "c"}).json["id"] for _time in range(2)}
    assert len(copies) == 1
    assert len(bob.ids()) == 2


def test_only_what_the_caller_has_seen_is_sent_if_he_says_so(bob: Api) -> None:
    kept = draft(bob, to=["ada@example.com"], text="x").json
    changed = change(bob, kept, subject="Other").json
    path = f"/api/v1/messages/{kept['id']}/send"

    assert (
        bob.app.post(path, headers={"If-Match": kept["revision"]}, status=412).json["code"]
        == "revision.stale"
    )
    assert (
        bob.app.post(path, headers={"If-Match": changed["revision"]}, status=202).json["subject"] == "Other"
    )


# -- at the same time ----------------------------------------------------------------------------------------------


def test_of_many_changes_of_one_revision_one_is_made(kit: HubKit, bob: Api) -> None:
    kept = draft(bob).json

    def attempt(number: int) -> int:
        path, headers = f"/api/v1/messages/{kept['id']}", {"If-Match": kept["revision"]}
        answer = bob.app.patch_json(path, {"subject": str(number)}, headers=headers, expect_errors=True)
        return int(answer.status_int)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(8)))

    assert sorted(statuses) == [200] + [412] * 7
    assert read(bob, kept)["subject"] == str(statuses.index(200))


def test_a_draft_that_is_sent_while_it_changes_is_sent_whole_and_no_change_is_lost(
    kit: HubKit, bob: Api
) -> None:
    """Whoever got 200 is in what was sent; whoever came later is told."""
    for _round in range(5):
        kept = draft(bob, to=["ada@example.com"], text="x", subject="0").json
        path = f"/api/v1/messages/{kept['id']}"

        def edit(path: str = path, seen: Any = kept) -> list[str]:
            done, revision = ["0"], seen["revision"]
            for number in range(1, 6):
                answer = bob.app.patch_json(
                    path, {"subject": str(number)}, headers={"If-Match": revision}, expect_errors=True
                )
                if answer.status_int != 200:
                    assert answer.status_int in (409, 412)
                    break
                done.append(answer.json["subject"])
                revision = answer.json["revision"]
            return done

        with ThreadPoolExecutor(2) as pool:
            edited = pool.submit(edit)
            sent = pool.submit(bob.app.post, f"{path}/send", expect_errors=True).result()
            done = edited.result()
        if sent.status_int == 202:
            assert sent.json["subject"] == done[-1] == read(bob, kept)["subject"]
        else:
            assert sent.json["code"] == "configuration.changed"


def test_a_message_is_cancelled_or_sent_and_never_both(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    for _round in range(10):
        kept = draft(bob, to=["ada@example.com"], text="x").json
        bob.act(f"/messages/{kept['id']}/send", 202)
        path = f"/api/v1/messages/{kept['id']}/cancel"
        answer = bob.app.post(path, expect_errors=True)
        end = delivering.wait_for(kept["id"])
        assert (answer.status_int, end) in ((200, "cancelled"), (409, "sent"))
    sent = len(bob.ids(status="sent"))
    delivering.provider.wait_for(sent)
    assert len(delivering.provider.received) == sent


# -- deleting ------------------------------------------------------------------------------------------------------


def test_drafts_and_what_failed_or_was_cancelled_are_deleted(delivering: HubKit) -> None:
    kit = delivering
    bob = kit.user("bob", "email-edit")
    kit.provider.refuse("no@example.com")
    failed = bob.send(to=["no@example.com"], subject="Failed").json
    sent = bob.send(subject="Sent").json
    cancelled = bob.send(send_at="2126-01-01T00:00:00Z").json
    bob.act(f"/messages/{cancelled['id']}/cancel")
    for message in (failed, sent):
        kit.wait_for(message["id"])
    for message in (draft(bob).json, failed, cancelled):
        seen = read(bob, message)
        path = f"/api/v1/messages/{message['id']}"
        assert bob.app.delete(path, status=428).json["code"] == "revision.missing"
        assert delete(bob, {**seen, "revision": "0"}, 412).json["code"] == "revision.stale"
        delete(bob, seen)
        assert bob.get(f"/messages/{message['id']}", 404).json["code"] == "message.not_found"
        assert bob.app.delete(path, headers={"If-Match": "1"}, status=404)

    assert bob.ids() == [sent["id"]]
    assert bob.ids(q="failed") == []
    counts = bob.get("/messages/counts").json
    assert (counts["drafts"], counts["failed"], counts["sent_30_days"]) == (0, 0, 1)
    assert delete(bob, read(bob, sent), 409).json["code"] == "message.wrong_state"


def test_what_waits_is_not_deleted(bob: Api) -> None:
    queued = bob.send().json

    assert delete(bob, queued, 409).json["code"] == "message.wrong_state"


# -- copies --------------------------------------------------------------------------------------------------------


def test_a_copy_is_a_draft_with_the_same_content(kit: HubKit, bob: Api) -> None:
    give_file(kit, "sales-invoice", "terms.pdf")
    kit.account("other", default=False)
    related = {"kind": "sales-invoice", "id": "1", "title": "", "url": None, "relation": "related"}
    sent = bob.send(
        scenario="sales-invoice",
        account="other",
        html="<p>Hello</p>",
        text=...,
        cc=["Eve <eve@example.com>"],
        attachments=[{"name": "a.pdf", "content": base64.b64encode(PDF).decode()}],
        related=[related],
        tags=["a"],
        headers={"X-A": "1"},
        send_at="2126-01-01T00:00:00Z",
    ).json
    answer = bob.act(f"/messages/{sent['id']}/copy", 201)
    copy = read(bob, answer.json)

    assert answer.headers["Location"] == f"/api/v1/messages/{copy['id']}"
    assert copy["id"] != sent["id"]
    assert (copy["status"], copy["from"], copy["send_at"]) == ("draft", None, None)
    same = ("scenario", "account", "subject", "to", "cc", "attachments", "tags", "owner")
    assert {name: copy[name] for name in same} == {name: sent[name] for name in same}
    assert (copy["html"], copy["text"], copy["headers"]) == ("<p>Hello</p>", None, {"X-A": "1"})
    assert copy["related"] == [related]
    assert copy["warnings"] == []
    again = bob.act(f"/messages/{copy['id']}/copy", 201).json
    assert files(again) == files(sent)
    delete(bob, copy)
    assert bob.get(f"/messages/{again['id']}/attachments/0").body == PDF
    sent_again = bob.act(f"/messages/{again['id']}/send", 202).json
    assert files(sent_again) == files(sent)
    assert files(change(bob, bob.act(f"/messages/{sent['id']}/copy", 201).json, scenario="default").json) == [
        ("a.pdf", "message")
    ]


def test_a_copy_of_mail_of_a_deleted_account_names_none(kit: HubKit, bob: Api) -> None:
    kit.account("other", default=False)
    sent = bob.send(account="other").json
    kit.delete_account("other")

    copy = bob.act(f"/messages/{sent['id']}/copy", 201).json

    assert (copy["account"], copy["warnings"]) == (None, [])


def test_resending_makes_a_new_mail_of_the_same_content(delivering: HubKit) -> None:
    kit = delivering
    kit.account("other", default=False)
    bob = kit.user("bob", "email-edit")
    first = bob.send(account="other", html="<p>Hello</p>", text=..., bcc=["eve@example.com"]).json
    kit.wait_for(first["id"])
    answer = bob.act(f"/messages/{first['id']}/resend", 202)
    again = answer.json
    kit.wait_for(again["id"])

    assert answer.headers["Location"] == f"/api/v1/messages/{again['id']}"
    assert again["id"] != first["id"]
    assert again["message_id"] != first["message_id"]
    same = ("account", "from", "to", "bcc", "subject", "related")
    assert {name: again[name] for name in same} == {name: first[name] for name in same}
    one, two = (mail.read() for mail in kit.provider.wait_for(2))
    assert one != two
    assert one.split(b"\r\n\r\n")[1:] != two.split(b"\r\n\r\n")[1:]  # another boundary
    kept = draft(bob).json
    assert bob.act(f"/messages/{kept['id']}/resend", 409).json["code"] == "message.wrong_state"


def test_resending_mail_of_a_deleted_account_goes_by_the_scenario_s(kit: HubKit, bob: Api) -> None:
    kit.account("other", default=False)
    sent = bob.send(account="other").json
    kit.delete_account("other")

    assert bob.act(f"/messages/{sent['id']}/resend", 202).json["account"] == "sales"


def test_resending_is_done_once_by_one_key(bob: Api) -> None:
    sent = bob.send().json
    path = f"/api/v1/messages/{sent['id']}/resend"
    made = {bob.app.post(path, headers={"Idempotency-Key": "k"}).json["id"] for _time in range(3)}

    assert len(made) == 1


def test_answers_are_as_the_document_says(kit: HubKit, bob: Api) -> None:
    document = bob.get("/openapi.json").json
    kept = draft(bob, to=["ada@"], body={"layout": "x"}).json
    check_described(document, "post", "/messages", 201, kept)
    check_described(document, "get", "/messages/{id}", 200, read(bob, kept))
    check_described(document, "get", "/messages", 200, bob.get("/messages").json)
    copied = bob.act(f"/messages/{kept['id']}/copy", 201).json
    check_described(document, "post", "/messages/{id}/copy", 201, copied)
    changed = change(bob, kept, to=["ada@example.com"], body=None, text="x").json
    check_described(document, "patch", "/messages/{id}", 200, changed)
    sent = bob.act(f"/messages/{kept['id']}/send", 202).json
    check_described(document, "post", "/messages/{id}/send", 202, sent)
    again = bob.act(f"/messages/{kept['id']}/resend", 202).json
    check_described(document, "post", "/messages/{id}/resend", 202, again)


def test_nothing_of_a_deleted_message_is_left_in_the_indexes(kit: HubKit, bob: Api) -> None:
    delete(bob, draft(bob, subject="One two", tags=["a"]).json)

    with kit.hub.database.reading() as root:
        (writers,) = messages_of(root).months.values()
        (month,) = writers.values()
        assert len(month.messages) == len(month.words.by_word) == 0
        assert not any(len(keys) for keys in month.created.sets.values())
        assert not any(messages_of(root).counters[1].values())
