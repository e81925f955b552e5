"""Idempotency-Key on sending: the message and the kept answer are one commit (W2)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mailhub.uploads.model import uploads_of
from tests.kit.hub import Api, HubKit

MESSAGE = {"to": ["ada@example.com"], "subject": "Invoice 1", "text": "Please pay."}


@pytest.fixture
def bob(kit: HubKit) -> Api:
    kit.account()
    return kit.user("bob", "email-edit")


def post(api: Api, body: dict[str, Any], key: str = "key-1", status: int = 202) -> Any:
    return api.post("/messages", body, status, **{"Idempotency-Key": key})


def subjects(api: Api) -> list[str]:
    return [each["subject"] for each in api.get("/messages").json["items"]]


def test_the_same_key_and_body_is_one_message_and_one_answer(bob: Api) -> None:
    first, again = post(bob, MESSAGE), post(bob, MESSAGE)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert subjects(bob) == ["Invoice 1"]


def test_the_answer_stays_the_same_while_the_message_goes_on(bob: Api) -> None:
    first = post(bob, MESSAGE)
    bob.act(f"/messages/{first.json['id']}/cancel")
    assert post(bob, MESSAGE).json["status"] == "queued"


def test_another_body_under_the_key_is_refused_and_nothing_is_sent(bob: Api) -> None:
    post(bob, MESSAGE)
    refused = post(bob, {**MESSAGE, "subject": "Invoice 2"}, status=422)
    assert refused.json["code"] == "idempotency.mismatch"
    assert subjects(bob) == ["Invoice 1"]


def test_a_refused_message_leaves_its_key_free(bob: Api) -> None:
    post(bob, {**MESSAGE, "to": ["nobody"]}, status=422)
    assert post(bob, MESSAGE).json["status"] == "queued"


def test_another_user_may_use_the_same_key(kit: HubKit, bob: Api) -> None:
    post(bob, MESSAGE)
    eve = kit.user("eve", "email-edit")
    assert "Idempotency-Replayed" not in post(eve, MESSAGE).headers


def test_fifty_identical_calls_at_once_make_one_message(bob: Api) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _number: post(bob, MESSAGE), range(50)))
    assert len({answer.body for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert subjects(bob) == ["Invoice 1"]


# -- whole files, which are not in memory --------------------------------------------------------------------------


def upload(api: Api, data: bytes = b"terms", status: int = 201, /, **headers: str) -> Any:
    return api.upload(data, status, **{"Idempotency-Key": "key-1", **headers})


@pytest.mark.parametrize("size", [5, 200_000])
def test_the_same_key_and_file_is_one_upload(bob: Api, size: int) -> None:
    first, again = upload(bob, b"x" * size), upload(bob, b"x" * size)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert (again.headers["Idempotency-Replayed"], first.headers.get("Idempotency-Replayed")) == (
        "true",
        None,
    )


def test_another_file_name_or_type_under_the_key_is_refused(kit: HubKit, bob: Api) -> None:
    upload(bob, Content_Disposition='attachment; filename="a.txt"')
    for data, headers in (
        (b"other", {"Content_Disposition": 'attachment; filename="a.txt"'}),
        (b"terms", {"Content_Disposition": 'attachment; filename="b.txt"'}),
        (b"terms", {"Content_Disposition": 'attachment; filename="a.txt"', "Content_Type": "text/html"}),
    ):
        assert upload(bob, data, 422, **headers).json["code"] == "idempotency.mismatch"
    with kit.hub.database.reading() as root:
        assert len(uploads_of(root).by_id) == 1


def test_what_is_no_key_is_refused_before_a_file_is_read(bob: Api) -> None:
    assert (
        upload(bob, b"terms", 422, **{"Idempotency-Key": "a key"}).json["code"] == "idempotency.invalid_key"
    )


def test_identical_uploads_at_once_make_one(bob: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _number: upload(bob), range(8)))
    assert len({answer.body for answer in answers}) == 1
