"""How a command ends (api.md, "Command line")."""

import os
import sys
import warnings
from collections.abc import Callable

from mailhub.contract.texts import Text, plain
from mailhub.telemetry.logging import command_logging

DONE, FAILED, WRONG_USE, NOT_FOUND, CONFLICT = 0, 1, 2, 3, 4

_BY_STATUS = {400: WRONG_USE, 404: NOT_FOUND, 409: CONFLICT, 412: CONFLICT, 422: WRONG_USE, 428: CONFLICT}


class CommandEnded(Exception):
    """A command ends without having done what it was asked, with a sentence for the person."""

    def __init__(self, message: Text, exit_code: int = FAILED) -> None:
        super().__init__(plain(message))
        self.message = message
        self.exit_code = exit_code


def exit_code_of(status: int, code: str = "") -> int:
    """The exit code for an answer of the API that is no success, by its status and its problem's code."""
    if code.endswith(".not_found"):
        # also what a 422 names and is not there: the account of a message, the user of a token
        return NOT_FOUND
    return _BY_STATUS.get(status, FAILED)


def ended(run: Callable[[], int]) -> int:
    """What a program's ``main`` returns: the exit code of what it runs, whose refusal is told on standard error."""
    # Pyramid imports pkg_resources, which warns whoever runs a command of what only we can change
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
    try:
        with command_logging(sys.stderr):
            code = run()
        sys.stdout.flush()
    except CommandEnded as refused:
        sys.stderr.write(plain(refused.message) + "\n")
        return refused.exit_code
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        return _reader_went()
    return code


def _reader_went() -> int:
    """Whoever read our output has read enough; nothing more may be written to it, also not by the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
