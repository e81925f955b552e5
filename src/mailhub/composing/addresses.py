"""Reading addresses that people and programs write (behaviour.md AD1 to AD5 with Part 0).

The syntax is judged by ``email-validator`` (RFC 5321, 5322, 6531), without DNS. A list of addresses never comes out
of one item, and a group never comes out of anything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _, plain

LOCAL_PART_OCTETS = 64
ADDRESS_OCTETS = 254
"""RFC 5321 4.5.3.1.3: a path has 256 octets with its angle brackets."""
NAME_LENGTH = 250

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[^?]*\?[^?]*\?=")
_QUOTED_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_SHOWN_LENGTH = 100


class AddressInvalid(ValueError):
    """What was written is not one e-mail address: ``message`` is a sentence that names ``part``, the wrong piece.

    Answered as ``address.invalid``.
    """

    code = "address.invalid"

    def __init__(self, message: Text, part: str) -> None:
        super().__init__(plain(message))
        self.message = message
        self.part = part


def parse_address(value: str | Mapping[str, object]) -> Address:
    """One address: ``ada@example.com``, ``Ada <ada@example.com>`` or ``{"name": ..., "address": ...}``.

    The local part keeps its case, the domain is in lower case and, where it is international, in Unicode.
    Raises ``AddressInvalid``.
    """
    if isinstance(value, str):
        return _parse_text(value)
    address, name = value.get("address"), value.get("name")
    if (
        not isinstance(address, str)
        or not isinstance(name, str | None)
        or not value.keys() <= {"name", "address"}
    ):
        raise AddressInvalid(_("An address is a text, or an object with name and address."), "")
    for text in (address, name or ""):
        _refuse_controls(text)
    return Address(_checked(address.strip()), _checked_name(name or ""))


def parse_address_list(text: str) -> list[Address]:
    """Addresses separated by "," or ";" outside quotes, as forms and the command line take them; may be none.

    Raises ``AddressInvalid`` for the first that is wrong.
    """
    _refuse_controls(text)
    return [_parse_text(item) for item in _split(text) if item.strip()]


def deduplicate(addresses: Iterable[Address]) -> list[Address]:
    """The first of each address, compared without regard to case (AD5), in the order given."""
    first: dict[str, Address] = {}
    for address in addresses:
        first.setdefault(address.address.lower(), address)
    return list(first.values())


def _parse_text(text: str) -> Address:
    _refuse_controls(text)
    text = text.strip()
    _refuse_lists(text)
    if not text.endswith(">"):
        return Address(_checked(text))
    name, found, address = _outside_quotes(text[:-1], "<")
    if not found:
        raise _not_valid(text)
    return Address(_checked(address.strip()), _checked_name(_unquoted(name.strip())))


def _refuse_controls(text: str) -> None:
    if _CONTROL.search(text):
        raise AddressInvalid(
            _("An address cannot hold line breaks or other control characters: ${part}", mapping=_part(text)),
            text,
        )


def _refuse_lists(text: str) -> None:
    """A separator outside quotes belongs to a list, a colon to a group (or to an address literal)."""
    bare = _without_quoted(text)
    if "," in bare or ";" in bare:
        if ":" in bare:
            raise _is_group(text)
        raise AddressInvalid(_('"${part}" is more than one address.', mapping=_part(text)), text)
    if "@[" in bare:
        raise AddressInvalid(
            _('"${part}": a number in brackets is not accepted after the @.', mapping=_part(text)), text
        )
    if ":" in bare:
        raise _is_group(text)


def _without_quoted(text: str) -> str:
    if '"' not in text:
        return text
    return "".join(piece for piece, quoted in _pieces(text) if not quoted)


def _is_group(text: str) -> AddressInvalid:
    return AddressInvalid(_('"${part}" is a group. Give its members one by one.', mapping=_part(text)), text)


def _checked(address: str) -> str:
    """The address in its stored form."""
    if len(address.encode()) > ADDRESS_OCTETS:
        raise AddressInvalid(_('"${part}" is too long for an address.', mapping=_part(address)), address)
    local, _at, domain = address.rpartition("@")
    if not local or not domain:
        raise AddressInvalid(
            _(
                '"${part}" is not an e-mail address: it has the form name@example.com.',
                mapping=_part(address),
            ),
            address,
        )
    _check_local_part(local)
    checked = _validated(local, domain)
    return f"{_with_its_case(checked, local)}@{_check_domain(_own_last_label(checked.domain, domain))}"


def _check_local_part(local: str) -> None:
    if len(local.encode()) > LOCAL_PART_OCTETS:
        raise AddressInvalid(
            _(
                '"${part}" is too long: before the @ there can be ${limit} characters.',
                mapping=_part(local) | {"limit": str(LOCAL_PART_OCTETS)},
            ),
            local,
        )
    if _ENCODED_WORD.search(local):
        raise AddressInvalid(_('"${part}" is encoded text and no address.', mapping=_part(local)), local)


def _validated(local: str, domain: str) -> ValidatedEmail:
    try:
        return _validate(f"{local}@{_neutral(domain)}")
    except EmailNotValidError:
        pass
    try:
        _validate(f"x@{_neutral(domain)}")
    except EmailNotValidError as error:
        raise _bad_domain(domain) from error
    raise AddressInvalid(_('"${part}" cannot stand before the @ of an address.', mapping=_part(local)), local)


def _validate(address: str) -> ValidatedEmail:
    return validate_email(
        address,
        allow_smtputf8=True,
        allow_quoted_local=True,
        allow_domain_literal=False,
        allow_display_name=False,
        allow_empty_local=False,
        check_deliverability=False,
    )


def _neutral(domain: str) -> str:
    """The library refuses special-use domains (.test, .local ...) which companies use inside: their last label is
    replaced by a harmless one of the same length while it looks."""
    head, dot, last = domain.rpartition(".")
    return head + dot + "x" * len(last) if dot and last.lower() in SPECIAL_USE_DOMAIN_NAMES else domain


def _own_last_label(checked: str, written: str) -> str:
    last = written.rpartition(".")[2].lower()
    return checked.rpartition(".")[0] + "." + last if last in SPECIAL_USE_DOMAIN_NAMES else checked


def _check_domain(domain: str) -> str:
    head, _dot, last = domain.rpartition(".")
    if not head or len(last) < 2:
        raise _bad_domain(domain)
    return domain


def _bad_domain(domain: str) -> AddressInvalid:
    sentence = _('"${part}" is not a domain that mail can go to, such as example.com.', mapping=_part(domain))
    return AddressInvalid(sentence, domain)


def _with_its_case(checked: ValidatedEmail, written: str) -> str:
    """The library lower-cases some well-known names (Info, Sales); here the local part keeps its case (AD5)."""
    local = checked.local_part
    bare = written.strip('"')
    return bare if bare != local and bare.lower() == local else local


def _checked_name(name: str) -> str:
    name = name.strip()
    if len(name) > NAME_LENGTH:
        raise AddressInvalid(
            _(
                'The name "${part}" is too long: it can have ${limit} characters.',
                mapping=_part(name) | {"limit": str(NAME_LENGTH)},
            ),
            name,
        )
    return name


def _unquoted(name: str) -> str:
    found = _QUOTED_NAME.fullmatch(name)
    if found is not None:
        return _ESCAPED.sub(r"\1", found[1])
    if '"' in name or "<" in name or ">" in name:
        raise _not_valid(name)
    return name


def _not_valid(text: str) -> AddressInvalid:
    return AddressInvalid(_('"${part}" is not an e-mail address.', mapping=_part(text)), text)


def _part(text: str) -> dict[str, str]:
    """What a sentence shows of the wrong piece: short, and nothing that could break a line or a log."""
    shown = _CONTROL.sub("\ufffd", text)
    return {"part": shown if len(shown) <= _SHOWN_LENGTH else shown[:_SHOWN_LENGTH] + "…"}


def _split(text: str) -> Iterator[str]:
    item: list[str] = []
    for piece, quoted in _pieces(text):
        if not quoted and piece in ",;":
            yield "".join(item)
            item = []
        else:
            item.append(piece)
    yield "".join(item)


def _outside_quotes(text: str, mark: str) -> tuple[str, bool, str]:
    """Like ``str.partition``, for the first ``mark`` that is not in a quoted string."""
    if '"' not in text:
        before, found, after = text.partition(mark)
        return before, bool(found), after
    position = 0
    for piece, quoted in _pieces(text):
        if piece == mark and not quoted:
            return text[:position], True, text[position + 1 :]
        position += len(piece)
    return text, False, ""


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Whole quoted strings, and single characters between them. An open quotation mark is refused."""
    position = 0
    while position < len(text):
        found = _QUOTED_NAME.match(text, position) if text[position] == '"' else None
        if text[position] == '"' and found is None:
            raise AddressInvalid(
                _("A quotation mark is not closed: ${part}", mapping=_part(text[position:])), text[position:]
            )
        piece = text[position] if found is None else found[0]
        yield piece, found is not None
        position += len(piece)
