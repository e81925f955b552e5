"""Resumable uploads by tus 1.0.0, through a whole hub: what the protocol says, whose they are, when they go."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.testing import FakeClock
from mailhub.uploads.model import uploads_of
from mailhub.uploads.sweeping import sweep_expired
from tests.kit.hub import Api, HubKit

UPLOADS = "/api/v1/uploads"
CHUNK = "application/offset+octet-stream"
LIMIT = 300_000
DATA = bytes(range(256)) * 400


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def kit(tmp_path: Path, clock: FakeClock) -> Iterator[HubKit]:
    kit = HubKit.open(
        tmp_path,
        clock=clock,
        message_max_attachment_bytes=LIMIT,
        uploads_max_unfinished=3,
        uploads_max_unfinished_bytes=2 * LIMIT,
    )
    kit.account("sales")
    yield kit
    kit.close()


@pytest.fixture
def tus(kit: HubKit) -> "Tus":
    return Tus(kit.user("ada"))


class Tus:
    """A client of the protocol that checks what every answer must have."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def call(
        self, method: str, path: str, status: int, body: bytes = b"", /, **headers: str | int | None
    ) -> Any:
        """``headers``: without ``-``; None leaves one out that is sent otherwise."""
        given = {"Tus_Resumable": "1.0.0", "Content_Type": CHUNK if body else None, **headers}
        answer = self.api.app.request(
            path,
            method=method,
            body=body,
            headers={
                name.replace("_", "-"): str(value) for name, value in given.items() if value is not None
            },
            expect_errors=True,
        )
        assert answer.status_int == status, (answer.status, answer.text)
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Cache-Control"] == "no-store"
        return answer

    def create(self, length: int, **headers: str) -> str:
        """Begin an upload; its path."""
        answer = self.call("POST", UPLOADS, 201, Upload_Length=length, **headers)
        location: str = answer.headers["Location"]
        return location

    def patch(self, path: str, offset: int, body: bytes, status: int = 204, /, **headers: str) -> Any:
        return self.call("PATCH", path, status, body, Content_Type=CHUNK, Upload_Offset=offset, **headers)

    def offset(self, path: str) -> int:
        return int(self.call("HEAD", path, 200).headers["Upload-Offset"])

    def whole(self, data: bytes = DATA, **headers: str) -> str:
        path = self.create(len(data), **headers)
        self.patch(path, 0, data)
        return path


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def checksum(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def pair(key: str, value: str | bytes) -> str:
    raw = value if isinstance(value, bytes) else value.encode()
    return f"{key} {base64.b64encode(raw).decode()}"


# -- the core protocol -----------------------------------------------------------------------------------------------


def test_options_tell_what_is_there(tus: Tus) -> None:
    answer = tus.call("OPTIONS", UPLOADS, 204, Tus_Resumable=None)
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,termination,checksum,expiration"
    assert answer.headers["Tus-Max-Size"] == str(LIMIT)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_options_ignore_the_version_of_the_caller(tus: Tus) -> None:
    tus.call("OPTIONS", UPLOADS, 204, Tus_Resumable="0.2.2")


def test_a_file_in_pieces_becomes_an_attachment(tus: Tus, kit: HubKit) -> None:
    path = tus.create(
        len(DATA), Upload_Metadata=f"{pair('filename', 'a.bin')},{pair('filetype', 'image/png')}"
    )
    assert tus.offset(path) == 0
    for offset in range(0, len(DATA), 30_000):
        piece = DATA[offset : offset + 30_000]
        answer = tus.patch(path, offset, piece)
        assert answer.headers["Upload-Offset"] == str(offset + len(piece))
        assert answer.body == b""
        assert tus.offset(path) == offset + len(piece)

    message = tus.api.send(attachments=[{"upload": id_of(path)}]).json

    [attachment] = message["attachments"]
    assert (attachment["name"], attachment["content_type"]) == ("a.bin", "image/png")
    assert tus.api.get(f"/messages/{message['id']}/attachments/0").body == DATA


@pytest.mark.parametrize("size", [1, 65_536, 65_537, LIMIT])
def test_the_hash_of_a_file_is_that_of_its_bytes(tus: Tus, kit: HubKit, size: int) -> None:
    data = (DATA * 4)[:size]
    path = tus.whole(data)
    with kit.hub.database.reading() as root:
        upload = uploads_of(root).find(id_of(path))
        assert upload is not None
        assert (upload.content.size, upload.content.sha256) == (size, hashlib.sha256(data).hexdigest())


def test_head_tells_length_offset_and_metadata_of_both_kinds(tus: Tus) -> None:
    said = ", ".join([pair("filename", "a.pdf"), "is_confidential", pair("x", b"\xff\x00")])
    path = tus.create(10, Upload_Metadata=said)
    for offset in (0, 4, 10):
        tus.patch(path, tus.offset(path), bytes(offset - tus.offset(path)))
        answer = tus.call("HEAD", path, 200)
        assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == (str(offset), "10")
        assert answer.headers["Upload-Metadata"] == said
        assert answer.body == b""


def test_an_upload_that_is_not_complete_is_no_attachment(tus: Tus) -> None:
    path = tus.create(10)
    tus.patch(path, 0, b"12345")
    answer = tus.api.send(422, attachments=[{"upload": id_of(path)}])
    assert answer.json["code"] == "upload.not_found"


def test_an_empty_file_is_complete_at_once(tus: Tus) -> None:
    answer = tus.call("POST", UPLOADS, 201, Upload_Length=0)
    assert answer.json["sha256"] == hashlib.sha256(b"").hexdigest()
    assert tus.offset(answer.headers["Location"]) == 0


def test_a_plain_upload_can_be_asked_for_and_deleted_too(tus: Tus) -> None:
    upload_id = tus.api.upload(b"hello").json["id"]
    assert tus.offset(f"{UPLOADS}/{upload_id}") == 5
    tus.call("DELETE", f"{UPLOADS}/{upload_id}", 204)
    tus.call("HEAD", f"{UPLOADS}/{upload_id}", 404)


def test_a_call_on_an_upload_that_names_no_version_means_this_one(tus: Tus) -> None:
    path = tus.create(5)
    tus.call("PATCH", path, 204, b"hello", Tus_Resumable=None, Upload_Offset=0)
    tus.call("HEAD", path, 200, Tus_Resumable=None)
    tus.call("DELETE", path, 204, Tus_Resumable=None)


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "code"),
    [
        # another version: refused before anything is looked at
        ("POST", {"Tus_Resumable": "0.2.2", "Upload_Length": 5}, b"", 412, "upload.version_unknown"),
        ("POST", {"Tus_Resumable": "", "Upload_Length": 5}, b"", 412, "upload.version_unknown"),
        ("PATCH", {"Tus_Resumable": "2.0.0", "Upload_Offset": 0}, b"x", 412, "upload.version_unknown"),
        ("DELETE", {"Tus_Resumable": "1.0"}, b"", 412, "upload.version_unknown"),
        # creation
        ("POST", {}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": -1}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": "1e3"}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": "5, 6"}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": "9" * 30}, b"", 400, "request.bad"),
        ("POST", {"Upload_Defer_Length": 1}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": 5, "Upload_Concat": "partial"}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": LIMIT + 1}, b"", 413, "attachment.too_large"),
        ("POST", {"Upload_Length": 10 * 1024**3}, b"", 413, "attachment.too_large"),
        ("POST", {"Upload_Length": 5, "Upload_Metadata": "a b c"}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": 5, "Upload_Metadata": "name YQ==,name YQ=="}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": 5, "Upload_Metadata": "name YQ==,,"}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": 5, "Upload_Metadata": "näme YQ=="}, b"", 400, "request.bad"),
        ("POST", {"Upload_Length": 5, "Upload_Metadata": "n " + "YQ==" * 2000}, b"", 400, "request.bad"),
        # a whole file, of which something is said that only a resumable one looks at
        ("POST", {"Tus_Resumable": None, "Upload_Length": 5}, b"hello", 400, "request.bad"),
        ("POST", {"Tus_Resumable": None, "Upload_Metadata": "name YQ=="}, b"hello", 400, "request.bad"),
        ("POST", {"Tus_Resumable": None, "Upload_Checksum": "sha1 YQ=="}, b"hello", 400, "request.bad"),
        # creation with upload
        ("POST", {"Upload_Length": 5, "Content_Type": "text/plain"}, b"hello", 415, None),
        ("POST", {"Upload_Length": 4}, b"hello", 413, "upload.too_long"),
        ("POST", {"Upload_Length": 5, "Upload_Checksum": "md5 YQ=="}, b"hello", 400, "upload.checksum_unknown"),
        ("POST", {"Upload_Length": 5, "Upload_Checksum": "sha1 YQ=="}, b"hello", 460, None),
        # PATCH
        ("PATCH", {"Upload_Offset": 0, "Content_Type": "application/octet-stream"}, b"x", 415, None),
        ("PATCH", {}, b"x", 400, "request.bad"),
        ("PATCH", {"Upload_Offset": "x"}, b"x", 400, "request.bad"),
        ("PATCH", {"Upload_Offset": 1}, b"x", 409, "upload.wrong_offset"),
        ("PATCH", {"Upload_Offset": 0}, b"hello world", 413, "upload.too_long"),
        ("PATCH", {"Upload_Offset": 0, "Upload_Checksum": "md5 YQ=="}, b"x", 400, "upload.checksum_unknown"),
        ("PATCH", {"Upload_Offset": 0, "Upload_Checksum": "sha1"}, b"x", 460, "upload.checksum_mismatch"),
        ("PATCH", {"Upload_Offset": 0, "Upload_Checksum": "sha1 !"}, b"x", 400, "request.bad"),
        ("PATCH", {"Upload_Offset": 0, "Upload_Checksum": "sha256 YQ=="}, b"x", 460, "upload.checksum_mismatch"),
        # the override
        ("POST /id", {"Upload_Offset": 0}, b"x", 400, "request.bad"),
        ("POST /id", {"Upload_Offset": 0, "X_HTTP_Method_Override": "PUT"}, b"x", 400, "request.bad"),
    ],
)  # fmt: skip
def test_what_is_not_by_the_protocol_is_refused_and_changes_nothing(
    tus: Tus, kit: HubKit, method: str, headers: dict[str, Any], body: bytes, status: int, code: str | None
) -> None:
    upload = tus.create(5)
    path = UPLOADS if method == "POST" else upload

    answer = tus.call(method.partition(" ")[0], path, status, body, **headers)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert code in (None, answer.json["code"])
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert tus.offset(upload) == 0
    assert unfinished(kit) == {id_of(upload)}
    assert files(kit) == {id_of(upload): 0}


def unfinished(kit: HubKit) -> set[str]:
    with kit.hub.database.reading() as root:
        return {key for owned in uploads_of(root).unfinished.values() for key in owned.by_id}


def files(kit: HubKit) -> dict[str, int]:
    """Names and sizes of the partial files."""
    folder = kit.hub.database.partial_files()._folder
    return {path.name: path.stat().st_size for path in folder.iterdir()} if folder.is_dir() else {}


# -- extensions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_with_the_wrong_checksum_is_thrown_away(tus: Tus, kit: HubKit, algorithm: str) -> None:
    path = tus.create(10)
    tus.patch(path, 0, b"hello", Upload_Checksum=checksum(b"hello", algorithm))
    tus.patch(path, 5, b"w0rld", 460, Upload_Checksum=checksum(b"world", algorithm))
    assert tus.offset(path) == 5
    assert files(kit) == {id_of(path): 5}
    tus.patch(path, 5, b"world", Upload_Checksum=checksum(b"world", algorithm))
    assert tus.offset(path) == 10
    assert files(kit) == {}


def test_creation_may_bring_a_part_or_all(tus: Tus) -> None:
    answer = tus.call("POST", UPLOADS, 201, b"hello", Upload_Length=11)
    assert answer.headers["Upload-Offset"] == "5"
    assert answer.json == {"id": id_of(answer.headers["Location"]), "size": 11, "sha256": None}
    tus.patch(answer.headers["Location"], 5, b" world")

    answer = tus.call("POST", UPLOADS, 201, b"hello", Upload_Length=5, Upload_Checksum=checksum(b"hello"))
    assert answer.headers["Upload-Offset"] == "5"
    assert answer.json["sha256"] == hashlib.sha256(b"hello").hexdigest()


def test_a_file_that_was_given_up_is_gone_with_its_bytes(tus: Tus, kit: HubKit) -> None:
    for size in (10, 5):
        path = tus.create(size)
        tus.patch(path, 0, b"hello")
        tus.call("DELETE", path, 204)
        tus.call("HEAD", path, 404)
        tus.patch(path, 5, b"world", 404)
        tus.call("DELETE", path, 404)
    assert files(kit) == {}


def test_a_message_keeps_a_file_whose_upload_was_given_up(tus: Tus) -> None:
    path = tus.whole()
    message = tus.api.send(attachments=[{"upload": id_of(path), "name": "a.bin"}]).json
    tus.call("DELETE", path, 204)
    assert tus.api.get(f"/messages/{message['id']}/attachments/0").body == DATA


def test_one_that_does_not_go_on_expires(tus: Tus, kit: HubKit, clock: FakeClock) -> None:
    path = tus.create(10)
    clock.advance(20 * 3600)
    answer = tus.patch(path, 0, b"hello")
    assert parsedate_to_datetime(answer.headers["Upload-Expires"]) == clock.now() + timedelta(hours=24)
    clock.advance(20 * 3600)
    assert tus.offset(path) == 5
    clock.advance(4 * 3600)

    for answer in (
        tus.call("HEAD", path, 410),
        tus.patch(path, 5, b"world", 410),
        tus.call("DELETE", path, 410),
    ):
        assert "Upload-Offset" not in answer.headers
    assert sweep_expired(kit.hub.database, clock.now(), timedelta(hours=24)) == 1
    tus.call("HEAD", path, 404)
    assert files(kit) == {}


def test_one_that_is_complete_expires_when_nobody_uses_it(tus: Tus, kit: HubKit, clock: FakeClock) -> None:
    path = tus.whole()
    clock.advance(24 * 3600)
    assert sweep_expired(kit.hub.database, clock.now(), timedelta(hours=24)) == 1
    tus.call("HEAD", path, 404)


def test_who_can_only_post_says_what_he_means(tus: Tus) -> None:
    path = tus.create(5)
    answer = tus.call("POST", path, 204, b"hello", Upload_Offset=0, X_HTTP_Method_Override="PATCH")
    assert answer.headers["Upload-Offset"] == "5"
    tus.call("POST", path, 400, b"hello", X_HTTP_Method_Override="DELETE")
    tus.call("POST", path, 204, X_HTTP_Method_Override="DELETE")
    tus.call("HEAD", path, 404)


# -- whose they are, and how many ------------------------------------------------------------------------------------


def test_an_upload_of_somebody_else_is_not_there(tus: Tus, kit: HubKit) -> None:
    begun, complete = tus.create(10), tus.whole()
    eve = Tus(kit.user("eve"))
    for path in (begun, complete, f"{UPLOADS}/{'A' * 22}"):
        eve.call("HEAD", path, 404)
        eve.patch(path, 0, b"hello", 404)
        eve.call("DELETE", path, 404)
        eve.call("POST", path, 404, X_HTTP_Method_Override="DELETE")
    assert eve.api.send(422, attachments=[{"upload": id_of(complete)}]).json["code"] == "upload.not_found"
    assert tus.offset(begun) == 0


def test_who_may_not_upload_may_not_begin_one(kit: HubKit) -> None:
    reader = Tus(kit.user("reader", "email-read"))
    assert reader.call("POST", UPLOADS, 403, Upload_Length=1).json["code"] == "permission.denied"
    assert Tus(kit.nobody()).call("HEAD", f"{UPLOADS}/x", 401).headers["WWW-Authenticate"]


def test_a_user_may_have_so_many_begun_and_so_many_bytes(tus: Tus, kit: HubKit, clock: FakeClock) -> None:
    first = tus.create(LIMIT)
    clock.advance(3600)
    tus.create(LIMIT)
    refused = tus.call("POST", UPLOADS, 429, Upload_Length=1)
    assert refused.json["code"] == "upload.too_many"
    assert refused.headers["Retry-After"] == str(23 * 3600)
    Tus(kit.user("eve")).create(LIMIT)
    tus.call("DELETE", first, 204)
    tus.create(1)
    tus.create(1)
    tus.call("POST", UPLOADS, 429, Upload_Length=0)
    assert len(files(kit)) == 4


# -- two at a time ---------------------------------------------------------------------------------------------------


def test_two_calls_cannot_add_to_one_file_at_a_time(tus: Tus, kit: HubKit) -> None:
    path = tus.create(10)
    with kit.hub.database.partial_files().open(id_of(path)):
        assert tus.patch(path, 0, b"hello", 423).json["code"] == "upload.busy"
        tus.call("DELETE", path, 423)
        assert tus.offset(path) == 0
    tus.patch(path, 0, b"hello")


def test_the_same_piece_twice_is_taken_once(tus: Tus) -> None:
    path = tus.create(10)
    tus.patch(path, 0, b"hello")
    tus.patch(path, 0, b"hello", 409)
    tus.patch(path, 5, b"world")
    tus.patch(path, 5, b"world", 409)
    tus.patch(path, 10, b"", 204)
    tus.patch(path, 10, b"x", 413)


def test_bytes_that_are_gone_make_the_upload_expire(tus: Tus, kit: HubKit) -> None:
    """As after restoring a backup of the database without the partial files, or with older ones."""
    shorter, missing = tus.create(10), tus.create(10)
    for path in (shorter, missing):
        tus.patch(path, 0, b"hello")
    folder = kit.hub.database.partial_files()._folder
    (folder / id_of(shorter)).write_bytes(b"he")
    (folder / id_of(missing)).unlink()
    for path in (shorter, missing):
        tus.patch(path, 5, b"world", 410)


# -- hostile names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", ""),
        ("a\r\nSet-Cookie: x=y", ""),
        ("\x00", ""),
        ("a\u202egnp.exe", ""),
        ("Angebot für Zoë.pdf", "Angebot für Zoë.pdf"),
    ],
)
def test_a_name_is_data_and_never_a_path(tus: Tus, kit: HubKit, said: str, kept: str) -> None:
    before = everything_below(kit)
    path = tus.create(5, Upload_Metadata=pair("filename", said))
    assert files(kit) == {id_of(path): 0}
    tus.patch(path, 0, b"hello")
    with kit.hub.database.reading() as root:
        upload = uploads_of(root).find(id_of(path))
        assert upload is not None
        assert upload.name == kept
    assert everything_below(kit) == before


def everything_below(kit: HubKit) -> set[str]:
    """Every file of the data folder and of the blobs, the blobs themselves left out."""
    folders = (kit.hub.data_dir, kit.hub.database.partial_files()._folder.parent)
    return {str(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["..%2f..%2fhub.fs", "%2e%2e", "a%00b", "-rf", "x" * 300, "%ff"])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_an_id_that_is_none_finds_nothing(tus: Tus, method: str, name: str) -> None:
    answer = tus.api.app.request(
        f"{UPLOADS}/{name}",
        method=method,
        headers={"Content-Type": CHUNK, "Upload-Offset": "0"},
        expect_errors=True,
    )
    assert answer.status_int in (400, 404)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.dictionaries(
        st.sampled_from(["filename", "filetype", "name", "x", "relativePath"]), st.binary(max_size=60)
    )
)
def test_no_metadata_breaks_it_and_all_of_it_comes_back(tus: Tus, said: dict[str, bytes]) -> None:
    header = ",".join(pair(key, value) for key, value in said.items())
    path = tus.create(5, Upload_Metadata=header)
    tus.patch(path, 0, b"hello")
    assert tus.call("HEAD", path, 200).headers.get("Upload-Metadata", "") == header.strip()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")))
def test_no_header_breaks_it(tus: Tus, text: str) -> None:
    for name in ("Upload-Metadata", "Upload-Length", "Upload-Checksum"):
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", name: text}
        answer = tus.api.app.post(UPLOADS, headers=headers, expect_errors=True)
        assert answer.status_int in (201, 400, 413, 429)
        if answer.status_int == 201:
            tus.call("DELETE", answer.headers["Location"], 204)


# -- the document ----------------------------------------------------------------------------------------------------


def test_the_document_tells_headers_and_statuses(tus: Tus) -> None:
    document = tus.api.get("/openapi.json").json
    patch = document["paths"]["/api/v1/uploads/{id}"]["patch"]
    assert {each["name"]: each["required"] for each in patch["parameters"]} == {
        "id": True,
        "Tus-Resumable": False,
        "Upload-Offset": True,
        "Upload-Checksum": False,
    }
    assert set(patch["requestBody"]["content"]) == {CHUNK}
    assert sorted(patch["responses"]) == [
        "204", "400", "401", "403", "404", "409", "410", "412", "413", "415", "423", "429", "460", "500", "503",
    ]  # fmt: skip
    assert own_of(patch["responses"]["204"]["headers"]) == {
        "Upload-Offset", "Upload-Expires", "Tus-Resumable", "Tus-Version",
    }  # fmt: skip
    for response in patch["responses"].values():
        assert response["headers"]["Tus-Resumable"] == {"schema": {"type": "string", "const": "1.0.0"}}


def own_of(headers: Iterable[str]) -> set[str]:
    """Of the names of headers those that uploads have."""
    return {name for name in headers if name.startswith(("Upload-", "Tus-", "Location"))}


Call = Callable[[Tus], Any]


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("options", "/uploads", lambda tus: tus.call("OPTIONS", UPLOADS, 204)),
        ("post", "/uploads", lambda tus: tus.call("POST", UPLOADS, 201, Upload_Length=5)),
        ("head", "/uploads/{id}", lambda tus: tus.call("HEAD", tus.create(5, Upload_Metadata="a"), 200)),
        ("patch", "/uploads/{id}", lambda tus: tus.patch(tus.create(5), 0, b"x")),
        ("delete", "/uploads/{id}", lambda tus: tus.call("DELETE", tus.create(5), 204)),
    ],
)
def test_every_header_of_an_answer_is_in_the_document(tus: Tus, method: str, path: str, call: Call) -> None:
    answer = call(tus)
    described = tus.api.get("/openapi.json").json["paths"][f"/api/v1{path}"][method]["responses"]
    assert own_of(answer.headers) == own_of(described[str(answer.status_int)]["headers"])
