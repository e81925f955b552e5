"""What the pages of a capture server know."""

from dataclasses import dataclass, field
from threading import Lock

from mailhub.contract.clock import Clock

from .folder import CapturedMail, CaptureFolder
from .mail import ParsedMail, read_mail
from .summary import Summaries


@dataclass(frozen=True)
class CaptureSite:
    """What the pages know: the folder, where SMTP is spoken, and the host the program was told to listen on."""

    folder: CaptureFolder
    smtp_host: str
    smtp_port: int
    bound_host: str
    clock: Clock
    summaries: Summaries = field(init=False)
    parsed: "LastParsed" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "summaries", Summaries(self.folder))
        object.__setattr__(self, "parsed", LastParsed())


class LastParsed:
    """Remembers the mail that was taken apart last: one look at a mail asks for its page, its HTML and its pictures."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[int, ParsedMail] | None = None

    def get(self, mail: CapturedMail) -> ParsedMail:
        """The mail taken apart; one whose file cannot be read is a ParsedMail that says so."""
        with self._lock:
            if self._last is None or self._last[0] != mail.number:
                self._last = (mail.number, _read(mail))
            return self._last[1]


def _read(mail: CapturedMail) -> ParsedMail:
    try:
        with mail.open() as file:
            return read_mail(file)
    except OSError as error:
        return ParsedMail(problem=error.strerror or type(error).__name__)
