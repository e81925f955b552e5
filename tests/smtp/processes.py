"""What tests with servers of their own need from the system."""

import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def open_folder() -> Path:
    """A folder that other users may enter, as pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="mailhub-smtp-"))
    folder.chmod(0o755)
    return folder


def give_to(user: str, *folders: Path) -> None:
    """Make the folders, owned by this user."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(folder, user)


def ids_of(user: str) -> tuple[int, int]:
    """User id and group id. Raises KeyError."""
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run(*command: str | Path, check: bool = True) -> str:
    """Run a program until it ends or has put itself into the background; its output. Raises AssertionError."""
    # a file, since a server in the background keeps its end of a pipe open
    with tempfile.TemporaryFile("w+") as output:
        words = [str(word) for word in command]
        done = subprocess.run(words, check=False, stdout=output, stderr=output, timeout=60)
        output.seek(0)
        said = output.read()
    if check and done.returncode:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {said}")
    return said


def listens(port: int) -> bool:
    """True when somebody accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
