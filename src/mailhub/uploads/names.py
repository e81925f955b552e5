"""What the sender of a raw file says of it in headers of his request: its name and its type."""

import re
from email.message import EmailMessage
from email.policy import HTTP

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")


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
    return last_segment(name)


def last_segment(name: str) -> str:
    """A file name without any path before it; "" for one that cannot be shown."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    return last if last.isprintable() and "\ufffd" not in last and last not in (".", "..") else ""


def announced_type(content_type: str | None) -> str:
    """The media type without parameters; "" for none at all and for the one that clients send when they know none."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    says_nothing = media_type in ("application/octet-stream", "application/x-www-form-urlencoded")
    return media_type if _MEDIA_TYPE.fullmatch(media_type) and not says_nothing else ""
