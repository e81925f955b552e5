import io
import json
from typing import Any

import pytest

from mailhub.cli.client import Answer, ApiClient, InProcessTransport, SocketTransport, segment
from mailhub.cli.exits import CONFLICT, FAILED, NOT_FOUND, WRONG_USE, CommandEnded

from .fakes import FakeTransport


def refused(answer: Answer, login: str | None = None) -> CommandEnded:
    client = ApiClient(FakeTransport({"POST /things": answer}), login)
    with pytest.raises(CommandEnded) as caught:
        client.post("/things", {})
    return caught.value


def problem(status: int, code: str = "", **more: Any) -> Answer:
    return Answer(status, {"title": "No", "detail": "It cannot be.", "status": status, "code": code, **more})


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (400, "request.malformed", WRONG_USE),
        (403, "permission.denied", FAILED),
        (404, "account.not_found", NOT_FOUND),
        (409, "wrong_state", CONFLICT),
        (412, "revision.stale", CONFLICT),
        (422, "schema.required", WRONG_USE),
        (422, "user.not_found", NOT_FOUND),
        (428, "revision.missing", CONFLICT),
        (429, "account.rate_limited", FAILED),
        (500, "internal.error", FAILED),
        (503, "storage.unavailable", FAILED),
    ],
)
def test_a_refusal_has_its_exit_code_and_its_sentence(status: int, code: str, exit_code: int) -> None:
    error = refused(problem(status, code))
    assert (error.exit_code, str(error)) == (exit_code, "It cannot be.")


def test_all_errors_are_told_one_a_line_with_their_fields() -> None:
    errors = [
        {"pointer": "/settings/port", "code": "schema.wrong_type", "message": "A number is needed."},
        {"pointer": "", "code": "schema.invalid", "message": "Both or none."},
    ]
    assert str(refused(problem(422, errors=errors))) == "settings.port: A number is needed.\nBoth or none."


def test_who_is_not_known_is_not_found() -> None:
    error = refused(problem(401), "ada")
    assert (error.exit_code, str(error)) == (NOT_FOUND, "There is no user ada who may sign in.")
    assert "mailhub init" in str(refused(problem(401)))


def test_an_answer_that_is_no_problem_is_named_by_its_status() -> None:
    assert str(refused(Answer(502, "<html>"))) == "HTTP 502"


def test_nobody_at_the_socket_is_a_sentence(tmp_path: Any) -> None:
    client = ApiClient(SocketTransport(tmp_path / "hub.sock"))
    with pytest.raises(CommandEnded, match="did not answer") as caught:
        client.get("/me")
    assert caught.value.exit_code == FAILED


def test_a_list_is_read_to_its_end() -> None:
    pages = {
        "GET /users?limit=200": Answer(200, {"items": [1, 2], "next_cursor": "more"}),
        "GET /users?limit=200&cursor=more": Answer(200, {"items": [3], "next_cursor": None}),
    }
    assert ApiClient(FakeTransport(pages)).get_all("/users") == [1, 2, 3]


def test_it_says_whom_it_acts_as_and_what_it_saw() -> None:
    transport = FakeTransport({"PATCH /things": Answer(200, {}), "DELETE /things": Answer(204, None)})
    client = ApiClient(transport).as_user("ada")
    client.patch("/things", {"a": 1}, "7")
    client.delete("/things")
    (_patch, headers, body), (_delete, others, nothing) = transport.calls
    assert headers == {"If-Match": '"7"', "Content-Type": "application/json", "Mailhub-User": "ada"}
    assert body is not None
    assert json.loads(body) == {"a": 1}
    assert (others, nothing) == ({"Mailhub-User": "ada"}, None)


def test_a_call_in_this_process_is_like_one_by_the_socket() -> None:
    seen: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("201 Created", [])
        return [b'{"id":', b' "1"}']

    transport = InProcessTransport(application)
    path = f"/api/v1/things/{segment('../a/b é')}?limit=2"
    answer = transport.exchange(
        "POST", path, {"Content-Type": "text/plain", "Mailhub-User": "ada"}, io.BytesIO(b"x"), 1
    )
    assert answer == Answer(201, {"id": "1"})
    [environ] = seen
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/api/v1/things/../a/b é"
    assert (environ["QUERY_STRING"], environ["body"], environ["CONTENT_LENGTH"]) == ("limit=2", b"x", "1")
    assert (environ["CONTENT_TYPE"], environ["HTTP_MAILHUB_USER"]) == ("text/plain", "ada")
    assert environ["mailhub.local_socket"] is True
