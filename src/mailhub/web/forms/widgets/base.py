"""What all widgets share: the state they keep on a deform field, and what the templates show of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import colander
from deform.widget import Widget
from markupsafe import Markup

from mailhub.contract.texts import Text, _
from mailhub.schema_walk import UNKNOWN, is_nullable, missing_value
from mailhub.web.forms.looks import Look
from mailhub.web.forms.posted import Posted

Field = Any
"""A ``deform.Field``; beside deform's own attributes it has those of ``FormWidget.place``."""

ABSENT = object()
"""Of a value that was not sent: it is left out."""
KEPT = object()
"""Of a secret that stays as it is stored."""
NEEDED = _("This is needed.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A text that no value can be made of. ``raw`` stands in its place in the strict pass."""

    raw: Any
    message: Text
    code: str = "schema.invalid"


Titles = tuple[tuple[Text, int | None], ...]
"""From the outside in; rows of a list with their number."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at a field. ``about``: the piece of what was typed that is meant."""

    field: Field
    titles: Titles
    about: str
    message: Text


class FormWidget(Widget):
    """One kind of field. ``show`` fills it from a value, ``take`` from what was posted, ``read`` gives the JSON value.

    The state is the field's: ``held`` is what the control shows. ``node``: the schema's node, which stays as it is.
    """

    template: str = "text"
    is_group: bool = False
    """Several controls: the title is a legend."""
    columns: int = 12

    def __init__(self, node: Any, look: Look) -> None:
        super().__init__()
        self.node = node
        self.look = look

    # -- state -----------------------------------------------------------------------------------------------------

    def place(self, field: Field, path: str) -> None:
        """Begin: where the field is, nothing wrong with it, its default shown."""
        field.path = path
        field.problems = []
        field.is_given = False
        self.show(field, self.default)
        self.note_shown(field)

    def note_shown(self, field: Field) -> None:
        """What it holds now is what somebody sees first."""
        field.fresh = field.held

    @property
    def default(self) -> Any:
        value = missing_value(self.node)
        return None if value is UNKNOWN else value

    def show(self, field: Field, value: Any) -> None:
        """Show a value as the API presents it; None is an empty control."""
        field.held = "" if value is None else str(value)

    def take(self, field: Field, posted: Posted) -> None:
        """Show what was typed. A control that was not sent changes nothing."""
        text = posted.find_text(field.path)
        field.is_given = text is not None
        if text is not None:
            field.held = text.replace("\r\n", "\n").replace("\r", "\n")

    def read(self, field: Field) -> Any:
        """The JSON value: ``ABSENT`` when it was not sent, ``Wrong`` when there is none."""
        if not field.is_given:
            return ABSENT
        return self.value_of(field, field.held) if field.held else self.empty_value

    def value_of(self, field: Field, text: str) -> Any:
        """The JSON value of a text that is not empty."""
        return text

    @property
    def empty_value(self) -> Any:
        """What an empty control means: null, an empty text, the default; else that a value is needed."""
        if is_nullable(self.node):
            return None
        if getattr(self.node.typ, "allow_empty", False):
            return ""
        value = missing_value(self.node)
        if value is not UNKNOWN:
            return value
        return ABSENT if self.node.missing is colander.drop else Wrong("", NEEDED, "schema.required")

    def is_untouched(self, field: Field) -> bool:
        """Whether it is as it was first shown."""
        return not field.is_given or bool(field.held == field.fresh)

    def is_empty(self, field: Field) -> bool:
        """Whether it stands for nothing, as a row of a list."""
        return isinstance(field.held, str) and not field.held.strip()

    def find(self, field: Field, steps: list[str], *, by_place: bool) -> Field | None:
        """The field at the end of these steps; a leaf is also where everything inside its value belongs.

        ``by_place``: rows are named by their place in the value that was read, else by their numbers.
        """
        return field

    def iter_problems(self, field: Field, above: Titles = (), number: int | None = None) -> Iterator[Problem]:
        """Every mistake in the order of the form. ``above``: titles of what the field is in. ``number``: of the row it is."""
        for about, message in field.problems:
            yield Problem(field, (*above, (self.title_of(field), number)), about, message)

    # -- deform ----------------------------------------------------------------------------------------------------

    def serialize(self, field: Field, cstruct: Any, **more: Any) -> Markup:
        rendered: Markup = field.renderer(self.template, **self.shown(field), **more)
        return rendered

    def deserialize(self, field: Field, pstruct: Posted) -> Any:
        self.take(field, pstruct)
        return self.read(field)

    # -- templates -------------------------------------------------------------------------------------------------

    def shown(self, field: Field) -> dict[str, Any]:
        """What the template shows."""
        return {"f": FieldView(self, field), "value": field.held, "look": self.look}

    def title_of(self, field: Field) -> Text:
        own: Text = self.look.title or title_of(self.node)
        return own or getattr(field, "row_title", "")

    @property
    def is_required(self) -> bool:
        return self.node.missing is colander.required and not is_nullable(self.node)

    def focus_id(self, field: Field) -> str:
        """The element that a link from the summary leads to."""
        return id_of(field)

    def iter_described_by(self, field: Field) -> Iterator[str]:
        """Ends of the ids of what else describes the control."""
        yield from ()

    def title_of_value(self, value: Any) -> Text:
        return str(value)


class FieldView:
    """What every template asks of a field."""

    def __init__(self, widget: FormWidget, field: Field) -> None:
        self._widget = widget
        self._field = field
        self.id = id_of(field)
        self.name: str = field.path
        self.title = widget.title_of(field)
        self.unit: Text = getattr(widget.node, "unit", "")
        self.helps = [text for text in (widget.node.description, help_of(widget)) if text]
        self.problems: list[tuple[str, Text]] = field.problems
        self.is_group = widget.is_group
        self.columns = widget.look.columns or widget.columns
        self.condition = getattr(field, "condition", None)
        self.row_number: int | None = getattr(field, "row_number", None)
        # a row is not needed: an empty one is dropped
        self.is_required = widget.is_required and self.row_number is None

    @property
    def placeholder(self) -> Text:
        node = self._widget.node
        return self._widget.look.placeholder or getattr(node, "placeholder", "") or _example_of(node)

    @property
    def described_by(self) -> str:
        """The ids of what describes the control."""
        parts = {"condition": self.condition, "help": self.helps, "error": self.problems}
        names = ["unit"] if self.unit else []
        names += [*self._widget.iter_described_by(self._field), *(name for name in parts if parts[name])]
        return " ".join(f"{self.id}--{name}" for name in names)

    @property
    def attributes(self) -> dict[str, str]:
        """Of the control: what ties it to its texts."""
        found = dict(self._widget.look.attributes)
        if self.described_by:
            found["aria-describedby"] = self.described_by
        if self.problems and not self.is_group:
            found["aria-invalid"] = "true"
        if self._widget.look.autocomplete:
            found["autocomplete"] = self._widget.look.autocomplete
        return found


def id_of(field: Field) -> str:
    """The HTML id of a field's control."""
    return html_id(field.form_id, field.path)


def html_id(form_id: str, path: str) -> str:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_/") else f".{ord(c):x}." for c in path)
    return f"{form_id}-{safe.replace('/', '-')}" if path else f"{form_id}-all"


def title_of(node: Any) -> Text:
    """The node's own title, not the one that colander makes of its name."""
    return node.title if "raw_title" in vars(node) else ""


def help_of(widget: FormWidget) -> Text:
    own: Text = widget.look.help or ""
    return own or getattr(widget.node, "help", "")


def _example_of(node: Any) -> Text:
    value = getattr(node, "example", None)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return _("for example ${value}", mapping={"value": value})
    return ""
