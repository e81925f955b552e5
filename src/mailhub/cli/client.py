"""A small client of the API: over the socket of a running hub, or by calling the application in this process."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote, unquote_to_bytes, urlencode

from mailhub.contract.texts import Text, _

from .exits import NOT_FOUND, CommandEnded, exit_code_of
from .local_socket import connected

API = "/api/v1"
TIMEOUT_SECONDS = 120.0
LOCAL_SOCKET = "mailhub.local_socket"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered. ``body``: the JSON; None for nothing, a text for what is no JSON."""

    status: int
    body: Any


class Transport(Protocol):
    """One way to the API."""

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: BinaryIO | None, length: int
    ) -> Answer:
        """Send a request and read its answer. Raises OSError when nobody answers."""
        ...


class SocketTransport:
    """Speaks HTTP over the unix socket of a running hub."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: BinaryIO | None, length: int
    ) -> Answer:
        connection = _SocketConnection(self._path)
        try:
            sent = dict(headers) | ({"Content-Length": str(length)} if body is not None else {})
            _send(connection, method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, _decoded(response.read()))
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._socket_path = path

    def connect(self) -> None:
        self.sock = connected(self._socket_path, TIMEOUT_SECONDS)


def _send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: BinaryIO | None,
    headers: Mapping[str, str],
) -> None:
    try:
        connection.request(method, path, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError):
        # the hub refused before it had read all: its answer, if there is one, says why
        if connection.sock is None:
            raise


class InProcessTransport:
    """Calls the WSGI application of a hub that this process has open."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: BinaryIO | None, length: int
    ) -> Answer:
        environ = _environ(method, path, headers, body or BytesIO(), length)
        statuses: list[str] = []
        chunks = self._application(environ, lambda status, _headers, _exc=None: statuses.append(status))
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return Answer(int(statuses[-1].split()[0]), _decoded(content))


def _environ(
    method: str, path: str, headers: Mapping[str, str], body: BinaryIO, length: int
) -> dict[str, Any]:
    path_info, _mark, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path_info).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "",
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        LOCAL_SOCKET: True,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def segment(text: str) -> str:
    """A text that somebody typed, as one segment of a path."""
    return quote(text, safe="")


def _decoded(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


Deliver = Callable[[str], None]
"""Begins to deliver the message of this id, and no other, in this process."""


class ApiClient:
    """What commands use. ``login``: whom to act as; None is the first administrator.

    ``deliver``: None beside a running hub, which delivers by itself.
    """

    def __init__(
        self, transport: Transport, login: str | None = None, deliver: Deliver | None = None
    ) -> None:
        self._transport = transport
        self._login = login
        self.deliver = deliver

    def as_user(self, login: str | None) -> "ApiClient":
        """The same way to the hub, acting as another user."""
        return ApiClient(self._transport, login, self.deliver)

    def get(self, path: str, **query: object) -> Any:
        """The body of the answer. Raises ``CommandEnded`` for every refusal."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", path + (f"?{urlencode(asked)}" if asked else ""))

    def get_all(self, path: str, **query: object) -> list[Any]:
        """The items of all pages of a list."""
        items: list[Any] = []
        cursor = None
        while True:
            page = self.get(path, limit=200, cursor=cursor, **query)
            items += page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return items

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body)

    def patch(self, path: str, body: Any, revision: str) -> Any:
        return self._call("PATCH", path, body, {"If-Match": f'"{revision}"'})

    def delete(self, path: str, revision: str | None = None) -> Any:
        return self._call("DELETE", path, None, {"If-Match": f'"{revision}"'} if revision else {})

    def upload(self, stream: BinaryIO, length: int) -> Any:
        """Send a file as an upload; the answer has its id."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._answered(self._exchange("POST", "/uploads", headers, stream, length))

    def _call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        sent = dict(headers or {})
        stream, length = None, 0
        if body is not None:
            data = json.dumps(body).encode()
            stream, length = BytesIO(data), len(data)
            sent["Content-Type"] = "application/json"
        return self._answered(self._exchange(method, path, sent, stream, length))

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], stream: BinaryIO | None, length: int
    ) -> Answer:
        who = {"Mailhub-User": self._login} if self._login else {}
        try:
            return self._transport.exchange(method, API + path, {**headers, **who}, stream, length)
        except OSError as error:
            text = _("The hub did not answer: ${error}", mapping={"error": str(error)})
            raise CommandEnded(text) from error

    def _answered(self, answer: Answer) -> Any:
        if answer.status < 400:
            return answer.body
        problem = answer.body if isinstance(answer.body, dict) else {}
        if answer.status == http.client.UNAUTHORIZED:
            # over the socket nobody is asked for a token: it is the name that is not known
            raise CommandEnded(_nobody(self._login), NOT_FOUND)
        raise CommandEnded(_refusal(answer, problem), exit_code_of(answer.status, problem.get("code", "")))


def _nobody(login: str | None) -> Text:
    if login is None:
        return _("The hub has no administrator. `mailhub init` makes one.")
    return _("There is no user ${login} who may sign in.", mapping={"login": login})


def _refusal(answer: Answer, problem: Mapping[str, Any]) -> Text:
    errors = problem.get("errors") or []
    if errors:
        return "\n".join(f"{_field(each['pointer'])}{each['message']}" for each in errors)
    return str(problem.get("detail") or problem.get("title") or f"HTTP {answer.status}")


def _field(pointer: str) -> str:
    """``/settings/port`` as people read it: ``settings.port: ``."""
    return f"{pointer.lstrip('/').replace('/', '.')}: " if pointer else ""
