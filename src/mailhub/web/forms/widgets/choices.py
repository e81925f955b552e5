"""Switches, one of some, many of some."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import colander

from mailhub.contract.texts import Text, _
from mailhub.schema_walk import is_nullable
from mailhub.strict_values import validators_of
from mailhub.web.forms.looks import Look
from mailhub.web.forms.posted import Posted

from .base import ABSENT, Field, FormWidget, Wrong

FEW = 4
"""Up to so many choices are radio buttons."""

_NOT_OFFERED = _("Choose one of what is offered.")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. ``text``: what the control sends for it."""

    text: str
    value: Any
    title: Text


def text_of(value: Any) -> str:
    """What a control sends for a value."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def choices_of(node: Any, look: Look) -> Sequence[tuple[Any, Text]] | None:
    """The values that a node may have, with their titles; None where they are not counted."""
    if look.choices is not None:
        return look.choices
    if hasattr(node, "choices"):
        found: Sequence[tuple[Any, Text]] = node.choices
        return found
    for validator in validators_of(node):
        if isinstance(validator, (colander.OneOf, colander.ContainsOnly)):
            return [(value, str(value)) for value in validator.choices]
    return None


class SwitchWidget(FormWidget):
    """On or off."""

    template: str = "switch"

    def show(self, field: Field, value: Any) -> None:
        field.held = "true" if value else "false"

    def value_of(self, field: Field, text: str) -> Any:
        return text == "true"

    @property
    def is_required(self) -> bool:
        return False

    def title_of_value(self, value: Any) -> Text:
        return _("on") if value else _("off")


class ChoiceWidget(FormWidget):
    """One of some: radio buttons where they are few, else a list to choose from."""

    def __init__(self, node: Any, look: Look, choices: Sequence[tuple[Any, Text]]) -> None:
        super().__init__(node, look)
        self.options = [Option(text_of(value), value, title) for value, title in choices]
        if is_nullable(node) and all(option.text for option in self.options):
            self.options.insert(0, Option("", None, _("Not set")))
        few = len(self.options) <= FEW if look.as_radio is None else look.as_radio
        self.template = "radios" if few else "select"
        self.is_group = few

    def show(self, field: Field, value: Any) -> None:
        field.held = field.stored = text_of(value)

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return self._unanswered if self.is_group else ABSENT
        for option in self.options:
            if option.text == field.held:
                return option.value
        if not field.held:
            return self.empty_value
        # a stored value that is offered no more may stay if the schema still takes it
        return field.held if field.held == field.stored else Wrong(field.held, _NOT_OFFERED)

    @property
    def _unanswered(self) -> Any:
        """Radio buttons of which none is chosen send nothing."""
        return self.empty_value if self.is_required else ABSENT

    def shown(self, field: Field) -> dict[str, Any]:
        options = list(self.options)
        if field.held not in {option.text for option in options}:
            if field.held:
                options.append(Option(field.held, field.held, field.held))
            elif self.template == "select":
                options.insert(0, Option("", None, _("Choose …")))
        return {**super().shown(field), "options": options}

    def title_of_value(self, value: Any) -> Text:
        return next((option.title for option in self.options if option.value == value), text_of(value))

    def focus_id(self, field: Field) -> str:
        chosen = super().focus_id(field)
        return f"{chosen}--0" if self.is_group else chosen


class ManyWidget(FormWidget):
    """Many of some, each once: a box each. Their order is that of the choices."""

    template: str = "boxes"
    is_group: bool = True

    def __init__(self, node: Any, look: Look, choices: Sequence[tuple[Any, Text]]) -> None:
        super().__init__(node, look)
        self.options = [Option(text_of(value), value, title) for value, title in choices]

    def show(self, field: Field, value: Any) -> None:
        field.held = field.stored = [text_of(each) for each in value or ()]
        field.is_set = value is not None

    def take(self, field: Field, posted: Posted) -> None:
        field.is_given = posted.has(field.path)
        if field.is_given:
            field.held = [text for text in posted.texts(field.path) if text]
            field.is_set = posted.find_text(f"{field.path}/__set__") == "true"

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return ABSENT
        if not field.held and not field.is_set and is_nullable(self.node):
            return None
        values = {option.text: option.value for option in self._options(field)}
        if not values.keys() >= set(field.held):
            return Wrong(field.held, _NOT_OFFERED)
        return [values[text] for text in values if text in field.held]

    def _options(self, field: Field) -> list[Option]:
        """All there are; a stored value that is offered no more may stay if the schema still takes it."""
        known = {option.text for option in self.options}
        return self.options + [Option(text, text, text) for text in field.stored if text not in known]

    def is_empty(self, field: Field) -> bool:
        return not field.held

    @property
    def is_required(self) -> bool:
        return False

    def shown(self, field: Field) -> dict[str, Any]:
        options = self._options(field)
        shown = {"options": options, "is_nullable": is_nullable(self.node), "is_set": field.is_set}
        return {**super().shown(field), **shown}

    def focus_id(self, field: Field) -> str:
        return f"{super().focus_id(field)}--0" if self.options else super().focus_id(field)
