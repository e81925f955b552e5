"""What pages use of curl, for machines that have none. A program of its own that needs the standard library only."""

import argparse
import http.client
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    argument = parser.add_argument
    argument("url")
    argument("-s", "-S", action="store_true")
    argument("-I", action="store_true")
    argument("-X")
    argument("-H", action="append", default=[])
    argument("-d", "--data-binary")
    argument("-w", default="")
    argument("-o")
    argument("-D", type=Path)
    argument("--unix-socket")
    argument("--max-time", type=float, default=30.0)
    return parser.parse_args(arguments)


def body_of(data: str | None) -> bytes | None:
    if data == "@-":
        return sys.stdin.buffer.read()
    if data is None or not data.startswith("@"):
        return None if data is None else data.encode()
    return Path(data[1:]).read_bytes()


def main(arguments: list[str]) -> None:
    args = parse(arguments)
    url = urlsplit(args.url)
    connection = (
        SocketConnection(args.unix_socket, args.max_time)
        if args.unix_socket
        else http.client.HTTPConnection(url.netloc, timeout=args.max_time)
    )
    body = body_of(args.data_binary)
    method = args.X or ("HEAD" if args.I else "GET" if body is None else "POST")
    pairs = (header.partition(":") for header in args.H)
    headers = {name: value.strip() for name, _colon, value in pairs}
    if body is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection.request(method, f"{url.path}?{url.query}" if url.query else url.path, body, headers)
    answer(connection.getresponse(), args)


def answer(response: http.client.HTTPResponse, args: argparse.Namespace) -> None:
    lines = [
        f"HTTP/1.1 {response.status} {response.reason}",
        *(f"{name}: {value}" for name, value in response.getheaders()),
    ]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
    if args.D:
        args.D.write_bytes(head)
    content = head if args.I else response.read()
    if args.o:
        Path(args.o).write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
    sys.stdout.write(args.w.replace("\\n", "\n"))


if __name__ == "__main__":
    main(sys.argv[1:])
