"""Transfer encodings, cut anywhere."""

import base64
import quopri

from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.mime.transfer import (
    base64_lines,
    base64_size,
    base64_whole,
    crlf_lines,
    crlf_whole,
    measure,
    quoted_printable,
)

LINES = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"\0", b"a", b" ", b"\t", b".", b"=", b"\xc3\xa9", b"x" * 75, b"y" * 998]
    )
).map(b"".join)


def cut(octets: bytes, size: int) -> list[bytes]:
    return [octets[at : at + size] for at in range(0, len(octets), size)]


@given(LINES, st.integers(1, 50))
def test_line_ends_do_not_depend_on_where_chunks_end(octets: bytes, size: int) -> None:
    whole = crlf_whole(octets)
    assert b"".join(crlf_lines(cut(octets, size))) == whole
    assert whole.replace(b"\r\n", b"").count(b"\r") == whole.replace(b"\r\n", b"").count(b"\n") == 0
    assert whole in (b"", whole.removesuffix(b"\r\n") + b"\r\n")


@given(LINES, st.integers(1, 50))
def test_facts_do_not_depend_on_where_chunks_end(octets: bytes, size: int) -> None:
    chunks = list(crlf_lines(cut(octets, size)))
    whole = b"".join(chunks)
    facts = measure(chunks)
    assert facts == measure([whole])
    assert facts.has_long_line == any(len(line) > 998 for line in whole.split(b"\r\n"))
    assert facts.size == len(whole)


@given(LINES, st.integers(1, 3_000))
def test_quoted_printable_reads_back(octets: bytes, size: int) -> None:
    encoded = b"".join(quoted_printable(crlf_lines(cut(octets, size))))
    assert quopri.decodestring(encoded) == crlf_whole(octets)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert all(not line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))


def test_a_line_longer_than_a_chunk_is_cut_softly() -> None:
    text = ("é " * 200_000).encode()
    encoded = b"".join(quoted_printable(crlf_lines(cut(text, 29_184))))
    assert quopri.decodestring(encoded) == text + b"\r\n"
    assert max(map(len, encoded.split(b"\r\n"))) <= 76


@given(st.binary(max_size=500), st.integers(1, 200))
def test_base64_reads_back_and_its_size_is_known(octets: bytes, size: int) -> None:
    encoded = b"".join(base64_lines(cut(octets, size)))
    assert encoded == base64_whole(octets)
    assert base64.b64decode(encoded) == octets
    assert base64_size(len(octets)) == len(encoded)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
