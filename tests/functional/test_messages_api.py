"""Messages through the API of a whole hub: sent, followed, listed, counted, stopped, tried again."""

import base64
import hashlib
from email import message_from_bytes
from email.policy import default as email_policy
from typing import Any

import pytest

from mailhub.contract.errors import Permanent, Transient
from mailhub.errors import StorageUnavailable
from mailhub.messages.model import Message, messages_of
from mailhub.visibility.service import MessageReader
from tests.kit.hub import HubKit, check_described, errors_of

PDF = b"%PDF-1.7 an invoice " + bytes(range(256)) * 4


def attachment(**fields: Any) -> dict[str, Any]:
    return {"name": "invoice.pdf", "content": base64.b64encode(PDF).decode()} | fields


def test_a_message_is_sent_and_its_history_tells_how(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")

    answer = bob.send(subject="Invoice 1", html="<p>Hello <b>Ada</b></p>", text=..., bcc=["eve@example.com"])
    message_id = answer.json["id"]

    assert answer.headers["Location"] == f"/api/v1/messages/{message_id}"
    assert delivering.wait_for(message_id) == "sent"
    (mail,) = delivering.provider.wait_for(1)
    assert sorted(mail.recipients) == ["ada@example.com", "eve@example.com"]

    whole = bob.get(f"/messages/{message_id}").json
    assert whole["status"] == "sent"
    assert whole["sent_at"] is not None
    assert whole["attempts"] == 1
    assert (whole["partial"], whole["error"], whole["waiting_for"]) == (False, None, None)
    assert whole["html"] == "<p>Hello <b>Ada</b></p>"
    assert whole["text"].strip() == "Hello Ada"
    assert [(each["address"], each["kind"], each["outcome"]) for each in whole["recipients"]] == [
        ("ada@example.com", "to", "accepted"),
        ("eve@example.com", "bcc", "accepted"),
    ]
    history = bob.get(f"/messages/{message_id}/events").json["items"]
    assert [(each["event"], each["status"], each["attempt"]) for each in history] == [
        ("accepted", "queued", 0),
        ("sending", "sending", 1),
        ("sent", "sent", 1),
    ]
    assert history[-1]["detail"].startswith("250")


def test_every_field_is_read_back_as_it_was_given(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    related = {
        "kind": "sales-invoice",
        "id": "103001",
        "title": "Invoice",
        "url": "https://erp.example.com/1",
        "relation": "primary",
    }
    sent = bob.send(
        scenario="sales-invoice",
        to=["ada@example.com", {"name": "Bob, Jr.", "address": "bob@example.com"}],
        cc=["Carol <carol@example.com>"],
        bcc=["eve@example.com"],
        reply_to=["office@example.com"],
        attachments=[attachment()],
        related=[related],
        send_at="2126-01-01T00:00:00Z",
        expires_at="2126-01-02T02:00:00+02:00",
        priority="high",
        importance="low",
        headers={"X-Invoice": "103001"},
        tags=["a", "b", "a"],
        metadata={"run": {"n": 1}},
    ).json

    assert sent["to"] == [
        {"name": "", "address": "ada@example.com"},
        {"name": "Bob, Jr.", "address": "bob@example.com"},
    ]
    assert sent["cc"] == [{"name": "Carol", "address": "carol@example.com"}]
    assert sent["bcc"] == [{"name": "", "address": "eve@example.com"}]
    assert sent["reply_to"] == [{"name": "", "address": "office@example.com"}]
    assert sent["from"] == {"name": "", "address": "sales@example.com"}
    assert sent["sender"] is None
    assert sent["attachments"] == [
        {
            "n": 0,
            "name": "invoice.pdf",
            "content_type": "application/pdf",
            "size": len(PDF),
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "inline": False,
            "content_id": None,
            "source": "message",
        }
    ]
    assert sent["related"][0] == related
    assert sent["related"][1]["kind"] == "user"
    assert (sent["send_at"], sent["expires_at"]) == ("2126-01-01T00:00:00Z", "2126-01-02T00:00:00Z")
    assert (sent["status"], sent["waiting_for"]) == ("queued", "schedule")
    assert (sent["priority"], sent["importance"]) == ("high", "low")
    assert (sent["tags"], sent["metadata"]) == (["a", "b"], {"run": {"n": 1}})
    assert (sent["owner"], sent["caller"]) == (kit.user_id("bob"), kit.user_id("bob"))
    assert sent["message_id"].endswith("@example.com>")
    whole = bob.get(f"/messages/{sent['id']}").json
    assert whole["headers"] == {"X-Invoice": "103001"}
    assert {name: whole[name] for name in sent} == sent


def test_answers_are_as_the_document_says(delivering: HubKit) -> None:
    bob = delivering.user("bob")
    document = bob.get("/openapi.json").json
    sent = bob.send(attachments=[attachment()], cc=["Carol <carol@example.com>"], html="<p>x</p>")
    path = f"/messages/{sent.json['id']}"
    delivering.wait_for(sent.json["id"])
    upload = bob.upload(b"x").json
    cancelled = bob.send(send_at="2126-01-01T00:00:00Z").json

    check_described(document, "post", "/messages", 202, sent.json)
    check_described(document, "get", "/messages", 200, bob.get("/messages").json)
    check_described(document, "get", "/messages/counts", 200, bob.get("/messages/counts").json)
    check_described(document, "get", "/messages/{id}", 200, bob.get(path).json)
    check_described(document, "get", "/messages/{id}/events", 200, bob.get(f"{path}/events").json)
    check_described(document, "post", "/uploads", 201, upload)
    for verb in ("cancel", "retry"):
        done = bob.act(f"/messages/{cancelled['id']}/{verb}").json
        check_described(document, "post", f"/messages/{{id}}/{verb}", 200, done)


def test_the_raw_form_is_the_mail_without_bcc(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    message_id = bob.send(
        bcc=["eve@example.com"],
        html='<img src="cid:logo">',
        attachments=[attachment(inline=True, content_id="logo")],
    ).json["id"]
    delivering.wait_for(message_id)

    raw = bob.get(f"/messages/{message_id}/raw")

    assert raw.content_type == "message/rfc822"
    assert int(raw.headers["Content-Length"]) == len(raw.body)
    assert raw.body == delivering.provider.received[0].read()
    assert b"eve@" not in raw.body
    parsed: Any = message_from_bytes(raw.body, policy=email_policy)
    assert parsed["To"] == "ada@example.com"
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_attachments_are_read_back_safely(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    page = b"<script>alert(1)</script>" * 5000
    upload = bob.upload(page).json
    message_id = bob.send(attachments=[{"upload": upload["id"], "name": 'a "b".html'}, attachment()]).json[
        "id"
    ]

    read = bob.get(f"/messages/{message_id}/attachments/0")

    assert read.body == page
    assert read.content_type == "text/html"
    assert read.headers["Content-Disposition"].startswith("attachment;")
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in read.headers["Content-Security-Policy"]
    assert bob.get(f"/messages/{message_id}/attachments/1").body == PDF
    for number in ("2", "-1", "01x", "x", "9" * 30, "%C2%B2"):
        assert (
            bob.get(f"/messages/{message_id}/attachments/{number}", 404).json["code"]
            == "attachment.not_found"
        )


def test_uploads_are_hashed_named_and_belong_to_their_maker(kit: HubKit) -> None:
    bob, eve = kit.user("bob", "email-edit"), kit.user("eve", "email-edit")
    made = bob.upload(PDF, Content_Disposition='attachment; filename="/tmp/scan 1.pdf"')
    upload = made.json

    assert upload == {"id": upload["id"], "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    assert made.headers["Location"] == f"/api/v1/uploads/{upload['id']}"
    for _time in range(2):
        (used,) = bob.send(attachments=[{"upload": upload["id"]}]).json["attachments"]
        assert (used["name"], used["content_type"], used["sha256"]) == (
            "scan 1.pdf",
            "application/pdf",
            upload["sha256"],
        )
    plain = bob.upload(b"x", Content_Type="image/png").json["id"]
    (used,) = bob.send(attachments=[{"upload": plain}]).json["attachments"]
    assert (used["name"], used["content_type"]) == ("attachment-1.png", "image/png")
    refused = eve.send(422, attachments=[{"upload": upload["id"]}])
    assert errors_of(refused) == [("/attachments/0/upload", "upload.not_found")]


def test_an_upload_that_announces_too_much_is_refused_before_it_is_read(kit: HubKit) -> None:
    class Unread:
        def read(self, *_size: int) -> bytes:
            raise AssertionError("it was read")

    bob = kit.user("bob", "email-edit")
    request = bob.app.RequestClass.blank(
        "/api/v1/uploads",
        method="POST",
        environ={"wsgi.input": Unread(), "REMOTE_ADDR": "192.0.2.7"},
        headers={"Content-Length": str(2**40), "Content-Type": "application/octet-stream"},
    )
    request.authorization = bob.app.authorization
    request.headers["Authorization"] = bob.app.extra_environ["HTTP_AUTHORIZATION"]

    answer = request.get_response(kit.application)

    assert (answer.status_int, answer.json["code"]) == (413, "attachment.too_large")


def test_all_mistakes_come_at_once_and_nothing_is_kept(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    before = kit.hub.writer.health().last_commit_at

    refused = bob.send(
        422,
        scenario="no-such",
        to=["ada@example.com", "x", "Team: a@example.com, b@example.com;"],
        cc=[{"name": "A\r\nBcc: eve@example.com", "address": "a@example.com"}],
        subject="one\ntwo",
        text=...,
        headers={"Subject": "x", "X-A": "y\rz"},
        attachments=[attachment(name=""), {"upload": "none"}, attachment(content_type="a"), {}],
        sender="boss@example.com",
        expires_at="2020-01-01T00:00:00Z",
    )

    assert sorted(errors_of(refused)) == [
        ("/attachments/0/name", "schema.required"),
        ("/attachments/1/upload", "upload.not_found"),
        ("/attachments/2/content_type", "header.invalid"),
        ("/attachments/3", "schema.required"),
        ("/attachments/3/name", "schema.required"),
        ("/cc/0", "address.invalid"),
        ("/expires_at", "message.expired"),
        ("/headers/Subject", "header.invalid"),
        ("/headers/X-A", "header.invalid"),
        ("/scenario", "scenario.not_found"),
        ("/sender", "sender.not_allowed"),
        ("/subject", "header.invalid"),
        ("/text", "schema.required"),
        ("/to/1", "address.invalid"),
        ("/to/2", "address.invalid"),
    ]
    assert kit.hub.writer.health().last_commit_at == before
    assert bob.ids() == []


def test_mistakes_of_form_and_of_meaning_come_together(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")

    refused = bob.send(
        422, to=["x"], subject="one\ntwo", priority="urgent", colour="red", account="none", related=[{}]
    )

    assert sorted(errors_of(refused)) == [
        ("/account", "account.not_found"),
        ("/colour", "schema.unknown_field"),
        ("/priority", "schema.invalid"),
        ("/related/0/id", "schema.required"),
        ("/related/0/kind", "schema.required"),
        ("/subject", "header.invalid"),
        ("/to/0", "address.invalid"),
    ]


def test_what_follows_from_a_mistake_is_not_told_as_another(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")

    refused = bob.send(422, to=[], cc=7, text=..., html=7, scenario=7, send_at=7, attachments=[{"name": 7}])

    assert sorted(errors_of(refused)) == [
        ("/attachments/0/name", "schema.wrong_type"),
        ("/cc", "schema.wrong_type"),
        ("/html", "schema.wrong_type"),
        ("/scenario", "schema.wrong_type"),
        ("/send_at", "schema.wrong_type"),
    ]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"to": "ada@example.com"}, "/to", "schema.wrong_type"),
        ({"to": [["ada@example.com"]]}, "/to/0", "schema.wrong_type"),
        ({"to": [{"address": "a@example.com", "mail": 1}]}, "/to/0/mail", "schema.unknown_field"),
        ({"subject": 1}, "/subject", "schema.wrong_type"),
        ({"subject": "\ud800"}, "/subject", "schema.invalid"),
        ({"text": "a\0b"}, "/text", "schema.invalid"),
        ({"draft": "yes"}, "/draft", "schema.wrong_type"),
        ({"priority": "urgent"}, "/priority", "schema.invalid"),
        ({"send_at": "tomorrow"}, "/send_at", "schema.invalid"),
        ({"send_at": "2126-01-01T00:00:00"}, "/send_at", "schema.invalid"),
        ({"attachments": [attachment(content="QQ")]}, "/attachments/0/content", "schema.invalid"),
        ({"attachments": [attachment(content="QQ==\n")]}, "/attachments/0/content", "schema.invalid"),
        ({"attachments": [attachment(inline="no")]}, "/attachments/0/inline", "schema.wrong_type"),
        ({"attachments": [attachment(inline=True)]}, "/attachments/0/content_id", "schema.required"),
        ({"related": [{"kind": "a+b", "id": "1"}]}, "/related/0/kind", "schema.invalid"),
        ({"related": [{"kind": "a", "id": "1", "url": "javascript:x"}]}, "/related/0/url", "schema.invalid"),
        ({"metadata": {"a": "x" * 70_000}}, "/metadata", "schema.invalid"),
        ({"headers": {"X": 1}}, "/headers", "schema.wrong_type"),
        ({"body": {"layout": "x"}}, "/body/layout", "layout.not_found"),
        ({"body": {"layout": "x"}, "html": "<p>x</p>"}, "/body", "schema.invalid"),
        ({"to": []}, "/to", "recipients.none"),
        ({"to": [f"a{n}@example.com" for n in range(501)]}, "/to", "recipients.too_many"),
        ({"account": "none"}, "/account", "account.not_found"),
        ({"subject": "x" * 5000}, "/subject", "header.invalid"),
    ],
)
def test_what_is_not_a_message_is_refused_at_its_field(
    kit: HubKit, fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert (pointer, code) in errors_of(kit.user("bob", "email-edit").send(422, **fields))


def test_five_hundred_recipients_are_taken(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    people = [f"a{n}@example.com" for n in range(250)]

    message_id = bob.send(to=people, bcc=[f"b{n}@example.com" for n in range(250)]).json["id"]

    delivering.wait_for(message_id, "sent")
    assert len(delivering.provider.received[0].recipients) == 500


def test_a_text_is_served_as_the_type_that_its_sender_gave_it(kit: HubKit) -> None:
    """Nobody here knows in which character set it is."""
    bob = kit.user("bob", "email-edit")
    sent = bob.send(attachments=[attachment(content_type="text/csv")]).json
    assert bob.get(f"/messages/{sent['id']}/attachments/0").headers["Content-Type"] == "text/csv"


def test_others_mail_is_nowhere(kit: HubKit) -> None:
    bob, eve = kit.user("bob", "email-edit"), kit.user("eve", "email-read", "email-edit", "email-admin")
    message_id = bob.send(attachments=[attachment()]).json["id"]

    for path in ("", "/events", "/raw", "/attachments/0"):
        hidden = eve.get(f"/messages/{message_id}{path}", 404).json
        missing = eve.get(f"/messages/{'A' * 24}{path}", 404).json
        assert hidden == missing
        assert hidden["code"] == "message.not_found"
    for verb in ("cancel", "retry"):
        assert eve.act(f"/messages/{message_id}/{verb}", 404).json["code"] == "message.not_found"
    assert eve.ids() == eve.ids(owner="bob") == eve.ids(owner=kit.user_id("bob")) == []
    assert eve.get("/messages/counts").json["waiting"] == 0
    assert bob.ids(owner="bob") == bob.ids() == [message_id]
    assert kit.status(message_id) == "queued"


def test_a_bound_token_sees_and_sends_within_its_bounds(kit: HubKit) -> None:
    kit.account("other", default=False)
    bob = kit.user("bob", "email-edit")
    bound = kit.user("bob", token={"scenarios": ["sales-invoice"], "accounts": ["sales"]})
    outside = [bob.send().json["id"], bob.send(scenario="sales-invoice", account="other").json["id"]]
    inside = bound.send(scenario="sales-invoice").json["id"]

    assert bound.ids() == [inside]
    for message_id in outside:
        bound.get(f"/messages/{message_id}", 404)
        bound.act(f"/messages/{message_id}/cancel", 404)
    bound.send(403)
    bound.send(403, scenario="sales-invoice", account="other")
    assert bound.get("/messages/counts").json["waiting"] == 1
    assert len(bob.ids()) == 3


def test_boxes_filters_and_counts(delivering: HubKit) -> None:
    kit = delivering
    kit.account("other", default=False)
    bob = kit.user("bob", "email-edit")
    kit.provider.refuse("no@example.com")
    sent = bob.send(scenario="sales-invoice").json["id"]
    failed = bob.send(to=["no@example.com"], account="other").json["id"]
    waiting = bob.send(send_at="2126-01-01T00:00:00Z", scenario="reminder").json["id"]
    cancelled = bob.send(send_at="2126-01-01T00:00:00Z").json["id"]
    bob.act(f"/messages/{cancelled}/cancel")
    for message_id in (sent, failed):
        kit.wait_for(message_id)

    assert bob.ids() == [cancelled, waiting, failed, sent]
    assert bob.ids(box="outbox") == [cancelled, waiting, failed]
    assert bob.ids(box="sent") == [sent]
    assert bob.ids(box="drafts") == []
    assert bob.ids(status="queued") == [waiting]
    assert bob.ids(status="sent") == [sent]
    assert bob.ids(status="failed", box="outbox") == [failed]
    assert bob.ids(status="failed", box="sent") == []
    assert bob.ids(account="other") == bob.ids(account="other", box="outbox") == [failed]
    assert bob.ids(scenario="reminder") == [waiting]
    assert bob.ids(scenario="sales-invoice", box="sent") == [sent]
    assert bob.ids(scenario="sales-invoice", account="other") == []
    assert bob.ids(owner="nobody") == []
    assert bob.get("/messages/counts").json == {
        "drafts": 0,
        "waiting": 1,
        "failed": 1,
        "in_doubt": 0,
        "sent_30_days": 1,
    }
    assert errors_of(bob.get("/messages", 422, box="inbox")) == [("/box", "schema.invalid")]
    assert errors_of(bob.get("/messages", 422, state="x")) == [("/state", "schema.unknown_field")]
    assert errors_of(bob.get("/messages", 422, record="1")) == [("/kind", "schema.required")]


def test_related_records_tags_and_words_are_filters(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    related = {"kind": "sales-invoice", "id": "103:001"}
    invoice = bob.send(related=[related], tags=["Reminder"], subject="Rappel: facture 103001").json["id"]
    other = bob.send(to=["Grâce <grace@example.org>"], subject="Quote").json["id"]

    assert bob.ids(kind="sales-invoice") == bob.ids(kind="sales-invoice", record="103:001") == [invoice]
    assert bob.ids(kind="sales-invoice", record="103") == []
    assert bob.ids(kind="user", record=kit.user_id("bob")) == [other, invoice]
    assert bob.ids(tag="Reminder") == bob.ids(q="fact") == bob.ids(q="1030 rappel") == [invoice]
    assert bob.ids(q="GRACE") == bob.ids(q="grace@example.org", box="outbox") == [other]
    assert bob.ids(q="example") == [other, invoice]
    assert bob.ids(q="ote") == bob.ids(q="-") == bob.ids(tag="reminder") == []


def test_a_record_that_is_given_twice_is_related_once(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    given = [{"kind": "a", "id": "1", "title": "First"}, {"kind": "a", "id": "1", "title": "Second"}]
    own = {"kind": "user", "id": kit.user_id("bob"), "title": "Me"}
    sent = bob.send(related=[*given, own]).json
    kept = bob.post("/messages", {"draft": True, "related": given}, 201).json

    assert [(each["kind"], each["title"]) for each in sent["related"]] == [("a", "First"), ("user", "Me")]
    assert [each["title"] for each in kept["related"]] == ["First"]


def test_since_and_until_divide_a_list(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    first, second = bob.send().json, bob.send().json

    assert bob.ids(since=second["created_at"]) == [second["id"]]
    assert bob.ids(until=second["created_at"]) == [first["id"]]
    assert bob.ids(since=first["created_at"], until=second["created_at"]) == [first["id"]]


def test_pages_join_into_the_list_while_new_mail_comes(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    there = [bob.send().json["id"] for _number in range(7)][::-1]

    seen = []
    for items in bob.pages("/messages", limit=3):
        seen += [each["id"] for each in items]
        bob.send()

    assert seen == there


def test_a_waiting_message_is_cancelled_once(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    message_id = bob.send().json["id"]

    done = bob.act(f"/messages/{message_id}/cancel").json

    assert (done["status"], done["next_attempt_at"]) == ("cancelled", None)
    again = bob.act(f"/messages/{message_id}/cancel", 409).json
    assert again["code"] == "message.wrong_state"
    assert "cancelled" in again["detail"]
    kit.hub.start_delivery()
    other = bob.send().json["id"]
    kit.wait_for(other, "sent")
    assert kit.status(message_id) == "cancelled"


def test_what_is_being_sent_is_neither_cancelled_nor_tried_again(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    gate = delivering.provider.block()
    message_id = bob.send().json["id"]
    gate.wait_until_reached()

    for verb in ("cancel", "retry"):
        refused = bob.act(f"/messages/{message_id}/{verb}", 409).json
        assert refused["code"] == "message.wrong_state"
        assert "sending" in refused["detail"]
    gate.release()
    assert delivering.wait_for(message_id) == "sent"
    assert bob.act(f"/messages/{message_id}/retry", 409).json["code"] == "message.wrong_state"


def test_a_failed_message_is_tried_again_for_those_who_did_not_get_it(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    delivering.provider.refuse("ada@example.com")
    message_id = bob.send().json["id"]
    assert delivering.wait_for(message_id) == "failed"
    failed = bob.get(f"/messages/{message_id}").json
    assert failed["error"]["retryable"] is False
    assert failed["recipients"][0]["outcome"] == "refused"

    delivering.provider.accept("ada@example.com")
    done = bob.act(f"/messages/{message_id}/retry").json
    assert done["error"] is None

    assert delivering.wait_for(message_id) == "sent"
    (mail,) = delivering.provider.received
    assert mail.attempt == 2
    events = [each["event"] for each in bob.get(f"/messages/{message_id}/events").json["items"]]
    assert events == ["accepted", "sending", "failed", "retried", "sending", "sent"]


def test_a_message_that_waits_for_its_next_attempt_goes_now(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    delivering.provider.fail(Transient("busy"))
    message_id = bob.send().json["id"]
    delivering.wait_until(message_id, lambda message: message.attempts == 1 and message.status == "queued")
    assert bob.get(f"/messages/{message_id}").json["waiting_for"] == "retry"

    bob.act(f"/messages/{message_id}/retry")

    assert delivering.wait_for(message_id) == "sent"


def test_attempts_are_counted_anew_after_a_retry(delivering: HubKit) -> None:
    delivering.account("once", default=False, max_attempts=1)
    bob = delivering.user("bob", "email-edit")
    delivering.provider.fail(Transient("busy"), times=None)

    message_id = bob.send(account="once").json["id"]
    assert delivering.wait_for(message_id) == "failed"
    bob.act(f"/messages/{message_id}/retry")
    assert delivering.wait_for(message_id) == "failed"

    whole = bob.get(f"/messages/{message_id}").json
    assert whole["attempts"] == 2
    assert whole["recipients"][0]["outcome"] == "refused"


def test_a_cancelled_message_can_be_sent_after_all(delivering: HubKit) -> None:
    bob = delivering.user("bob", "email-edit")
    message_id = bob.send(send_at="2126-01-01T00:00:00Z").json["id"]
    bob.act(f"/messages/{message_id}/cancel")

    bob.act(f"/messages/{message_id}/retry")

    assert delivering.wait_for(message_id) == "sent"


def test_what_has_expired_or_lost_its_account_is_not_tried_again(delivering: HubKit) -> None:
    delivering.account("gone", default=False)
    bob = delivering.user("bob", "email-edit")
    delivering.provider.fail(Permanent("no"), times=None)
    expired = bob.send(expires_at="2126-01-01T00:00:00Z").json["id"]
    orphan = bob.send(account="gone").json["id"]
    for message_id in (expired, orphan):
        assert delivering.wait_for(message_id) == "failed"
    delivering.change(lambda root: setattr(_find(root, expired), "expires_at", delivering.hub.clock.now()))
    delivering.delete_account("gone")

    assert bob.act(f"/messages/{expired}/retry", 409).json["code"] == "message.expired"
    assert bob.act(f"/messages/{orphan}/retry", 409).json["code"] == "account.not_found"


def _find(root: Any, message_id: str) -> Any:
    return messages_of(root).find(message_id)


def test_what_was_done_to_a_message_is_never_said_not_to_be(
    kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes between the commit and the reading for the answer: the caller is told to look first."""
    bob = kit.user("bob", "email-edit")
    message_id = bob.send().json["id"]
    get, seen = MessageReader.get, []

    def gone(reader: MessageReader, wanted: str) -> Message:
        seen.append(wanted)
        if len(seen) > 2:
            raise StorageUnavailable("The database cannot be used now. Nothing was done.")
        return get(reader, wanted)

    with monkeypatch.context() as patched:
        patched.setattr(MessageReader, "get", gone)
        answer = bob.act(f"/messages/{message_id}/cancel", 503).json

    assert bob.get(f"/messages/{message_id}").json["status"] == "cancelled"
    assert answer["code"] == "storage.outcome_unknown"
    assert message_id in answer["detail"]


def test_a_message_that_was_taken_is_answered_without_reading_again(
    kit: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens to the database after the commit, the caller is told that his message is safe."""
    bob = kit.user("bob", "email-edit")

    def gone(_reader: MessageReader, _message_id: str) -> Message:
        raise StorageUnavailable("The database cannot be used now. Nothing was done.")

    with monkeypatch.context() as patched:
        patched.setattr(MessageReader, "get", gone)
        assert bob.send().json["status"] == "queued"


def test_reading_needs_no_more_than_email_read(kit: HubKit) -> None:
    reader = kit.user("reader", "email-read")

    reader.send(403)
    reader.upload(b"x", 403)
    reader.act(f"/messages/{'A' * 24}/cancel", 403)
    assert reader.ids() == []
    kit.nobody().send(401)


def test_a_token_that_only_writes_gets_its_answer(kit: HubKit) -> None:
    writer = kit.user("bob", "email-edit", token={"scopes": ["messages:write"]})

    message_id = writer.send().json["id"]

    writer.get(f"/messages/{message_id}", 403)
    assert writer.act(f"/messages/{message_id}/cancel").json["status"] == "cancelled"


def test_reading_writes_nothing(kit: HubKit) -> None:
    bob = kit.user("bob", "email-edit")
    message_id = bob.send(attachments=[attachment()]).json["id"]
    storage = kit.hub.database._db.storage
    before = storage.lastTransaction()

    for path in (
        "",
        f"/{message_id}",
        f"/{message_id}/events",
        f"/{message_id}/raw",
        f"/{message_id}/attachments/0",
    ):
        bob.get(f"/messages{path}")
    bob.get("/messages/counts")

    assert storage.lastTransaction() == before
