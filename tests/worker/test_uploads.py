"""Big files over real connections: cut, resumed over a dead hub, refused before they are read (reliability.md 48)."""

import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from .hub_process import HubProcess
from .test_memory import forget_peak, peak_bytes

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180), pytest.mark.xdist_group("uploads")]

MB = 1024 * 1024
SIZE = 100 * MB
CHUNK = 8 * MB
CUTS = frozenset({2, 4, 6, 8, 10})
"""Pieces that are cut in the middle; with the third and the fifth of them the hub dies too."""
DEATHS = {6: signal.SIGKILL, 10: signal.SIGTERM}
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "upload_in_pieces.py"
ALLOWED_RISE = 64 * MB


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with the limits it has by itself: 100 MB for a file."""
    with HubProcess(tmp_path_factory.mktemp("uploads") / "var", delivery_embedded="false") as hub:
        hub.set_up()
        hub.start()
        yield hub


def peak_anew(pid: int) -> int:
    """Let a process's peak begin anew; what it has now, in bytes."""
    forget_peak(pid)
    return peak_bytes(pid)


class Client:
    """Speaks tus to a hub, which may be another process from call to call."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub

    def call(
        self, method: str, path: str, body: bytes = b"", **headers: str | int
    ) -> tuple[http.client.HTTPResponse, bytes]:
        given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self._hub.port, timeout=60)) as connection:
            connection.request(method, path, body, given | self.common)
            response = connection.getresponse()
            return response, response.read()

    @property
    def common(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._hub.token}", "Tus-Resumable": "1.0.0"}

    def create(self, length: int) -> str:
        response, body = self.call("POST", "/api/v1/uploads", Upload_Length=length)
        assert response.status == 201, body
        return response.headers["Location"]

    def offset(self, path: str) -> int:
        response, _body = self.call("HEAD", path)
        assert response.status == 200
        return int(response.headers["Upload-Offset"])

    def patch(self, path: str, offset: int, piece: bytes) -> int:
        response, body = self.call(
            "PATCH",
            path,
            piece,
            Upload_Offset=offset,
            Content_Type="application/offset+octet-stream",
            Upload_Checksum=f"sha256 {_base64_sha256(piece)}",
        )
        assert response.status == 204, body
        return int(response.headers["Upload-Offset"])

    def cut(self, path: str, offset: int, piece: bytes) -> None:
        """Send half a piece, then lose the connection."""
        with self.raw() as connection:
            headers = self.common | {
                "Host": "hub",
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(len(piece)),
            }
            connection.sendall(head("PATCH", path, headers) + piece[: len(piece) // 2])

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._hub.port), timeout=60)


def head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _base64_sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def test_100_mb_cut_five_times_arrive_whole_over_two_deaths_in_little_memory(running: HubProcess) -> None:
    hub, client, source = running, Client(running), (os.urandom(MB), hashlib.sha256())
    path = client.create(SIZE)
    at_rest, peaks, offset, pieces = peak_anew(hub.pid), [], 0, 0
    while offset < SIZE:
        piece = _piece(source[0], offset)
        pieces += 1
        if pieces in CUTS:
            client.cut(path, offset, piece)
            if pieces in DEATHS:
                peaks.append(peak_bytes(hub.pid) - at_rest)
                os.kill(hub.pid, DEATHS[pieces])
                hub.wait()
                hub.start()
                at_rest = peak_anew(hub.pid)
            assert client.offset(path) == offset
            continue
        offset = client.patch(path, offset, piece)
        source[1].update(piece)
        assert client.offset(path) == offset
    peaks.append(peak_bytes(hub.pid) - at_rest)

    digest, size = stored(hub, path)

    assert (digest, size) == (source[1].hexdigest(), SIZE)
    assert pieces == SIZE // CHUNK + 1 + len(CUTS)
    print(f"{SIZE // MB} MB in pieces: three hubs rose by {[round(peak / MB, 1) for peak in peaks]} MB")
    assert max(peaks) < ALLOWED_RISE
    assert list((hub.data / "blobs" / "partial").iterdir()) == []


def _piece(block: bytes, offset: int) -> bytes:
    """The bytes of the file from here on: blocks that differ by their numbers."""
    size = min(CHUNK, SIZE - offset)
    blocks = (number.to_bytes(8, "big") + block[8:] for number in range(offset // MB, (offset + size) // MB))
    return b"".join(blocks)


def stored(hub: HubProcess, path: str) -> tuple[str, int]:
    """SHA-256 and size of an upload as an attachment of a message, read back in pieces."""
    hub.add_smtp_account(9)
    upload = path.rpartition("/")[2]
    message = hub.send(to=["ada@example.com"], attachments=[{"upload": upload, "name": "a.bin"}])
    digest, size = hashlib.sha256(), 0
    with closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)) as connection:
        headers = {"Authorization": f"Bearer {hub.token}"}
        connection.request("GET", f"/api/v1/messages/{message}/attachments/0", headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        while chunk := response.read(MB):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def read_answer(connection: socket.socket) -> tuple[int, http.client.HTTPMessage, dict[str, object]]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    assert response.headers["Content-Type"] == "application/problem+json", body
    return response.status, response.headers, json.loads(body)


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_10_gb_are_refused_by_their_headers_alone(
    running: HubProcess, method: str, expect: dict[str, str]
) -> None:
    client = Client(running)
    with client.raw() as connection:
        headers = client.common | {"Host": "hub", "Content-Length": str(10 * 1024 * MB), **expect}
        connection.sendall(head(method, "/api/v1/uploads", headers))
        status, _headers, problem = read_answer(connection)
    assert (status, problem["status"], problem["code"]) == (413, 413, "request.too_large")


def test_the_example_of_the_documentation_sends_a_file_and_waits_for_a_hub_that_is_away(
    running: HubProcess, tmp_path: Path
) -> None:
    file = tmp_path / "plan.bin"
    file.write_bytes(os.urandom(9 * MB))
    running.stop()
    sending = subprocess.Popen(
        [sys.executable, EXAMPLE, file],
        env={**os.environ, "HUB": f"127.0.0.1:{running.port}", "TOKEN": running.token},
        stdout=subprocess.PIPE,
        text=True,
    )
    running.start()
    upload = sending.communicate(timeout=60)[0].strip()
    assert sending.returncode == 0
    assert stored(running, upload) == (hashlib.sha256(file.read_bytes()).hexdigest(), 9 * MB)


def test_10_gb_announced_for_pieces_are_refused_at_once(running: HubProcess) -> None:
    response, body = Client(running).call("POST", "/api/v1/uploads", Upload_Length=10 * 1024 * MB)
    assert (response.status, json.loads(body)["code"]) == (413, "attachment.too_large")


def test_a_body_of_allowed_length_is_asked_for_with_100_continue(running: HubProcess) -> None:
    client = Client(running)
    with client.raw() as connection, connection.makefile("rb") as lines:
        headers = {"Host": "hub", "Authorization": client.common["Authorization"], "Content-Length": "5"}
        connection.sendall(head("POST", "/api/v1/uploads", headers | {"Expect": "100-continue"}))
        assert lines.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert lines.readline() == b"\r\n"
        connection.sendall(b"hello")
        assert lines.readline() == b"HTTP/1.1 201 Created\r\n"


def test_a_body_without_a_length_is_refused_at_the_limit_and_held_on_disk(tmp_path: Path) -> None:
    hub = HubProcess(
        tmp_path / "var",
        delivery_embedded="false",
        message_max_attachment_bytes=40 * MB,
        http_max_json_bytes=MB,
    )
    with hub:
        hub.set_up()
        hub.start()
        client = Client(hub)
        at_rest = peak_anew(hub.pid)
        with client.raw() as connection:
            headers = client.common | {"Host": "hub", "Transfer-Encoding": "chunked"}
            connection.sendall(head("POST", "/api/v1/uploads", headers))
            sent = _send_chunks(connection, 10 * 1024)
            status, _headers, problem = read_answer(connection)
        peak = peak_bytes(hub.pid)
    assert (status, problem["code"]) == (413, "request.too_large")
    assert sent < 64
    assert peak - at_rest < 32 * MB


def _send_chunks(connection: socket.socket, megabytes: int) -> int:
    """Send chunks of a megabyte until the other end has had enough; how many it took."""
    piece = b"%x\r\n" % MB + bytes(MB) + b"\r\n"
    for number in range(megabytes):
        try:
            connection.sendall(piece)
        except OSError:
            return number
    return megabytes
