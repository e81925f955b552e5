"""How a colander validator says which error code a mistake has (``address.invalid``), not only a sentence.

::

    def validator(node, value):
        if not is_address(value):
            raise coded_invalid(node, _("This is not an e-mail address."), "address.invalid")
"""

from typing import Any

import colander

from mailhub.contract.texts import Text

DEFAULT_CODE = "schema.invalid"


class CodedInvalid(colander.Invalid):
    """``colander.Invalid`` with a stable code."""

    def __init__(self, node: Any, message: Text, code: str) -> None:
        super().__init__(node, message)
        self.code = code


def coded_invalid(node: Any, message: Text, code: str) -> CodedInvalid:
    """A mistake to raise from a validator, a preparer or a type."""
    return CodedInvalid(node, message, code)


def code_of(exc: colander.Invalid) -> str:
    """The code a mistake carries, else ``schema.invalid``."""
    code = getattr(exc, "code", DEFAULT_CODE)
    return code if isinstance(code, str) else DEFAULT_CODE
