"""What a message may be said to be, and that its published schema agrees."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mailhub.errors import Invalid
from mailhub.http.json_schema import json_schema_of
from mailhub.messages.schema import METADATA_BYTES, MessageFields
from mailhub.strict_values import strict_values


def read(**fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = strict_values(MessageFields(), fields)
    return values


def refused(**fields: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(**fields)
    return [error.pointer for error in caught.value.errors]


def test_nothing_is_required_by_its_form_alone() -> None:
    values = read()

    assert values["scenario"] == "default"
    assert values["account"] is values["sender"] is values["html"] is values["text"] is values["body"] is None
    assert values["to"] == values["attachments"] == values["tags"] == []
    assert values["headers"] == values["metadata"] == {}
    assert values["include_default_attachments"] is True


@given(data=st.binary(max_size=200))
def test_base64_is_read_back_exactly(data: bytes) -> None:
    content = base64.b64encode(data).decode()

    assert read(attachments=[{"content": content}])["attachments"][0]["content"] == data


@pytest.mark.parametrize(
    "content", ["Q", "QQ", "QQ=", "QQ==\n", " QQ==", "Q-_=", "QQ==QQ==", "é", "QQ==x", 1, [], {}, True]
)
def test_what_is_no_base64_is_refused_where_it_stands(content: Any) -> None:
    assert refused(attachments=[{}, {"content": content}]) == ["/attachments/1/content"]


def test_all_wrong_forms_are_found_at_once() -> None:
    assert sorted(
        refused(
            to=[1, {"name": "x"}, {"address": "a", "x": 1}],
            subject=None,
            priority="urgent",
            related=[{"kind": "a b", "id": "1"}, {"kind": "a", "id": "a\nb"}],
            tags=["", "x" * 101],
            send_at="soon",
            draft="yes",
        )
    ) == [
        "/draft",
        "/priority",
        "/related/0/kind",
        "/related/1/id",
        "/send_at",
        "/subject",
        "/tags/0",
        "/tags/1",
        "/to/0",
        "/to/1/address",
        "/to/2/x",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil",
        "http://a b",
        "https://",
        "HTTPS://a",
        "http://a\n",
    ],
)
def test_records_link_to_web_pages_only(url: str) -> None:
    assert refused(related=[{"kind": "a", "id": "1", "url": url}]) == ["/related/0/url"]


def test_lists_have_bounds() -> None:
    assert refused(attachments=[{}] * 501) == ["/attachments"]
    assert refused(reply_to=["a@example.com"] * 101) == ["/reply_to"]
    assert refused(related=[{"kind": "a", "id": "1"}] * 101) == ["/related"]
    assert refused(tags=["a"] * 51) == ["/tags"]
    assert refused(metadata={"a": "é" * (METADATA_BYTES // 2)}) == ["/metadata"]


def test_the_published_schema_takes_the_example_of_the_documentation() -> None:
    example = {
        "scenario": "sales-invoice",
        "account": None,
        "sender": None,
        "to": ["ada@example.com", {"name": "Bob", "address": "bob@example.com"}],
        "subject": "Invoice 103001",
        "html": "<p>...</p>",
        "text": None,
        "body": {"layout": "x", "data": {}, "language": "fr"},
        "attachments": [
            {"name": "a.pdf", "content_type": "application/pdf", "content": "QQ=="},
            {"upload": "x"},
            {"name": "logo.png", "upload": "y", "inline": True, "content_id": "logo"},
        ],
        "related": [{"kind": "sales-invoice", "id": "103001", "relation": "primary"}],
        "send_at": None,
        "metadata": {},
    }
    validator = Draft202012Validator(json_schema_of(MessageFields()))

    validator.validate(json.loads(json.dumps(example)))
    read(**example)
    assert not validator.is_valid({"to": "ada@example.com"})
    assert not validator.is_valid({"priority": "urgent"})
