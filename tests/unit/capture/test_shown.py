import pytest

from mailhub.capture.shown import decode_header_value, decode_text, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain Ünï 🎉\tx\ny", "plain Ünï 🎉\tx\ny"),
        ("a\x00b\x1b[31m", "a\u2400b\u241b[31m"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("exe\u202efdp", "exe[U+202E]fdp"),
        ("\x7f\x9b", "\u2421\ufffd"),
        ("\ud800\udcff", "\ufffd\ufffd"),
    ],
)
def test_nothing_acts_that_should_be_seen(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        (b"Gr\xc3\xbc\xc3\x9fe", None, "Grüße"),
        (b"Gr\xfc\xdfe", None, "Grüße"),
        (b"Gr\xfc\xdfe", "iso-8859-1", "Grüße"),
        (b"Gr\xfc\xdfe", "utf-8", "Grüße"),
        (b"x", "no-such-charset", "x"),
        (b"x", "a\0b", "x"),
        (b"78", "hex", "78"),
        (b"xn--a", "idna", "xn--a"),
        (b"x", "undefined", "x"),
    ],
)
def test_text_is_read_in_its_charset_or_the_likeliest(
    content: bytes, charset: str | None, expected: str
) -> None:
    assert decode_text(content, charset) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?_2?=", "Grüße 2"),
        ("Re: =?iso-8859-1?q?Gr=FC=DFe?= an alle", "Re: Grüße an alle"),
        ("folded\r\n\tline", "folded\tline"),
        ("=?no-such?q?x?=", "x"),
        ("=?utf-8?b?A?=", "=?utf-8?b?A?="),
        ("raw \udcc3\udcbc", "raw ü"),
        ("broken \udcff", "broken \ufffd"),
    ],
)
def test_headers_are_decoded_for_people(raw: str, expected: str) -> None:
    assert decode_header_value(raw) == expected
