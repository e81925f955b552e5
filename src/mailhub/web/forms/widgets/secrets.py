"""Secrets: set or not set; kept, replaced or removed; never sent to a browser, not even the one they came from."""

from collections.abc import Iterator
from typing import Any

from mailhub.schema_walk import is_nullable
from mailhub.web.forms.looks import Look
from mailhub.web.forms.posted import Posted

from .base import ABSENT, KEPT, Field, FormWidget


class SecretWidget(FormWidget):
    """An empty control keeps what is stored; a text replaces it; the box beside it removes it."""

    template: str = "secret"

    def __init__(self, node: Any, look: Look, *, may_be_null: bool) -> None:
        super().__init__(node, look)
        self._may_be_null = may_be_null or is_nullable(node)

    def show(self, field: Field, value: Any) -> None:
        field.held = ""
        field.is_set = isinstance(value, dict) and value.get("is_set") is True
        field.is_removed = False

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.is_removed = field.is_set and posted.find_text(f"{field.path}/remove") == "true"

    def read(self, field: Field) -> Any:
        if not field.is_given:
            return KEPT if field.is_set else ABSENT
        if field.held or not field.is_set:
            return super().read(field)
        if not field.is_removed:
            return KEPT
        return None if self._may_be_null else self.empty_value

    def iter_described_by(self, field: Field) -> Iterator[str]:
        if field.is_set:
            yield "set"
        if field.held:
            yield "again"

    def is_untouched(self, field: Field) -> bool:
        return not field.held and not field.is_removed

    @property
    def is_required(self) -> bool:
        return super().is_required and not getattr(self.node.typ, "allow_empty", False)

    def shown(self, field: Field) -> dict[str, Any]:
        return {
            **super().shown(field),
            "value": "",
            "is_set": field.is_set,
            "is_removed": field.is_removed,
            "is_removable": field.is_set and (self._may_be_null or not self.is_required),
            "was_typed": bool(field.held),
            "is_long": bool(getattr(self.node, "multiline", False)),
        }
