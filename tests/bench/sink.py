"""An SMTP server that takes everything and keeps nothing, as a process of its own: prints its port, then serves."""

import socket
from threading import Thread

HELLO = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _address = listener.accept()
            Thread(target=serve, args=(connection,), daemon=True).start()


def serve(connection: socket.socket) -> None:
    """One session. Answers what has arrived in one packet, as pipelining wants it (RFC 2920)."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink\r\n")
    waiting, is_data = b"", False
    while block := connection.recv(65536):
        waiting += block
        answers = b""
        while True:
            if is_data:
                end = waiting.find(b"\r\n.\r\n")
                if end < 0:
                    break
                waiting, is_data = waiting[end + 5 :], False
                answers += b"250 taken\r\n"
                continue
            line, found, rest = waiting.partition(b"\r\n")
            if not found:
                break
            waiting = rest
            answers += _answer(line[:4].upper())
            is_data = line[:4].upper() == b"DATA"
        if answers:
            connection.sendall(answers)


def _answer(verb: bytes) -> bytes:
    return {b"EHLO": HELLO, b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n")


if __name__ == "__main__":
    main()
