"""What the headers of tus say, and what is no such header."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.errors import BadRequest
from mailhub.uploads.tus import (
    MAX_METADATA_CHARACTERS,
    Metadata,
    http_date,
    read_checksum,
    read_metadata,
    read_number,
)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_a_number_of_bytes(text: str, number: int) -> None:
    assert read_number("Upload-Length", text) == number


@pytest.mark.parametrize(
    "text", [None, "", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1_0", "٣", "1, 2", "9" * 19]
)
def test_what_is_no_number_of_bytes(text: str | None) -> None:
    with pytest.raises(BadRequest, match="Upload-Length") as refused:
        read_number("Upload-Length", text)
    assert refused.value.code == "request.bad"


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_metadata(text: str | None) -> None:
    assert read_metadata(text) == Metadata()


@pytest.mark.parametrize(
    ("text", "name", "content_type"),
    [
        (f"filename {b64('a.pdf')},filetype {b64('application/pdf')}", "a.pdf", "application/pdf"),
        (f"name {b64('a.pdf')}, type {b64('Text/Plain; charset=x')}", "a.pdf", "text/plain"),
        (f"filename {b64('b.pdf')},name {b64('a.pdf')}", "b.pdf", ""),
        ("filename,filetype", "", ""),
        (f"filename {b64('/etc/passwd')}", "passwd", ""),
        (f"filename {b64('../..')}", "", ""),
        (f"filename {b64('a/')}", "", ""),
        (f"filetype {b64('application/octet-stream')}", "", ""),
        ("filetype " + b64("a/b\r\nX-Evil: 1"), "", ""),
        (f"filetype {b64('no type')}", "", ""),
        ("filename /w==", "", ""),
    ],
)
def test_what_is_understood_of_metadata(text: str, name: str, content_type: str) -> None:
    assert read_metadata(text) == Metadata(text, name, content_type)


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "a,",
        "a,a",
        "a YQ==,a YQ==",
        "a  YQ==",
        "a YQ",
        "a Y Q==",
        "a !!!!",
        "a\tYQ==",
        "a\nb",
        "ä YQ==",
        "a YQ==\r\nX-Evil: 1",
        "a" * 129,
        "a " + "YQ==" * (MAX_METADATA_CHARACTERS // 4),
    ],
)
def test_what_is_no_metadata(text: str) -> None:
    with pytest.raises(BadRequest, match="Upload-Metadata"):
        read_metadata(text)


@given(st.text(st.characters(max_codepoint=300)))
def test_whatever_is_taken_may_go_back_into_a_header(text: str) -> None:
    try:
        read = read_metadata(text)
    except BadRequest:
        return
    assert read.text == text.strip(" ")
    assert read.text.isascii()
    assert read.text == "" or read.text.isprintable()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"hello").digest()
    checksum = read_checksum(f"{algorithm} {base64.b64encode(digest).decode()}")
    assert checksum is not None
    assert checksum.digest == digest
    hashed = checksum.new()
    hashed.update(b"hello")
    assert hashed.digest() == digest


def test_no_checksum() -> None:
    assert read_checksum(None) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("md5 YQ==", "upload.checksum_unknown"),
        ("SHA256 YQ==", "upload.checksum_unknown"),
        ("", "upload.checksum_unknown"),
        ("../sha1 YQ==", "upload.checksum_unknown"),
        ("sha1 ä", "request.bad"),
        ("sha1 YQ", "request.bad"),
        ("sha1  YQ==", "request.bad"),
    ],
)
def test_what_is_no_checksum(text: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_checksum(text)
    assert refused.value.code == code


def test_a_time_as_http_writes_it() -> None:
    assert http_date(datetime(2026, 11, 2, 8, 5, 9, 999, UTC)) == "Mon, 02 Nov 2026 08:05:09 GMT"
