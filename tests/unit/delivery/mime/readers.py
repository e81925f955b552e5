"""Two readers of what was written: the standard library's modern parser, and mail-parser.

mail-parser stands on the older half of the standard library's package (other code for header fields, encoded words
and parameters) and walks the tree by its own rules.
"""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from unicodedata import normalize

import mailparser

Tree = str | tuple[str, tuple["Tree", ...]]


@dataclass(frozen=True)
class ReadFile:
    name: str | None
    content_type: str
    octets: bytes


def parsed(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def tree(message: MIMEPart) -> Tree:
    if not message.is_multipart() or message.get_content_type() == "message/rfc822":
        return message.get_content_type()
    return message.get_content_type(), tuple(tree(part) for part in message.iter_parts())


def defects(message: EmailMessage) -> list[object]:
    """All that the parser finds wrong, but for the encoded words in ``name=``, which are there for old readers."""
    found: list[object] = []
    for part in message.walk():
        found += part.defects
        for name, value in part.items():
            if name.lower() != "content-type":
                found += value.defects
    return found


def mailboxes(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    value = message[name]
    if value is None:
        return []
    assert isinstance(value, AddressHeader)
    assert all(group.display_name is None for group in value.groups)
    return [(mailbox.display_name, mailbox.addr_spec) for mailbox in value.addresses]


def shown_names(octets: bytes, name: str) -> list[tuple[str, str]]:
    """Mailboxes with their names, by the older functions: the modern parser of Python 3.11 trims and joins spaces,
    and puts one between encoded words."""
    raw = message_from_bytes(octets, policy=policy.compat32)[name]
    unfolded = str(raw).replace("\r\n", "")
    return [(str(make_header(decode_header(shown))), address) for shown, address in getaddresses([unfolded])]


def file_name(part: MIMEPart) -> str | None:
    """The parameter itself: ``get_filename`` takes quotes and angle brackets off, also where they belong to the name."""
    found = part["Content-Disposition"].params.get("filename")
    return None if found is None else str(found)


def decoded(part: MIMEPart) -> bytes:
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets


def files(message: EmailMessage) -> list[ReadFile]:
    return [
        ReadFile(file_name(part), part.get_content_type(), decoded(part))
        for part in message.walk()
        if part.get_content_disposition() is not None and not part.is_multipart()
    ]


class SecondReader:
    """What mail-parser makes of the same bytes."""

    def __init__(self, octets: bytes) -> None:
        self.mail = mailparser.parse_from_bytes(octets)

    def is_subject(self, expected: str) -> bool:
        """mail-parser trims, keeps the line ends of folding, and composes characters (NFC)."""
        return str(self.mail.subject).replace("\r\n", "") == normalize("NFC", expected.strip())

    @property
    def types(self) -> list[str]:
        return [part.get_content_type() for part in self.mail.message.walk()]

    def mailboxes(self, name: str) -> list[tuple[str, str]]:
        return [(shown, address) for shown, address in getattr(self.mail, name)]

    @property
    def files(self) -> list[tuple[str, str]]:
        return [(one["filename"], one["mail_content_type"]) for one in self.mail.attachments]
