"""Every convention of the API, through the shelf application."""

import json
import logging
from typing import Any

import pytest
from webtest import TestApp
from ZODB.POSException import ConflictError

from mailhub.http.security import LOCAL_SOCKET
from mailhub.store.commits import FinishingFailed
from tests.unit.http import shelf

JSON = {"Content-Type": "application/json"}


def problem(response: Any, status: int, code: str) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:mailhub:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body


def mistakes(response: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in response.json["errors"]]


class TestWhoCalls:
    @pytest.mark.parametrize(
        "header", [{}, {"Authorization": "Basic c2V0dXA6"}, {"Authorization": "Bearer wrong"}]
    )
    def test_a_call_without_a_good_token_is_401(self, anybody: TestApp, header: dict[str, str]) -> None:
        response = anybody.get("/api/v1/boxes", headers=header, expect_errors=True)
        problem(response, 401, "authentication.required")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_token_without_the_permission_is_403(self, anybody: TestApp) -> None:
        anybody.authorization = ("Bearer", "reader")
        problem(anybody.get("/api/v1/boxes", expect_errors=True), 403, "permission.denied")

    def test_401_comes_before_404_and_before_the_body(self, anybody: TestApp) -> None:
        problem(anybody.patch("/api/v1/boxes/nope", "{", expect_errors=True), 401, "authentication.required")

    def test_the_local_socket_asks_for_no_token(self, anybody: TestApp) -> None:
        anybody.extra_environ[LOCAL_SOCKET] = True
        assert anybody.get("/api/v1/boxes/tin").json["name"] == "tin"
        named = anybody.get("/api/v1/boxes", headers={"Mailhub-User": "reader"}, expect_errors=True)
        problem(named, 403, "permission.denied")

    def test_a_caller_over_tcp_cannot_claim_to_be_local(self, anybody: TestApp) -> None:
        headers = {"Mailhub-User": "setup", "Mailhub-Local-Socket": "1"}
        problem(
            anybody.get("/api/v1/boxes", headers=headers, expect_errors=True), 401, "authentication.required"
        )

    def test_public_calls_need_nobody(self, anybody: TestApp) -> None:
        response = anybody.get(
            "/open", headers={"Accept-Language": "fr-CA, en;q=0.5", "Prefer": "wait=5, respond-async"}
        )
        assert response.json == {"locale": "fr", "async": True}


class TestReplies:
    def test_an_answer_is_never_kept_nor_guessed(self, api: TestApp) -> None:
        response = api.get("/api/v1/boxes/tin")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["ETag"] == '"r1"'
        assert len(response.headers["X-Request-Id"]) == 22

    def test_created_names_the_place_as_a_path_whatever_the_host(self, api: TestApp) -> None:
        response = api.post_json(
            "/api/v1/boxes", {"name": "new"}, headers={"Host": "evil.example"}, status=201
        )
        assert response.headers["Location"] == "/api/v1/boxes/new"
        assert response.json == {"name": "new", "size": 1, "revision": "r1"}

    def test_no_content_has_none(self, api: TestApp) -> None:
        response = api.delete("/api/v1/boxes/tin", status=204)
        assert response.body == b""
        assert "Content-Type" not in response.headers

    def test_a_file_cannot_run_in_a_browser(self, api: TestApp) -> None:
        response = api.get("/api/v1/file")
        assert response.body == b"<script>alert()</script>"
        assert response.headers["Content-Security-Policy"].startswith("sandbox")
        assert response.headers["Content-Length"] == "24"
        assert response.headers["Content-Disposition"] == (
            "attachment; filename=\"Rechnung _7_ _.html\"; filename*=UTF-8''Rechnung%20%227%22%20%C3%A9.html"
        )

    def test_head_answers_as_get_without_a_body(self, api: TestApp) -> None:
        assert api.head("/api/v1/boxes/tin").headers["ETag"] == '"r1"'

    def test_static_paths_win_over_names(self, api: TestApp) -> None:
        assert api.get("/api/v1/boxes/count").json == {"count": 1}


class TestBodies:
    def test_all_mistakes_are_named_at_once(self, api: TestApp) -> None:
        sent = {"size": "3", "tags": ["ok", 7, "much too long for a tag"], "colour": "red"}
        response = api.post_json("/api/v1/boxes", sent, expect_errors=True)
        problem(response, 422, "schema.required")
        assert mistakes(response) == [
            ("/name", "schema.required"),
            ("/size", "schema.wrong_type"),
            ("/tags/1", "schema.wrong_type"),
            ("/tags/2", "schema.invalid"),
            ("/colour", "schema.unknown_field"),
        ]
        assert all(error["message"] for error in response.json["errors"])

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "json.malformed"),
            (b"{", "json.malformed"),
            (b'{"name": "a", "name": "b"}', "json.duplicate_key"),
            (b'{"tags": [{"a": 1, "a": 2}]}', "json.duplicate_key"),
            (b'{"size": NaN}', "json.malformed"),
            (b'{"size": -Infinity}', "json.malformed"),
            (b'{"size": 1e999}', "json.malformed"),
            (b'{"size": ' + b"9" * 5000 + b"}", "json.malformed"),
            (b'{"name": "\xff"}', "json.malformed"),
            (b'\xef\xbb\xbf{"name": "a"}', "json.malformed"),
            (b'{"name": "a"} {}', "json.malformed"),
            (b"[" * 65 + b"]" * 65, "json.too_deep"),
            (b"[" * 4000 + b"]" * 4000, "json.too_deep"),
        ],
    )
    def test_what_is_not_strict_json_is_400(self, api: TestApp, content: bytes, code: str) -> None:
        problem(api.post("/api/v1/boxes", content, headers=JSON, expect_errors=True), 400, code)

    @pytest.mark.parametrize("value", ["a\0b", "half \ud800"])
    def test_texts_that_nothing_can_store_are_refused(self, api: TestApp, value: str) -> None:
        response = api.post("/api/v1/boxes", json.dumps({"name": value}), headers=JSON, expect_errors=True)
        problem(response, 422, "schema.invalid")
        assert mistakes(response) == [("/name", "schema.invalid")]

    def test_an_unfit_field_name_does_not_break_the_answer(self, api: TestApp) -> None:
        response = api.post("/api/v1/boxes", '{"name": "a", "\\ud800": 1}', headers=JSON, expect_errors=True)
        problem(response, 422, "schema.unknown_field")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"Content-Type": "application/json; charset=latin-1"},
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        ],
    )
    def test_another_type_is_415(self, api: TestApp, headers: dict[str, str]) -> None:
        response = api.post("/api/v1/boxes", '{"name": "a"}', headers=headers, expect_errors=True)
        problem(response, 415, "request.unsupported_media_type")

    def test_a_charset_may_be_said(self, api: TestApp) -> None:
        headers = {"Content-Type": 'application/json; charset="UTF-8"'}
        assert api.post("/api/v1/boxes", '{"name": "a"}', headers=headers, status=201)

    def test_too_large_a_body_points_to_uploads(self, api: TestApp) -> None:
        response = api.post_json("/api/v1/boxes", {"name": "a" * 10_000}, expect_errors=True)
        assert "/api/v1/uploads" in problem(response, 413, "request.too_large")["detail"]

    @pytest.mark.parametrize(
        ("content", "headers"), [(b"", {}), (b"{}", JSON), (b"{}", {"Content-Type": ""})]
    )
    def test_a_call_without_fields_takes_nothing_or_an_empty_object(
        self, api: TestApp, content: bytes, headers: dict[str, str]
    ) -> None:
        assert api.post("/api/v1/boxes/tin/shake", content, headers=headers).status_code == 202

    def test_a_call_without_fields_takes_no_fields(self, api: TestApp) -> None:
        response = api.post_json("/api/v1/boxes/tin/shake", {"hard": True}, expect_errors=True)
        problem(response, 422, "schema.unknown_field")
        assert mistakes(response) == [("/hard", "schema.unknown_field")]

    def test_raw_bodies_are_bytes_of_any_type(self, api: TestApp) -> None:
        assert api.post("/api/v1/raw", b"\0" * 20_000, headers=JSON).json == {"size": 20_000}

    def test_a_view_that_forgets_its_body_fails(self, api: TestApp) -> None:
        problem(api.post_json("/api/v1/forgetful", {"name": "a"}, expect_errors=True), 500, "internal.error")
        problem(api.post("/api/v1/forgetful/tin", expect_errors=True), 500, "internal.error")

    def test_what_is_not_there_is_told_before_what_is_wrong_with_the_body(self, api: TestApp) -> None:
        for headers in ({"Content-Type": "text/plain"}, JSON):
            response = api.post("/api/v1/boxes/none/shake", b"[", headers=headers, expect_errors=True)
            problem(response, 404, "account.not_found")

    @pytest.mark.parametrize("status", ["200", "202"])
    def test_an_answer_that_the_document_does_not_know_fails(self, api: TestApp, status: str) -> None:
        response = api.get("/api/v1/undeclared", headers={"Wanted": status}, expect_errors=True)
        problem(response, 500, "internal.error")


class TestRevisions:
    @pytest.mark.parametrize("revision", ["r1", '"r1"', "*", '"r0", "r1"'])
    def test_the_revision_that_was_seen_lets_one_change(self, api: TestApp, revision: str) -> None:
        response = api.patch_json("/api/v1/boxes/tin", {"size": 5}, headers={"If-Match": revision})
        assert response.json == {"name": "tin", "size": 5, "revision": "r2"}
        assert response.headers["ETag"] == '"r2"'

    @pytest.mark.parametrize("revision", ["r0", 'W/"r1"', "r1 r1", '"r1'])
    def test_another_revision_is_412(self, api: TestApp, revision: str) -> None:
        response = api.patch_json(
            "/api/v1/boxes/tin", {"size": 5}, headers={"If-Match": revision}, expect_errors=True
        )
        problem(response, 412, "revision.stale")

    def test_none_is_428_before_the_body_is_looked_at(self, api: TestApp) -> None:
        problem(api.patch("/api/v1/boxes/tin", "{", expect_errors=True), 428, "revision.missing")

    def test_404_comes_before_428(self, api: TestApp) -> None:
        problem(api.patch("/api/v1/boxes/nope", "{", expect_errors=True), 404, "account.not_found")

    def test_where_it_is_optional_it_is_checked_when_given(self, api: TestApp) -> None:
        response = api.delete("/api/v1/boxes/tin", headers={"If-Match": "r7"}, expect_errors=True)
        problem(response, 412, "revision.stale")
        api.delete("/api/v1/boxes/tin", status=204)


class TestLists:
    def test_pages_follow_each_other(self, api: TestApp) -> None:
        for name in "abcd":
            api.post_json("/api/v1/boxes", {"name": name})
        found, cursor = [], ""
        while cursor is not None:
            page = api.get(f"/api/v1/boxes?limit=2{cursor and '&cursor='}{cursor}").json
            found.append([box["name"] for box in page["items"]])
            cursor = page["next_cursor"]
        assert found == [["a", "b"], ["c", "d"], ["tin"]]

    def test_a_cursor_is_opaque_and_bound_to_its_list_its_filters_and_its_caller(self, api: TestApp) -> None:
        api.post_json("/api/v1/boxes", {"name": "a"})
        cursor = api.get("/api/v1/boxes?limit=1").json["next_cursor"]
        assert cursor.replace("-", "").replace("_", "").isalnum()
        api.get(f"/api/v1/boxes?limit=50&cursor={cursor}", status=200)
        for wrong in (f"cursor={cursor}&big=true", f"cursor={cursor[:-1]}", "cursor=abc", "cursor=%C3%A9"):
            response = api.get(f"/api/v1/boxes?{wrong}", expect_errors=True)
            problem(response, 422, "cursor.invalid")
            assert mistakes(response) == [("/cursor", "cursor.invalid")]
        api.authorization = ("Bearer", "other")
        problem(api.get(f"/api/v1/boxes?cursor={cursor}", expect_errors=True), 422, "cursor.invalid")

    @pytest.mark.parametrize(
        ("query", "pointer", "code"),
        [
            ("limit=0", "/limit", "schema.invalid"),
            ("limit=201", "/limit", "schema.invalid"),
            ("limit=ten", "/limit", "schema.wrong_type"),
            ("limit=1.0", "/limit", "schema.wrong_type"),
            ("limit=1&limit=2", "/limit", "schema.invalid"),
            ("big=yes", "/big", "schema.wrong_type"),
            ("colour=red", "/colour", "schema.unknown_field"),
        ],
    )
    def test_a_wrong_query_is_422(self, api: TestApp, query: str, pointer: str, code: str) -> None:
        response = api.get(f"/api/v1/boxes?{query}", expect_errors=True)
        problem(response, 422, code)
        assert mistakes(response) == [(pointer, code)]

    def test_a_call_without_a_query_takes_none(self, api: TestApp) -> None:
        problem(api.get("/api/v1/boxes/tin?verbose=1", expect_errors=True), 422, "schema.unknown_field")

    def test_a_query_that_is_no_text_is_400(self, api: TestApp) -> None:
        problem(api.get("/api/v1/boxes?limit=%ff", expect_errors=True), 400, "request.bad")


class TestProblems:
    def test_an_unknown_address_is_404_in_the_same_form(self, anybody: TestApp) -> None:
        problem(anybody.get("/api/v1/nothing", expect_errors=True), 404, "not_found")
        problem(anybody.get("/api/", expect_errors=True), 404, "not_found")

    def test_an_address_that_is_no_text_is_400(self, anybody: TestApp) -> None:
        problem(anybody.get("/api/v1/%ff", expect_errors=True), 400, "request.bad")

    def test_an_unknown_method_is_405_with_those_that_are_known(self, api: TestApp) -> None:
        response = api.put_json("/api/v1/boxes/tin", {}, expect_errors=True)
        problem(response, 405, "request.method_not_allowed")
        assert response.headers["Allow"] == "DELETE, GET, HEAD, PATCH"

    def test_method_override_headers_change_nothing(self, api: TestApp) -> None:
        headers = {"X-HTTP-Method-Override": "DELETE"}
        assert api.get("/api/v1/boxes/tin", headers=headers).json["name"] == "tin"
        assert api.get("/api/v1/boxes/tin").json["name"] == "tin"

    def test_too_many_says_when(self, api: TestApp) -> None:
        response = api.post("/api/v1/boxes/tin/wait", expect_errors=True)
        problem(response, 429, "rate_limited")
        assert response.headers["Retry-After"] == "2"

    def test_what_nobody_planned_is_told_to_the_log_alone(
        self, api: TestApp, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = api.get("/api/v1/broken", expect_errors=True)
        body = problem(response, 500, "internal.error")
        assert "inside" not in response.text
        assert "ZeroDivision" not in response.text
        (record,) = (each for each in caplog.records if each.levelno == logging.ERROR)
        assert body["incident"] in record.getMessage()
        assert response.headers["X-Request-Id"] in record.getMessage()
        assert "the inside of the hub" in str(record.exc_info)

    def test_a_log_line_has_no_query_and_cannot_be_forged(
        self, api: TestApp, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "mailhub.http.requests")
        api.get("/api/v1/boxes/a%0Ab?token=x", expect_errors=True)
        api.get("/api/v1/boxes?limit=2")
        lines = [each.getMessage() for each in caplog.records if each.name == "mailhub.http.requests"]
        assert lines == ["GET /api/v1/boxes/a%0Ab 422", "GET /api/v1/boxes 200"]


class TestTransactions:
    def test_what_succeeds_is_stored(self, api: TestApp, names: Any) -> None:
        api.post_json("/api/v1/boxes", {"name": "new"})
        assert names() == ["new", "tin"]

    @pytest.mark.parametrize("name", ["taken", "teapot"])
    def test_what_is_refused_writes_nothing(self, api: TestApp, names: Any, name: str) -> None:
        assert api.post_json("/api/v1/boxes", {"name": name}, expect_errors=True).status_code == 409
        assert names() == ["tin"]

    def test_a_conflict_is_tried_again(self, api: TestApp, registry: Any) -> None:
        registry[0]["tries"] = [int, raise_conflict, raise_conflict]
        assert api.post("/api/v1/conflicts").json == {"left": 0}

    def test_a_conflict_that_stays_is_503_with_retry_after(self, api: TestApp, registry: Any) -> None:
        registry[0]["tries"] = [raise_conflict] * 4
        response = api.post("/api/v1/conflicts", expect_errors=True)
        problem(response, 503, "storage.unavailable")
        assert response.headers["Retry-After"] == "1"
        assert len(registry[0]["tries"]) == 1

    def test_what_may_be_done_only_once_is_never_tried_again(self, api: TestApp, registry: Any) -> None:
        registry[0]["tries"] = [raise_conflict] * 2
        problem(api.post("/api/v1/conflicts/once", expect_errors=True), 503, "storage.unavailable")
        assert len(registry[0]["tries"]) == 1

    def test_a_commit_that_may_have_been_stored_says_so(
        self, api: TestApp, database: shelf.MemoryDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(manager: Any) -> None:
            manager.abort()
            raise FinishingFailed("disk gone")

        monkeypatch.setattr("mailhub.http.transactions.commit_knowingly", fail)
        response = api.post_json("/api/v1/boxes", {"name": "new"}, expect_errors=True)
        problem(response, 503, "storage.outcome_unknown")
        assert "disk gone" not in response.text
        assert database.discarded == 1

    def test_fresh_work_sees_what_others_committed_and_drops_what_it_did(
        self, api: TestApp, registry: Any, database: shelf.MemoryDatabase, names: Any
    ) -> None:
        def elsewhere() -> None:
            with database.db.transaction() as connection:
                connection.root()["mailhub"].boxes["brass"] = shelf.Box("brass", 2)

        registry[0]["elsewhere"] = elsewhere
        assert api.post("/api/v1/fresh").json == {"names": ["brass", "tin"]}
        assert names() == ["brass", "tin"]

    def test_connections_are_given_back(self, api: TestApp, database: shelf.MemoryDatabase) -> None:
        for _index in range(12):
            api.get("/api/v1/boxes/tin")
        assert len(database.db.connectionDebugInfo()) <= 1


def raise_conflict() -> None:
    raise ConflictError
