"""Replies are read whatever the packets look like, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub_smtp.extensions import Extensions
from mailhub_smtp.reply import MAX_LINE_BYTES, MAX_LINES, MalformedReply, Reply, ReplyReader
from mailhub_smtp.verdicts import retry_hint


def read(data: bytes) -> Reply:
    reader = ReplyReader()
    reader.feed(data)
    reply = reader.next()
    assert reply is not None
    return reply


@given(st.lists(st.integers(1, 30), max_size=8))
def test_packets_do_not_matter(cuts: list[int]) -> None:
    data = b"250-mx\r\n250-PIPELINING\r\n250 SIZE 10\r\n354 go\r\n"
    reader, start = ReplyReader(), 0
    replies: list[Reply] = []
    for cut in [*cuts, len(data)]:
        reader.feed(data[start : start + cut])
        start += cut
        while reply := reader.next():
            replies.append(reply)
    assert replies == [Reply(250, (b"mx", b"PIPELINING", b"SIZE 10")), Reply(354, (b"go",))]
    assert reader.is_empty


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"25 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250ok\r\n",
        b"\r\n",
        b"250-a\r\n251 b\r\n",
        b"2\xb20 x\r\n",
    ],
)
def test_what_is_no_reply_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        read(data)


@pytest.mark.parametrize("data", [b"250 " + b"x" * MAX_LINE_BYTES, b"250-x\r\n" * (MAX_LINES + 1)])
def test_endless_replies_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        read(data)


@pytest.mark.parametrize("data", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_reply_may_have_no_text(data: bytes) -> None:
    reply = read(data)
    assert (reply.code, reply.text, str(reply)) == (250, "", "250")


def test_text_is_one_line_with_one_enhanced_code_and_nothing_that_moves_a_cursor() -> None:
    reply = read(b"550-5.1.1 No such \x1b[31muser\r\n550 5.1.1 here\xff\r\n")
    assert reply.enhanced == "5.1.1"
    assert reply.text == "5.1.1 No such \ufffd[31muser here\ufffd"


def test_extensions_are_read_without_regard_to_case() -> None:
    reply = read(b"250-mx\r\n250-size 1000\r\n250-8BitMime\r\n250-auth plain LOGIN\r\n250 AUTH=CRAM-MD5\r\n")
    offered = Extensions.from_reply(reply)
    assert (offered.size, offered.size_limit_bytes, offered.eight_bit) == (True, 1000, True)
    assert offered.mechanisms == {"PLAIN", "LOGIN", "CRAM-MD5"}
    assert not any((offered.pipelining, offered.smtputf8, offered.starttls))


def test_smtputf8_without_8bitmime_is_not_used() -> None:
    assert not Extensions.from_reply(read(b"250-mx\r\n250 SMTPUTF8\r\n")).smtputf8


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 Greylisted, try again in 300 seconds", 300),
        ("please retry in 5 minutes", 300),
        ("try again in 2 hours", 7200),
        ("Try again later (30s)", 30),
        ("try again in 999999 hours", 86400),
        ("4.3.2 try again later", None),
        ("mailbox of 5 m length", None),
        ("5.7.1 no", None),
    ],
)
def test_hints_of_time(text: str, seconds: float | None) -> None:
    assert retry_hint(Reply(451, (text.encode(),))) == seconds
