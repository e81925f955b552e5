"""How a command ends (api.md, "Command line")."""

from mailhub.contract.texts import Text, plain

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
