"""The message on the wire (RFC 5322, 2045 to 2047, 2231, 6532), written by hand for speed and always the same.

``MessageForm`` says what the message is, ``MessageWriter`` turns it into bytes. ``EmailMessage`` of the standard
library is the oracle of the tests, not the writer: it takes 30 times as long and holds big attachments whole.
"""

from .form import MessageForm
from .header_text import HeaderInvalid, check_header_text
from .own_headers import check_own_header
from .writer import MessageWriter

__all__ = ["HeaderInvalid", "MessageForm", "MessageWriter", "check_header_text", "check_own_header"]
