"""Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231), file names above all."""

import re
from urllib.parse import quote

from mailhub.contract.texts import _

from .encoded_words import encoded_words, looks_encoded
from .header_text import LINE_LENGTH, HeaderInvalid, check_header_text

_SIMPLE = re.compile(r"[A-Za-z0-9!#$&+,\-.=@^_`~()\[\]{} ]{1,60}")
_TOKEN = r"[A-Za-z0-9!#$&'*+\-.^_`{|}~%]+"
_CONTENT_TYPE = re.compile(
    rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|\"[^\"\\]*\"))*)[ \t]*;?"
)
_BARE_TYPE = re.compile(f"{_TOKEN}/{_TOKEN}")
_PARAMETER = re.compile(rf";[ \t]*({_TOKEN})=({_TOKEN}|\"[^\"\\]*\")")
_TYPE_LENGTH = 127
_PARAMETERS_LENGTH = 500
_OURS = frozenset({"name", "boundary"})
_ALWAYS_SAFE = "!#$&+^`{}|"


def parse_content_type(value: str) -> tuple[str, list[tuple[str, str]]]:
    """Type and subtype in lower case, and the parameters as written, without ``name`` and ``boundary``.

    Raises ``HeaderInvalid`` when it is not ``type/subtype; name=value ...`` (RFC 2045 5.1).
    """
    if _BARE_TYPE.fullmatch(value) is not None and len(value) <= _TYPE_LENGTH:
        return value.lower(), []
    check_header_text("Content-Type", value)
    found = _CONTENT_TYPE.fullmatch(value) if len(value) <= _TYPE_LENGTH + _PARAMETERS_LENGTH else None
    if found is None or not value.isascii() or len(found[1]) > _TYPE_LENGTH:
        raise HeaderInvalid(
            "Content-Type", _('"${value}" is not a content type.', mapping={"value": value[:200]})
        )
    parameters = [(name, text) for name, text in _PARAMETER.findall(found[2]) if _is_kept(name)]
    return found[1].lower(), parameters


def _is_kept(name: str) -> bool:
    return name.lower().partition("*")[0] not in _OURS


def file_name_parameters(name: str) -> tuple[list[str], list[str]]:
    """The parameters that carry a file name: for Content-Type (``name``) and Content-Disposition (``filename``).

    ``name`` is for old readers and follows their habit (encoded words in quotes); ``filename`` follows RFC 2231,
    as soon as the name is long, not ASCII, or holds what readers disagree on (quotes, backslash, per cent,
    semicolon).
    """
    check_header_text("file name", name)
    if not name:
        return [], []
    if _SIMPLE.fullmatch(name) and not looks_encoded(name) and name[0] != " " and name[-1] != " ":
        return [f'name="{name}"'], [f'filename="{name}"']
    words = encoded_words(name, LINE_LENGTH - len(' name="";'))
    return ['name="' + "\r\n ".join(words) + '"'], _extended("filename", name)


def _extended(parameter: str, value: str) -> list[str]:
    """RFC 2231: ``p*=utf-8''...``, or in numbered pieces of at most a line each."""
    encoded = [quote(character, safe=_ALWAYS_SAFE) for character in value]
    whole = f"{parameter}*=utf-8''{''.join(encoded)}"
    if len(whole) + 2 <= LINE_LENGTH:
        return [whole]
    pieces: list[str] = []
    piece = f"{parameter}*0*=utf-8''"
    for character in encoded:
        if len(piece) + len(character) + 2 > LINE_LENGTH:
            pieces.append(piece)
            piece = f"{parameter}*{len(pieces)}*="
        piece += character
    return [*pieces, piece]


def parametrised(name: str, value: str, parameters: list[str]) -> str:
    """``name: value; parameter; ...``, a line each where one line is too short; ended by CRLF."""
    line = f"{name}: {'; '.join([value, *parameters])}\r\n"
    if len(line) <= LINE_LENGTH + 2 and "\r\n " not in line:
        return line
    joined = ";\r\n ".join([value, *parameters])
    return f"{name}: {joined}\r\n"
