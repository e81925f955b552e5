"""What the sender of a raw file says of it in headers of his request: its name and its type."""

from email.message import EmailMessage
from email.policy import HTTP


def announced_name(disposition: str | None) -> str:
    """The file name in a Content-Disposition header (RFC 6266, RFC 8187), without any path; "" where there is none."""
    if not disposition or not disposition.isprintable():
        return ""
    message = EmailMessage(HTTP)
    try:
        message["Content-Disposition"] = disposition
        name = message.get_filename("")
    except (ValueError, LookupError):  # the header is of no form at all, or in a charset nobody knows
        return ""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    return last if last.isprintable() and "\ufffd" not in last else ""


def announced_type(content_type: str | None) -> str:
    """The media type without parameters; "" for the one that clients send when they know none."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return (
        "" if media_type in ("application/octet-stream", "application/x-www-form-urlencoded") else media_type
    )
