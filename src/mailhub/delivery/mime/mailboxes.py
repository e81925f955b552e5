"""Mailboxes in address fields (RFC 5322 3.4, RFC 6532): never a group, never a second mailbox in one."""

import re
from collections.abc import Iterable

import idna

from mailhub.contract.message import Address
from mailhub.contract.texts import _

from .encoded_words import WORD_LENGTH, encoded_words, looks_encoded
from .header_text import LINE_LENGTH, HeaderInvalid, check_header_text, first_room, fold

_ATEXT = r"A-Za-z0-9!#$%&'*+\-/=?^_`{|}~"
_ATEXT_UTF8 = _ATEXT + r"\u00a0-\U0010ffff"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCAL = re.compile(rf'[{_ATEXT_UTF8}]+(?:\.[{_ATEXT_UTF8}]+)*|"(?:[^"\\]|\\[ -~])*"')
_PLAIN_ADDRESS = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*@{_LABEL}(?:\.{_LABEL})*")
_PLAIN_PHRASE = re.compile(rf"[{_ATEXT}]+(?: [{_ATEXT}]+)*")
_LONGEST_NAME = 60
_FEWEST = 32


def needs_smtputf8(mailboxes: Iterable[Address]) -> bool:
    """True when a local part is beyond ASCII: only RFC 6531 servers can carry it."""
    return any(is_international(mailbox) for mailbox in mailboxes)


def is_international(mailbox: Address) -> bool:
    """True when the local part is beyond ASCII; a domain can always be written in A-labels."""
    return not mailbox.address.isascii() and not mailbox.address.rpartition("@")[0].isascii()


def address_field(name: str, mailboxes: Iterable[Address], *, utf8: bool = False) -> str:
    """The folded field ended by CRLF. Raises ``HeaderInvalid`` for what is not one plain mailbox each."""
    tokens = _tokens(name, tuple(mailboxes), utf8)
    line = f"{name}: {' '.join(tokens)}\r\n"
    return line if len(line) <= LINE_LENGTH + 2 else fold(name, tokens)


def _tokens(name: str, mailboxes: tuple[Address, ...], utf8: bool) -> list[str]:
    room = max(_FEWEST, min(WORD_LENGTH, first_room(name)))
    tokens = _mailbox_tokens(name, mailboxes[0], utf8, room)
    for mailbox in mailboxes[1:]:
        tokens[-1] += ","
        tokens += _mailbox_tokens(name, mailbox, utf8, WORD_LENGTH)
    return tokens


def _mailbox_tokens(field: str, mailbox: Address, utf8: bool, room: int) -> list[str]:
    spec = addr_spec(field, mailbox.address, utf8=utf8)
    if not mailbox.name:
        return [spec]
    return [*phrase(field, mailbox.name, utf8, room), f"<{spec}>"]


def phrase(field: str, name: str, utf8: bool = False, room: int = WORD_LENGTH) -> list[str]:
    """A display name as atoms, a quoted string or encoded words: whichever reads back as exactly ``name``."""
    check_header_text(field, name)
    if not (utf8 or name.isascii()) or len(name) > _LONGEST_NAME or looks_encoded(name):
        return encoded_words(name, room)
    if _PLAIN_PHRASE.fullmatch(name):
        return [name]
    if name[0] == " " or name[-1] == " " or "  " in name:
        return encoded_words(name, room)
    return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"']


def addr_spec(field: str, address: str, *, utf8: bool = False) -> str:
    """``address`` as a header may carry it: the domain in A-labels unless ``utf8`` (UTS 46, not transitional)."""
    if _PLAIN_ADDRESS.fullmatch(address) is not None:
        return address
    check_header_text(field, address)
    local, _at, domain = address.rpartition("@")
    if _LOCAL.fullmatch(local) is None or not (utf8 or local.isascii()):
        raise _not_an_address(field, address)
    if _DOMAIN.fullmatch(domain) is not None:
        return address
    ascii_domain = _a_labels(field, address, domain)
    return address if utf8 else f"{local}@{ascii_domain}"


def _a_labels(field: str, address: str, domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True, strict=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise _not_an_address(field, address) from error


def _not_an_address(field: str, address: str) -> HeaderInvalid:
    sentence = _(
        '"${address}" in ${field} is not an e-mail address.', mapping={"address": address, "field": field}
    )
    return HeaderInvalid(field, sentence)
