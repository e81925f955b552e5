"""Send a file to a hub in pieces, and go on where it stopped, also after the hub was away.

    HUB=127.0.0.1:6543 TOKEN=... python upload_in_pieces.py plan.pdf

prints the id to name in "attachments": [{"upload": "..."}].
"""

import base64
import hashlib
import http.client
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PIECE_BYTES = 8 * 1024 * 1024
PAUSE_SECONDS = 1.0
TRIES = 60


def call(method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    """One call. Raises OSError or HTTPException for what may be better in a moment."""
    connection = http.client.HTTPConnection(os.environ["HUB"], timeout=60)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Authorization": f"Bearer {os.environ['TOKEN']}", "Tus-Resumable": "1.0.0"}
        connection.request(method, path, body, given)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status in (409, 423, 460, 503):
        raise ConnectionError(answer.decode())
    if response.status >= 400:
        sys.exit(f"{method} {path}: {response.status} {answer.decode()}")
    return response


def begin(file: Path) -> str:
    """Announce a file; the path of the upload."""
    name = base64.b64encode(file.name.encode()).decode()
    made = call(
        "POST", "/api/v1/uploads", Upload_Length=str(file.stat().st_size), Upload_Metadata=f"filename {name}"
    )
    return made.headers["Location"]


def send_piece(path: str, piece: bytes, offset: int) -> None:
    digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    call(
        "PATCH",
        path,
        piece,
        Content_Type="application/offset+octet-stream",
        Upload_Offset=str(offset),
        Upload_Checksum=f"sha256 {digest}",
    )


def send(file: Path, path: str) -> None:
    """Ask where the upload is, and send the next piece from there, until all is there."""
    size = file.stat().st_size
    with file.open("rb") as source:
        while (offset := int(patiently(lambda: call("HEAD", path)).headers["Upload-Offset"])) < size:
            source.seek(offset)
            try:
                send_piece(path, source.read(PIECE_BYTES), offset)
            except (OSError, http.client.HTTPException):
                time.sleep(PAUSE_SECONDS)


def patiently(act: Callable[[], T]) -> T:
    """Try again for a while."""
    for _number in range(TRIES):
        try:
            return act()
        except (OSError, http.client.HTTPException):
            time.sleep(PAUSE_SECONDS)
    sys.exit("the hub does not answer")


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    location = patiently(lambda: begin(wanted))
    send(wanted, location)
    sys.stdout.write(f"{location.rpartition('/')[2]}\n")
