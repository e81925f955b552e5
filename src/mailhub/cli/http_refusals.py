"""What waitress refuses before it asks the application, told as the application tells its own refusals (RFC 9457).

A body that is announced as too long is refused by its headers alone. waitress by itself answers in plain text, and says
``100 Continue`` to whoever waits for it before it looks at the length, so that the body comes after all.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask

from mailhub.contract.texts import Text, _, plain

_CODES: Mapping[int, str] = MappingProxyType({413: "request.too_large", 500: "internal.error"})
_DETAILS: Mapping[int, Text] = MappingProxyType(
    {
        413: _("This is more than the hub takes in one request."),
        500: _("This should not have happened. The log has more."),
    }
)
_OTHER_DETAIL = _("The request cannot be understood.")
_HEADERS = (
    ("Content-Type", "application/problem+json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)


class RefusalTask(ErrorTask):
    """Answers what could not be made a request, and closes the connection, whose other bytes mean nothing."""

    def execute(self) -> None:
        error = self.request.error
        body = problem(error.code, error.reason)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(_HEADERS)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class RequestParser(HTTPRequestParser):
    """Sends nobody ``100 Continue`` who is going to be refused."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.content_length >= self.adj.max_request_body_size:
            self.expect_continue = False


class Channel(HTTPChannel):
    """A connection of ours."""

    parser_class = RequestParser
    error_task_class = RefusalTask


def problem(status: int, title: str) -> bytes:
    """A refusal as ``application/problem+json``."""
    code = _CODES.get(status, "request.bad")
    members = {
        "type": f"urn:mailhub:problem:{code}",
        "title": title,
        "status": status,
        "detail": plain(_DETAILS.get(status, _OTHER_DETAIL)),
        "code": code,
    }
    return json.dumps(members).encode("utf-8")
