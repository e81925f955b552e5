"""What goes through DATA comes out the same at the other end, and nothing in it can end it early."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailhub_smtp.dots import transparent

pieces = st.lists(
    st.sampled_from([b"a", b".", b"..", b"\r\n", b"\r\n.", b"\r", b"\n", b".\r\n", b"", b"\0", b"\xff"]),
    max_size=40,
)


def received(wire: bytes) -> bytes:
    """What an RFC 5321 server makes of it: everything before the final dot, dots taken away."""
    content, dot, rest = (b"\r\n" + wire).partition(b"\r\n.\r\n")
    assert dot
    assert rest == b""
    return content.replace(b"\r\n.", b"\r\n")[2:] + b"\r\n" if content else b""


@given(pieces)
@example([b"a\r", b"\n", b".", b"\r\n"])
@example([b".", b"\r\n"])
def test_proper_lines_arrive_unchanged_however_they_are_cut(chunks: list[bytes]) -> None:
    proper = re.sub(rb"\r\n|\r|\n", b"\r\n", b"".join(chunks))
    if proper and not proper.endswith(b"\r\n"):
        proper += b"\r\n"
    assert received(b"".join(transparent(chunks))) == proper


@given(pieces)
def test_no_lone_carriage_return_or_line_feed_leaves(chunks: list[bytes]) -> None:
    wire = b"".join(transparent(chunks))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", wire)


@given(pieces)
def test_the_last_piece_alone_ends_the_message(chunks: list[bytes]) -> None:
    *content, last = transparent(chunks)
    assert b"\r\n.\r\n" not in b"\r\n" + b"".join(content)
    assert last in {b".\r\n", b"\r\n.\r\n"}


@pytest.mark.parametrize(
    "sequence",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\n", b"\r\n.\r\n", b"\r\r\n.\r\r\n"],
)
@pytest.mark.parametrize("cut", range(6))
def test_no_smuggling_sequence_ends_the_message(sequence: bytes, cut: int) -> None:
    whole = b"before" + sequence + b"MAIL FROM:<eve@evil.example>\r\n"
    wire = b"".join(transparent([whole[: 6 + cut], whole[6 + cut :]]))
    assert received(wire).endswith(b"MAIL FROM:<eve@evil.example>\r\n")
    assert not re.search(rb"[\r\n]\.[\r\n]", wire[:-4])
