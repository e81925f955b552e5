"""Texts, numbers, JSON and addresses: one control that holds a text."""

import json
from typing import Any

import colander

from mailhub.contract.texts import _
from mailhub.schema_walk import is_nullable
from mailhub.web.forms.address_texts import show_address, split_addresses
from mailhub.web.forms.numbers import read_number, show_number
from mailhub.web.forms.posted import Posted

from .base import ABSENT, Field, FormWidget, Wrong


class TextWidget(FormWidget):
    """A text, exactly as typed, blanks included, as the API takes it. Line breaks are ``\\n``."""

    def shown(self, field: Field) -> dict[str, Any]:
        # a control of one line would lose the line breaks of a text that has some
        is_long = bool(getattr(self.node, "multiline", False)) or "\n" in field.held
        return {**super().shown(field), "is_long": is_long, "rows": self.look.rows or 5}


class RichTextWidget(FormWidget):
    """HTML; an editor is laid over the text area by a script."""

    template: str = "rich_text"

    def shown(self, field: Field) -> dict[str, Any]:
        return {**super().shown(field), "rows": self.look.rows or 14}


class NumberWidget(FormWidget):
    """A number, as written in the reader's language."""

    template: str = "number"
    columns: int = 6

    @property
    def is_whole(self) -> bool:
        return isinstance(self.node.typ, colander.Integer)

    def show(self, field: Field, value: Any) -> None:
        field.held = "" if value is None else show_number(value, field.reader.locale)

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.held = field.held.strip()

    def value_of(self, field: Field, text: str) -> Any:
        number = read_number(text, field.reader.locale)
        # the strict pass says of the text itself that a number is needed
        return text if number is None else number

    def shown(self, field: Field) -> dict[str, Any]:
        return {**super().shown(field), "mode": "numeric" if self.is_whole else "decimal"}


class JsonWidget(FormWidget):
    """A value that only JSON can write: free objects, types of a plugin's own."""

    template: str = "json"

    def show(self, field: Field, value: Any) -> None:
        field.held = "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)

    def value_of(self, field: Field, text: str) -> Any:
        try:
            return json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return Wrong(text, _("This is not JSON."))

    def shown(self, field: Field) -> dict[str, Any]:
        return {**super().shown(field), "rows": self.look.rows or 5}


class AddressWidget(FormWidget):
    """An e-mail address, with a name where the schema has one; blanks around it do not count."""

    template: str = "address"

    def show(self, field: Field, value: Any) -> None:
        field.held = "" if value is None else show_address(value)

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.held = field.held.strip()


class AddressListWidget(FormWidget):
    """Addresses, one a line, or as pasted from anywhere: separated by commas, semicolons and line breaks."""

    template: str = "addresses"

    def show(self, field: Field, value: Any) -> None:
        field.held = "".join(show_address(each) + "\n" for each in value or ())
        field.is_set = value is not None
        field.addresses = []

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        if field.is_given:
            field.is_set = posted.find_text(f"{field.path}/__set__") == "true"

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return ABSENT
        field.addresses = split_addresses(field.held)
        return field.addresses or (None if is_nullable(self.node) and not field.is_set else [])

    @property
    def is_required(self) -> bool:
        return False

    def about(self, field: Field, steps: list[str]) -> str:
        """The address that a mistake is about."""
        number = int(steps[0]) if steps and steps[0].isdigit() else -1
        return field.addresses[number] if 0 <= number < len(field.addresses) else ""

    def shown(self, field: Field) -> dict[str, Any]:
        lines = min(8, max(2, field.held.count("\n") + 1))
        shown = {"is_nullable": is_nullable(self.node), "is_set": field.is_set}
        return {**super().shown(field), **shown, "rows": self.look.rows or lines}


def _no_constant(name: str) -> Any:
    raise ValueError(name)
