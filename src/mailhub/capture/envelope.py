"""The envelope of a kept mail: what SMTP said about it, which its headers do not (RFC 5321 section 2.3.1)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

Source = Literal["smtp", "connector"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who really sent a mail to whom, and how it came.

    ``mail_from`` is empty for a bounce. ``recipients`` are all of the envelope, Bcc included. ``client`` and ``hello``
    are the peer's address and the name it gave; ``user_name`` is who signed in (nobody's password is kept), None when
    nobody did. ``message_id`` is the hub's own id of a message that its connector put here.
    """

    mail_from: str
    recipients: tuple[str, ...]
    received_at: datetime
    size_bytes: int = 0
    source: Source = "smtp"
    client: str = ""
    hello: str = ""
    is_encrypted: bool = False
    user_name: str | None = None
    mechanism: str = ""
    smtputf8: bool = False
    message_id: str = ""

    def with_size(self, size_bytes: int) -> Self:
        """The same envelope of a mail whose length is now known."""
        return replace(self, size_bytes=size_bytes)


def envelope_to_json(envelope: Envelope) -> bytes:
    """The sidecar of a kept mail, readable for people too."""
    fields = {name: getattr(envelope, name) for name in Envelope.__dataclass_fields__}
    fields["received_at"] = envelope.received_at.isoformat()
    return json.dumps(fields, indent=1).encode("ascii") + b"\n"


def envelope_from_json(content: bytes) -> Envelope:
    """Read a sidecar. Raises ValueError for anything that is not one."""
    try:
        fields = json.loads(content)
        return _checked(fields)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an envelope: {error!r}") from error


def _checked(fields: dict[str, Any]) -> Envelope:
    received_at = datetime.fromisoformat(fields["received_at"])
    if received_at.tzinfo is None:
        raise ValueError("received_at has no time zone")
    user_name = fields.get("user_name")
    return Envelope(
        mail_from=str(fields["mail_from"]),
        recipients=tuple(str(each) for each in fields["recipients"]),
        received_at=received_at,
        size_bytes=int(fields.get("size_bytes", 0)),
        source="connector" if fields.get("source") == "connector" else "smtp",
        client=str(fields.get("client", "")),
        hello=str(fields.get("hello", "")),
        is_encrypted=bool(fields.get("is_encrypted", False)),
        user_name=None if user_name is None else str(user_name),
        mechanism=str(fields.get("mechanism", "")),
        smtputf8=bool(fields.get("smtputf8", False)),
        message_id=str(fields.get("message_id", "")),
    )
