"""Files that are named as arguments."""

import sys
from pathlib import Path
from typing import BinaryIO

from mailhub.contract.texts import _

from .exits import FAILED, NOT_FOUND, CommandEnded

STANDARD_INPUT = "-"


def read_text(name: str) -> str:
    """A file in UTF-8, or standard input for ``-``. Raises ``CommandEnded``."""
    try:
        content = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(name, error) from error
    except UnicodeDecodeError as error:
        raise CommandEnded(_("${file} is not text in UTF-8.", mapping={"file": name}), FAILED) from error


def open_file(path: Path) -> BinaryIO:
    """A file to read. Raises ``CommandEnded``."""
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(str(path), error) from error


def _unreadable(name: str, error: OSError) -> CommandEnded:
    reason = {"file": name, "reason": error.strerror or str(error)}
    code = NOT_FOUND if isinstance(error, FileNotFoundError) else FAILED
    return CommandEnded(_("${file} cannot be read: ${reason}.", mapping=reason), code)


def read_secret(name: str) -> str:
    """A file that holds one secret, without the line's end after it. Raises ``CommandEnded``."""
    return read_text(name).removesuffix("\n").removesuffix("\r")
