"""Text of strangers, made fit to be shown: no control character acts, no direction override misleads (reliability.md B 36)."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header

_BREAKS = re.compile(r"\r\n|\r(?!\n)")
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_FOLD = re.compile(r"\r?\n(?=[ \t])")

# Codecs that are not charsets, are quadratic, or give bytes a meaning no mail reader gives them.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


def shown(text: str) -> str:
    """The text with every character that would act instead of being seen replaced by a visible sign."""
    return _UNSHOWN.sub(_sign, _BREAKS.sub("\n", text))


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if code < 0xA0 or 0xD800 <= code <= 0xDFFF else f"[U+{code:04X}]"


def without_surrogates(text: str) -> str:
    """The text with undecodable bytes as U+FFFD, so that it can be encoded."""
    return (
        text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if _has_surrogates(text) else text
    )


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def decode_text(content: bytes, charset: str | None) -> str:
    """Bytes of a mail as text, in the named charset if there is such a thing, else in the likeliest one."""
    for name in (charset, "utf-8"):
        if name is not None and _is_charset(name):
            try:
                return content.decode(name)
            except (LookupError, ValueError):
                # a codec that is none of text (zlib), or bytes that are not in that charset
                continue
    return content.decode("cp1252", "replace")


def _is_charset(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def decode_header_value(raw: str) -> str:
    """A header's value for people: unfolded, encoded words decoded (RFC 2047), raw UTF-8 as RFC 6532 has it."""
    text = _FOLD.sub("", without_surrogates(str(raw)))
    if "=?" not in text:
        return text
    try:
        words = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return without_surrogates("".join(_word(content, charset) for content, charset in words))


def _word(content: str | bytes, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    if charset is None:
        # decode_header hands back what stood between encoded words in this form
        return content.decode("raw_unicode_escape", "replace")
    return decode_text(content, charset)
