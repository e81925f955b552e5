"""What can happen to a form: it cannot be made, or it has to be shown again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailhub.contract.texts import Text

if TYPE_CHECKING:
    from .form import Form


class NoFieldForThis(TypeError):
    """A schema holds a type or a hint that no field is known for; shows when the form is made."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One mistake as the summary shows it. ``target``: the HTML id of its field's control, empty where there is none.

    ``titles``: of the field and what it is in, from the outside in, rows of a list with their number. ``about``: the piece of
    what was typed that is meant, where a field holds several.
    """

    titles: tuple[tuple[Text, int | None], ...]
    message: Text
    target: str
    about: str = ""


class FormShownAgain(Exception):
    """The form is to be shown again, as it is now; answer with ``status``."""

    status = 200

    def __init__(self, form: "Form") -> None:
        super().__init__(f"the form {form.id} is shown again")
        self.form = form


class FormChanged(FormShownAgain):
    """A row was added, removed or moved by a button of the form; nothing was checked."""


class FormRefused(FormShownAgain):
    """There are mistakes; each is at its field, and nothing that was typed is lost."""

    status = 422
