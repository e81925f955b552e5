"""Pictures that stand in the HTML, through the API of a whole hub (SM7, M2)."""

import base64
from email import message_from_bytes
from email.policy import default as email_policy
from typing import Any

import pytest

from tests.kit.hub import Api, HubKit, errors_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()
HTML = f'<p style="color: rgba(1,2,3,1)">Hello<img alt="logo" src="{DATA}"><br>'


@pytest.fixture
def bob(kit: HubKit) -> Api:
    return kit.user("bob", "email-edit")


def test_a_picture_becomes_a_linked_part_for_every_connector(kit: HubKit, bob: Api) -> None:
    kit.hub.start_delivery()
    sent = bob.send(html=HTML, text=..., attachments=[{"name": "a.txt", "content": "QQ=="}]).json
    kit.wait_for(sent["id"])
    whole = bob.get(f"/messages/{sent['id']}").json
    text, picture = whole["attachments"]

    assert text["name"] == "a.txt"
    assert (picture["name"], picture["content_type"], picture["inline"]) == (
        "picture-1.png",
        "image/png",
        True,
    )
    assert (picture["size"], picture["source"]) == (len(PNG), "message")
    cid = picture["content_id"]
    assert whole["html"] == f'<p style="color: rgb(1, 2, 3)">Hello<img alt="logo" src="cid:{cid}"><br>'
    assert "data:" not in whole["text"]
    assert bob.get(f"/messages/{sent['id']}/attachments/1").body == PNG
    parsed: Any = message_from_bytes(kit.provider.received[0].read(), policy=email_policy)
    (part,) = [each for each in parsed.walk() if each.get_content_type() == "image/png"]
    assert part["Content-ID"] == f"<{cid}>"
    assert part.get_content() == PNG
    assert "multipart/related" in [each.get_content_type() for each in parsed.walk()]


def test_a_draft_keeps_its_pictures_until_it_is_sent(bob: Api) -> None:
    kept = bob.post("/messages", {"draft": True, "html": HTML, "to": ["ada@example.com"]}, 201).json
    assert kept["attachments"] == []
    assert bob.get(f"/messages/{kept['id']}").json["html"] == HTML
    sent = bob.act(f"/messages/{kept['id']}/send", 202).json
    assert [each["name"] for each in sent["attachments"]] == ["picture-1.png"]
    again = bob.act(f"/messages/{kept['id']}/resend", 202).json
    assert again["attachments"] == sent["attachments"]
    shown = bob.get(f"/messages/{again['id']}").json["html"]
    assert f"cid:{sent['attachments'][0]['content_id']}" in shown


def test_a_picture_that_cannot_be_added_stops_the_message(bob: Api) -> None:
    refused = bob.send(422, html='<img src="data:image/png;base64,*">', text=...)

    assert errors_of(refused) == [("/html", "attachment.unreadable")]
    assert bob.ids() == []


def test_a_dry_run_shows_what_would_be_sent(bob: Api) -> None:
    tried = bob.post("/messages?dry_run=true", {"to": ["ada@example.com"], "html": HTML}, 200).json

    assert [each["name"] for each in tried["message"]["attachments"]] == ["picture-1.png"]
    assert "cid:" in tried["body"]["html"]
    assert "data:" not in tried["body"]["html"]


def test_pictures_count_against_the_limits(tmp_path: Any) -> None:
    kit = HubKit.open(tmp_path, message_max_attachment_bytes=len(PNG) - 1, message_max_bytes=len(PNG) - 1)
    kit.account("sales")
    try:
        refused = kit.user("bob").send(422, html=HTML, text=...)
    finally:
        kit.close()

    assert errors_of(refused) == [
        ("/html", "attachment.too_large"),
        ("/attachments", "attachment.too_large"),
    ]
