"""Files: the value is the id of an upload."""

from collections.abc import Iterator
from typing import Any

from mailhub.contract.texts import _
from mailhub.errors import HubError
from mailhub.schema_walk import is_nullable
from mailhub.web.forms.posted import Posted

from .base import Field, FormWidget


class FileWidget(FormWidget):
    """A file. A script uploads it and puts the id into the form; without one it comes with the form and is kept at once.

    Either way the form holds the id from then on, so the file survives an error page.
    """

    template: str = "file"

    def take(self, field: Field, posted: Posted) -> None:
        super().take(field, posted)
        field.held = field.held.strip()
        if posted.find_text(f"{field.path}/remove") == "true":
            field.held = ""
        file = posted.find_file(f"{field.path}/file")
        if file is not None:
            field.is_given = True
            self._store(field, file)

    def _store(self, field: Field, file: Any) -> None:
        if field.uploads is None:
            field.problems.append(("", _("Files can be sent from this form by a script only.")))
            return
        try:
            field.held = field.uploads.store(file)
        except HubError as error:
            field.problems.append(("", error.message))

    def iter_described_by(self, field: Field) -> Iterator[str]:
        yield "current"

    def shown(self, field: Field) -> dict[str, Any]:
        name = field.uploads.find_name(field.held) if field.uploads and field.held else None
        return {
            **super().shown(field),
            "file_name": name or field.held,
            "accept": ",".join(getattr(self.node, "file", ())),
            "is_removable": bool(field.held) and is_nullable(self.node),
        }
