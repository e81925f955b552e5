"""How facts about a mail are worded at the page."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses
from typing import Any

from mailhub.contract.texts import Text, _

from .envelope import Envelope
from .folder import CapturedMail
from .mail import ParsedMail
from .preview import read_outside
from .shown import decode_text, shown
from .summary import MailSummary

SHOWN_CHARACTERS = 500_000

_UNITS = ("KB", "MB", "GB")


def size_text(size_bytes: int) -> str:
    """A length for people: ``812 B``, ``1.4 KB``, ``23 MB``."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    steps = [(size_bytes / 1000 ** (step + 1), unit) for step, unit in enumerate(_UNITS)]
    size, unit = next((each for each in steps if each[0] < 999.5), steps[-1])
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def time_text(moment: datetime, now: datetime) -> str:
    """A moment in this machine's own time zone: the time today, the day before that."""
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%d %b %H:%M" if local.year == today.year else "%d %b %Y")


def full_time_text(moment: datetime) -> str:
    """A moment to the second, with its zone."""
    return moment.astimezone().strftime("%d %b %Y %H:%M:%S %Z")


def names_text(header: str) -> str:
    """The people of an address header, each by name if it has one, else by address."""
    people = [name.strip() or address for name, address in getaddresses([header])]
    return ", ".join(each for each in people if each) or header


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    number: int
    from_: str
    to: str
    subject: str
    size: str
    time: str
    full_time: str
    iso_time: str
    attachment_count: int
    problem: str

    @classmethod
    def of(cls, summary: MailSummary, now: datetime) -> "Row":
        """Word a summary."""
        envelope = summary.mail.envelope
        moment = envelope.received_at if envelope else None
        return cls(
            number=summary.number,
            from_=shown(names_text(summary.from_) or summary.mail_from),
            to=shown(names_text(summary.to) or ", ".join(summary.recipients)),
            subject=shown(summary.subject),
            size=size_text(summary.size_bytes),
            time=time_text(moment, now) if moment else "",
            full_time=full_time_text(moment) if moment else "",
            iso_time=moment.isoformat() if moment else "",
            attachment_count=summary.attachment_count,
            problem=summary.problem,
        )


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """One recipient of the envelope, and where the mail itself shows it."""

    address: str
    place: Text
    is_bcc: bool


def recipient_lines(envelope: Envelope, mail: ParsedMail) -> list[RecipientLine]:
    """Who got the mail really; whoever the headers do not name is a Bcc."""
    places = ((_("To"), set(mail.addresses("To"))), (_("Cc"), set(mail.addresses("Cc"))))
    lines = []
    for address in envelope.recipients:
        found = [place for place, addresses in places if address.lower() in addresses]
        lines.append(RecipientLine(address, found[0] if found else _("Bcc"), is_bcc=not found))
    return lines


def only_in_headers(envelope: Envelope, mail: ParsedMail) -> list[str]:
    """Addresses that To and Cc name although this copy of the mail did not go to them."""
    got_it = {each.lower() for each in envelope.recipients}
    return [address for address in dict.fromkeys(mail.addresses("To", "Cc")) if address not in got_it]


def tab_content(tab: str, mail: CapturedMail, parsed: ParsedMail) -> dict[str, Any]:
    """What the page of one view shows besides the mail itself."""
    if tab == "html" and parsed.html:
        return {"outside": read_outside(parsed.html.text)}
    if tab == "text" and parsed.text:
        return _cut(parsed.text.text)
    if tab == "source":
        return _cut(_source(mail))
    if tab == "envelope" and mail.envelope:
        return {"only_in_headers": only_in_headers(mail.envelope, parsed)}
    return {}


def _cut(text: str) -> dict[str, Any]:
    return {"text": text[:SHOWN_CHARACTERS], "is_cut": len(text) > SHOWN_CHARACTERS}


def _source(mail: CapturedMail) -> str:
    try:
        with mail.open() as file:
            return decode_text(file.read(SHOWN_CHARACTERS + 1), "utf-8")
    except OSError as error:
        return error.strerror or type(error).__name__
