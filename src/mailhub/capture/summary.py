"""One line per mail: what the list shows, what the search looks through, what ``messages.json`` says."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mailhub.errors import NotFound

from .folder import CapturedMail, CaptureFolder
from .mail import ParsedMail, read_outline

_HEADERS = ("From", "To", "Cc", "Subject", "Date", "Message-ID")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSummary:
    """The headers and envelope facts of one kept mail. ``problem`` says why the rest is missing, if it is."""

    mail: CapturedMail
    from_: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""
    date: str = ""
    message_id: str = ""
    attachment_count: int = 0
    size_bytes: int = 0
    problem: str = ""

    @property
    def number(self) -> int:
        return self.mail.number

    @property
    def mail_from(self) -> str:
        return self.mail.envelope.mail_from if self.mail.envelope else ""

    @property
    def recipients(self) -> tuple[str, ...]:
        return self.mail.envelope.recipients if self.mail.envelope else ()

    def matches(self, words: list[str]) -> bool:
        """Do subject and addresses, Bcc included, contain every one of the casefolded words?"""
        text = "\n".join(
            (self.subject, self.from_, self.to, self.cc, self.mail_from, *self.recipients)
        ).casefold()
        return all(word in text for word in words)

    def to_json(self) -> dict[str, Any]:
        """The item of ``messages.json``."""
        envelope = self.mail.envelope
        return {
            "number": self.number,
            "received_at": envelope.received_at.isoformat().replace("+00:00", "Z") if envelope else None,
            "size_bytes": self.size_bytes,
            "envelope": {"mail_from": self.mail_from, "recipients": list(self.recipients)}
            if envelope
            else None,
            "from": self.from_,
            "to": self.to,
            "cc": self.cc,
            "subject": self.subject,
            "date": self.date,
            "message_id": self.message_id,
            "attachment_count": self.attachment_count,
            "is_readable": not self.problem,
        }


def summarise(mail: CapturedMail) -> MailSummary:
    """Read what a list needs to know of a mail. Raises OSError only."""
    size_bytes = mail.path.stat().st_size
    with mail.open() as file:
        return _summary(mail, read_outline(file), size_bytes)


def _summary(mail: CapturedMail, outline: ParsedMail, size_bytes: int) -> MailSummary:
    from_, to, cc, subject, date, message_id = (outline.header(name) for name in _HEADERS)
    return MailSummary(
        mail=mail,
        from_=from_,
        to=to,
        cc=cc,
        subject=subject,
        date=date,
        message_id=message_id,
        attachment_count=outline.attachment_count,
        size_bytes=size_bytes,
        problem=outline.problem,
    )


class Summaries:
    """Summaries of a folder, each read once: a kept mail never changes and its number is never given again."""

    def __init__(self, folder: CaptureFolder) -> None:
        self._folder = folder
        self._known: dict[int, MailSummary] = {}
        self._lock = Lock()

    def iter_newest(self, query: str = "", before: int | None = None) -> Iterator[MailSummary]:
        """All mails that match a search, newest first, with numbers below ``before``."""
        words = query.casefold().split()
        for number in self._numbers():
            if before is not None and number >= before:
                continue
            summary = self.find(number)
            if summary is not None and summary.matches(words):
                yield summary

    def find(self, number: int) -> MailSummary | None:
        """One summary, of a mail that cannot be read too; None when the mail is gone."""
        with self._lock:
            known = self._known.get(number)
        if known is not None:
            return known
        try:
            return self._learn(self._folder.get(number))
        except NotFound:
            return None

    def _learn(self, mail: CapturedMail) -> MailSummary:
        try:
            summary = summarise(mail)
        except OSError as error:
            # it may be readable the next time
            return MailSummary(mail=mail, problem=error.strerror or type(error).__name__)
        with self._lock:
            self._known[mail.number] = summary
        return summary

    def _numbers(self) -> list[int]:
        numbers = self._folder.numbers()
        with self._lock:
            for gone in self._known.keys() - set(numbers):
                del self._known[gone]
        return numbers
