"""What a use case answers when it cannot do what it was asked.

    HubError
     +- BadRequest          400    it cannot be understood
     +- NotSignedIn         401    who are you?
     +- Denied              403    you may not
     +- NotFound            404    also for what the caller may not know exists
     +- WrongState          409    not now, not in this state
     +- Gone                410    it was here
     +- RevisionStale       412    somebody else changed it
     +- VersionUnknown      412    of a protocol that the caller wants to speak
     +- TooLarge            413
     +- Invalid             422    with every error found, each with its place
     +- Busy                423    somebody else is changing it now
     +- RevisionMissing     428
     +- TooManyRequests     429    with the time to wait
     +- ChecksumMismatch    460    what arrived is not what was sent (tus)
     +- StorageUnavailable  503    nothing was done
     |   +- OutcomeUnknown  503    it may have been done
     +- NotReady            503    this process cannot do its work now, with every reason

Doors (API, pages, command line) present them; nothing below them knows about HTTP. Codes are listed in api.md and
docs/reference/errors.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailhub.contract.texts import Text, _, plain


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake in what was sent. ``pointer``: JSON Pointer (RFC 6901) to the field."""

    pointer: str
    code: str
    message: Text


class HubError(Exception):
    """Base of all planned refusals: a stable code and a sentence that says what to do."""

    code = "hub.error"

    def __init__(self, message: Text, *, code: str | None = None) -> None:
        super().__init__(plain(message))
        self.message = message
        if code is not None:
            self.code = code


class BadRequest(HubError):
    code = "request.bad"


class NotSignedIn(HubError):
    code = "authentication.required"


class Denied(HubError):
    code = "permission.denied"


class NotFound(HubError):
    code = "not_found"


class WrongState(HubError):
    code = "wrong_state"


class Gone(HubError):
    code = "upload.expired"


class RevisionStale(HubError):
    code = "revision.stale"


class VersionUnknown(HubError):
    code = "upload.version_unknown"


class Busy(HubError):
    code = "upload.busy"


class ChecksumMismatch(HubError):
    code = "upload.checksum_mismatch"


class RevisionMissing(HubError):
    code = "revision.missing"


class TooLarge(HubError):
    code = "request.too_large"


class Invalid(HubError):
    """Holds all mistakes at once; ``code`` is that of the only or first one, so that clients can branch on it.

    ``readable``: of fields that were sent, those without a mistake, the others with their defaults, so that what is wrong
    beyond their form can be told in the same answer; None where there is nothing to go on with.
    """

    code = "schema.invalid"

    def __init__(
        self,
        errors: Sequence[FieldError],
        message: Text | None = None,
        *,
        readable: Mapping[str, Any] | None = None,
    ) -> None:
        if not errors:
            raise ValueError("Invalid needs at least one error")
        super().__init__(message or errors[0].message, code=errors[0].code)
        self.errors = tuple(errors)
        self.readable = readable

    @classmethod
    def of(cls, pointer: str, code: str, message: Text) -> "Invalid":
        """One mistake at one place."""
        return cls([FieldError(pointer, code, message)])


class TooManyRequests(HubError):
    code = "rate_limited"

    def __init__(self, message: Text, *, retry_after_seconds: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class StorageUnavailable(HubError):
    code = "storage.unavailable"


class OutcomeUnknown(StorageUnavailable):
    code = "storage.outcome_unknown"


class NotReady(HubError):
    """Send no work here; ``errors`` are the reasons, without a place."""

    code = "hub.not_ready"

    def __init__(self, message: Text, errors: Sequence[FieldError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


NOT_FOUND = _("There is nothing here, or you may not see it.")
