"""Mappings and lists: fields of fields."""

from collections.abc import Iterator
from typing import Any

from mailhub.contract.texts import Text
from mailhub.schema_walk import applies, is_nullable
from mailhub.strict_values import pointer_to
from mailhub.web.forms.looks import Look
from mailhub.web.forms.posted import Act, Posted

from .base import ABSENT, KEPT, Field, FormWidget, Problem, Titles, id_of
from .choices import text_of

SET = "__set__"


class Condition:
    """When a field applies: ``control`` is the name of the one that decides, ``texts`` what it sends then."""

    def __init__(self, other: Field, wanted: tuple[Any, ...]) -> None:
        self.control: str = other.path
        self.texts = [text_of(value) for value in wanted]
        self.title: Text = other.widget.title_of(other)
        self.values: list[Text] = [other.widget.title_of_value(value) for value in wanted]


class MappingWidget(FormWidget):
    """Fields below a common title. One that may be null has a box that says whether it is there."""

    template: str = "mapping"
    is_group: bool = True

    def place(self, field: Field, path: str) -> None:
        for child in field.children:
            child.widget.place(child, _joined(path, child.name))
        for child in field.children:
            child.condition = _condition_of(field, child)
        super().place(field, path)

    def show(self, field: Field, value: Any) -> None:
        field.is_set = value is not None
        field.held = field.is_set
        if not isinstance(value, dict):
            return
        for child in field.children:
            if child.name in value:
                child.widget.show(child, value[child.name])

    def note_shown(self, field: Field) -> None:
        super().note_shown(field)
        for child in field.children:
            child.widget.note_shown(child)

    def take(self, field: Field, posted: Posted) -> None:
        field.is_given = posted.has(field.path) if field.path else True
        if field.is_given:
            field.is_set = posted.find_text(_joined(field.path, SET)) == "true"
        for child in field.children:
            child.widget.take(child, posted)

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return ABSENT
        if is_nullable(self.node) and not field.is_set and self.is_untouched(field):
            return None
        values = {child.name: child.widget.read(child) for child in field.children}
        sent = {name: value for name, value in values.items() if value is not ABSENT}
        return self._only_what_applies(sent, {} if field.path else field.fixed)

    def _only_what_applies(self, values: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """Without the values of fields that do not apply, nor of those that hang on these."""
        left: dict[str, Any] = {}
        while len(left) != len(values):
            values, left = left or values, {}
            decided = known | {name: value for name, value in values.items() if value is not KEPT}
            left = {name: values[name] for name in values if applies(self.node, self.node[name], decided)}
        return left

    def is_untouched(self, field: Field) -> bool:
        return all(child.widget.is_untouched(child) for child in field.children)

    def is_empty(self, field: Field) -> bool:
        return False

    def find(self, field: Field, steps: list[str], *, by_place: bool) -> Field | None:
        if not steps:
            return field
        child = next((child for child in field.children if child.name == steps[0]), None)
        return None if child is None else child.widget.find(child, steps[1:], by_place=by_place)

    def iter_problems(self, field: Field, above: Titles = (), number: int | None = None) -> Iterator[Problem]:
        yield from super().iter_problems(field, above, number)
        # fields of the form, or of a connector, are known by their own titles
        is_plain = not field.path or hasattr(field.schema, "stands_for_settings")
        within = above if is_plain else (*above, (self.title_of(field), number))
        for child in field.children:
            yield from child.widget.iter_problems(child, within)

    @property
    def is_required(self) -> bool:
        return False

    def shown(self, field: Field) -> dict[str, Any]:
        ordered = _ordered(field.children, self.look)
        grouped = {name for _title, names in self.look.groups for name in names}
        return {
            **super().shown(field),
            "is_whole": not field.path,
            "is_nullable": is_nullable(self.node),
            "is_set": field.is_set,
            "children": [_rendered(child) for child in ordered if child.name not in grouped],
            "groups": [
                (title, [_rendered(child) for name in names for child in ordered if child.name == name])
                for title, names in self.look.groups
            ],
        }


class ListWidget(FormWidget):
    """Rows that are added, removed and moved. Empty rows of single values are dropped."""

    template: str = "list"
    is_group: bool = True

    def place(self, field: Field, path: str) -> None:
        field.rows = []
        super().place(field, path)

    def show(self, field: Field, value: Any) -> None:
        field.rows = []
        field.held = field.is_set = value is not None
        for each in value or ():
            row = self._add(field, str(len(field.rows)))
            row.widget.show(row, each)

    def note_shown(self, field: Field) -> None:
        super().note_shown(field)
        field.rows_shown = [row.number for row in field.rows]
        for row in field.rows:
            row.widget.note_shown(row)

    def take(self, field: Field, posted: Posted) -> None:
        field.is_given = posted.has(field.path)
        if not field.is_given:
            return
        field.is_set = posted.find_text(f"{field.path}/{SET}") == "true"
        stored = {row.number: row for row in field.rows}
        field.rows = []
        for number in posted.iter_rows(field.path):
            row = self._add(field, number, stored.get(number))
            row.widget.take(row, posted)

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return ABSENT
        values: list[Any] = []
        for row in field.rows:
            row.position = None
            value = ABSENT if row.widget.is_empty(row) else row.widget.read(row)
            if value is not ABSENT:
                row.position = len(values)
                values.append(value)
        return None if not values and not field.is_set and is_nullable(self.node) else values

    def _add(self, field: Field, number: str, stored: Field | None = None) -> Field:
        row = stored or self._fresh_row(field, number)
        field.rows.append(row)
        return row

    def _fresh_row(self, field: Field, number: str) -> Field:
        row = field.children[0].clone()
        row.number, row.position = number, None
        row.row_title = title_of_row(self, field)
        row.widget.place(row, f"{field.path}/{number}")
        return row

    def _offered(self, field: Field) -> Iterator[Field]:
        """An empty row to type into, where it counts for nothing if it stays empty."""
        row = self._fresh_row(field, "0")
        if row.widget.is_empty(row):
            yield row

    def change(self, field: Field, act: Act, number: str = "") -> Field:
        """Do what a button says; the field that is to be in focus then."""
        if act == "add":
            return self._add(field, str(_next_number(field)))
        places = [place for place, row in enumerate(field.rows) if row.number == number]
        if not places:
            return field
        row = field.rows.pop(places[0])
        if act == "remove":
            return field
        field.rows.insert(max(0, places[0] + (-1 if act == "up" else 1)), row)
        return row

    def is_untouched(self, field: Field) -> bool:
        if [row.number for row in field.rows] == field.rows_shown:
            return all(row.widget.is_untouched(row) for row in field.rows)
        return not field.rows_shown and all(row.widget.is_empty(row) for row in field.rows)

    def is_empty(self, field: Field) -> bool:
        return False

    def find(self, field: Field, steps: list[str], *, by_place: bool) -> Field | None:
        if not steps:
            return field
        for row in field.rows:
            if steps[0] == (str(row.position) if by_place else row.number):
                found: Field | None = row.widget.find(row, steps[1:], by_place=by_place)
                return found
        return field if by_place else None

    def iter_problems(self, field: Field, above: Titles = (), number: int | None = None) -> Iterator[Problem]:
        yield from super().iter_problems(field, above, number)
        for place, row in enumerate(field.rows, 1):
            yield from row.widget.iter_problems(row, above, place)

    @property
    def is_required(self) -> bool:
        return False

    def shown(self, field: Field) -> dict[str, Any]:
        rows = list(field.rows) or list(self._offered(field))
        marker = f"ROW{field.path.count('/')}ROW"
        next_number = max((int(row.number) + 1 for row in rows), default=0)
        return {
            **super().shown(field),
            "rows": [(row, _row_html(row, place)) for place, row in enumerate(rows, 1)],
            "row_title": title_of_row(self, field),
            "marker": marker,
            "next_number": next_number,
            "prototype": _row_html(self._fresh_row(field, marker), 0),
            "new_id": f"{id_of(field)}-{next_number}",
            "is_nullable": is_nullable(self.node),
            "is_set": field.is_set,
            "action": field.form_action,
        }


def title_of_row(widget: ListWidget, field: Field) -> Text:
    """What one row is called."""
    item = field.children[0]
    return item.widget.title_of(item) or widget.title_of(field)


def _joined(path: str, name: str) -> str:
    return pointer_to(path, name).removeprefix("/") if not path else pointer_to(path, name)


def _condition_of(field: Field, child: Field) -> Condition | None:
    condition = getattr(child.widget.node, "visible_when", None)
    other = next((each for each in field.children if condition and each.name == condition[0]), None)
    return Condition(other, condition[1]) if condition and other is not None else None


def _next_number(field: Field) -> int:
    return max((int(row.number) + 1 for row in field.rows), default=0)


def _ordered(children: list[Field], look: Look) -> list[Field]:
    first = {name: place for place, name in enumerate(look.order)}
    return sorted(children, key=lambda child: first.get(child.name, len(first)))


def _rendered(field: Field) -> Any:
    return field.widget.serialize(field, field.held)


def _row_html(row: Field, place: int) -> Any:
    row.row_number = place
    return row.widget.serialize(row, row.held)
