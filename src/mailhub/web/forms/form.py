"""A form: made of a schema, filled, read, shown again."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import deform
from markupsafe import Markup

from mailhub.contract.texts import Text
from mailhub.errors import FieldError, Invalid
from mailhub.schema_walk import is_readonly
from mailhub.strict_values import pointer_to

from .errors import FormChanged, FormRefused, NoFieldForThis, Summary
from .looks import Looks
from .posted import Control, Posted, RowCommand
from .reader import FormReader
from .reading import Settled, read_strictly
from .rendering import Theme
from .tree import Making, deform_schema
from .uploading import Uploads
from .widgets import AddressListWidget, Field, FileWidget, Problem, html_id, id_of

CSRF_FIELD = "csrf_token"

Judge = Callable[[Mapping[str, Any], Collection[str]], Iterable[FieldError]]
"""Given the values that could be read, and the names of fields that could not be."""


class Form:
    """One form of one request.

    ``schema``: the schema that the API reads the same values by. ``settings``: where it has the settings of a connector,
    their schema. ``id``: of the HTML element, and what all ids begin with. ``action``: where it is posted to. ``submit``,
    ``cancel``: the button and the address of the way out. ``more``: other buttons, by the name they post. ``hidden``:
    controls of the page's own, such as ``revision``. ``attributes``: more of the form element. ``widgets``: looks by path.
    ``fixed``: values that are not the form's to choose and are read with it. ``left_out``: paths of fields that are not
    shown. ``partial``: the values are changes (PATCH): kept secrets and what is left out stay as they are. ``uploads``:
    where files go.

    Raises ``NoFieldForThis``.
    """

    def __init__(
        self,
        schema: Any,
        request: FormReader,
        *,
        id: str,
        action: str,
        submit: Text,
        cancel: str | None = None,
        more: Mapping[str, Text] | None = None,
        hidden: Mapping[str, str] | None = None,
        widgets: Looks | None = None,
        settings: Any = None,
        fixed: Mapping[str, Any] | None = None,
        left_out: Collection[str] = (),
        partial: bool = False,
        uploads: Uploads | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self.id, self.action, self.submit, self.cancel = id, action, submit, cancel
        self.more, self.hidden = dict(more or {}), dict(hidden or {})
        self.attributes = dict(attributes or {})
        self.errors: list[Summary] = []
        self.focus_id = ""
        self._schema, self._settings, self._partial = schema, settings, partial
        self._fixed = dict(fixed or {})
        self._current: dict[str, Any] = {}
        self._request = request
        self._check_names(schema, frozenset(left_out) | self._fixed.keys())
        making = Making(widgets or {}, settings, self._fixed, frozenset(left_out), partial)
        self._root: Field = deform.Form(
            deform_schema(schema, making),
            action=action,
            formid=id,
            renderer=Theme(request),
            focus="off",
            form_id=id,
            form_action=action,
            reader=request,
            uploads=uploads,
            fixed=self._fixed,
        )
        self._root.widget = self._root.schema.widget
        self._root.widget.place(self._root, "")

    def _check_names(self, schema: Any, left_out: Collection[str]) -> None:
        names = {child.name for child in schema.children}
        if taken := names & {*self.hidden, *self.more, CSRF_FIELD} - set(left_out):
            raise NoFieldForThis(f"a hidden control has the name of a field: {', '.join(sorted(taken))}")
        for child in schema.children:
            is_needed = child.required and not self._partial and not is_readonly(child)
            if child.name in left_out and is_needed and child.name not in self._fixed:
                raise NoFieldForThis(f"{child.name} is needed, so it cannot be left out")

    # -- filling and reading ---------------------------------------------------------------------------------------

    def fill(self, values: Mapping[str, Any], set_secrets: Collection[str] = ()) -> None:
        """Show what is stored, as the API presents it. ``set_secrets``: paths (``settings.password``) of secrets that are
        set, where ``values`` do not say ``{"is_set": true}``; a secret itself is never given."""
        filled = dict(values)
        for path in set_secrets:
            _put(filled, path.replace(".", "/").split("/"), {"is_set": True})
        self._current = filled
        self._root.widget.show(self._root, filled)
        self._root.widget.note_shown(self._root)

    def read(self, posted: Iterable[Control], judge: Judge | None = None) -> dict[str, Any]:
        """The values, as the API would read them. Everything typed is kept.

        ``judge``: finds mistakes beyond the form of fields where there are some of form already, so that all are told at
        once. Raises ``FormChanged`` when a button of a list was pressed, ``FormRefused`` with every mistake found.
        """
        controls = Posted(posted)
        self._clear(self._root)
        self._root.widget.take(self._root, controls)
        if controls.command is not None:
            self._change(controls.command)
            raise FormChanged(self)
        settled = Settled(self._root.widget.read(self._root))
        values = {**settled.value, **self._fixed}
        read = read_strictly(self._schema, settled, values, partial=self._partial, current=self._changing)
        self._read_settings(settled, values)
        if settled.errors and judge is not None:
            settled.errors += _judged(judge, read, settled.errors)
        self._place(settled.errors)
        if self.errors:
            raise FormRefused(self)
        return dict(read)

    @property
    def _changing(self) -> Mapping[str, Any] | None:
        return self._current if self._partial else None

    def _read_settings(self, settled: Settled, values: Mapping[str, Any]) -> None:
        """Check the connector's settings as the account's service will; like the API, leave them as they were sent."""
        for child in self._schema.children:
            if hasattr(child, "settings_of") and isinstance(values.get(child.name), dict):
                partial = self._partial or child.settings_of[1]
                read_strictly(
                    self._settings,
                    settled,
                    values[child.name],
                    pointer=pointer_to("", child.name),
                    partial=partial,
                    current=(self._current.get(child.name) or {}) if partial else None,
                )

    def refuse(self, invalid: Invalid) -> None:
        """Put the mistakes that a service found at their fields; those that belong nowhere go into the summary."""
        self._place(invalid.errors)

    # -- mistakes --------------------------------------------------------------------------------------------------

    def _place(self, errors: Iterable[Any]) -> None:
        unplaced = [Summary((), error.message, "") for error in errors if not self._placed(error)]
        fields = [_summary(found) for found in self._root.widget.iter_problems(self._root)]
        already = [each for each in self.errors if not each.target]
        self.errors = list(dict.fromkeys([*already, *unplaced, *fields]))

    def _placed(self, error: Any) -> bool:
        steps = [_unescaped(step) for step in error.pointer.removeprefix("#").split("/")[1:]]
        field = self._root.widget.find(self._root, steps, by_place=True) if steps else None
        if field is None or field is self._root:
            return False
        about = ""
        if isinstance(field.widget, AddressListWidget):
            about = field.widget.about(field, steps[field.path.count("/") + 1 :])
        if (about, error.message) not in field.problems:
            field.problems.append((about, error.message))
        return True

    def _clear(self, field: Field) -> None:
        """Forget mistakes of a reading before this one."""
        self.errors = []
        field.problems = []
        for child in [*field.children, *getattr(field, "rows", ())]:
            self._clear(child)

    # -- rows ------------------------------------------------------------------------------------------------------

    def _change(self, command: RowCommand) -> None:
        path, number = command.path, ""
        if command.act != "add":
            path, _slash, number = command.path.rpartition("/")
        field = self._root.widget.find(self._root, path.split("/"), by_place=False)
        if field is not None and hasattr(field, "rows"):
            self.focus_id = id_of(field.widget.change(field, command.act, number))

    @property
    def first_focus(self) -> str:
        """The element that gets the focus: the first mistake, or the row that was just changed."""
        targets = [error.target for error in self.errors if error.target]
        if self.errors:
            return targets[0] if targets else f"{self.id}--summary"
        return self.focus_id

    # -- showing ---------------------------------------------------------------------------------------------------

    @property
    def has_files(self) -> bool:
        return _holds_file(self._root)

    def render(self) -> Markup:
        """The whole form."""
        return self._rendered("form", fields=self.fields(), summary=self.summary())

    def fields(self) -> Markup:
        """The fields only, for a form element of the page's own."""
        rendered: Markup = self._root.widget.serialize(self._root, self._root.held)
        return rendered

    def summary(self) -> Markup:
        """What is wrong, with links to the fields; nothing when nothing is."""
        return self._rendered("summary") if self.errors else Markup()

    def _rendered(self, template: str, **values: Any) -> Markup:
        return Theme(self._request)(template, form=self, csrf_token=self._request.csrf_token, **values)

    def id_of(self, path: str) -> str:
        """The HTML id of a field's control, for labels and links of the page's own."""
        return html_id(self.id, path)


def _summary(found: Problem) -> Summary:
    return Summary(found.titles, found.message, found.field.widget.focus_id(found.field), found.about)


def _judged(judge: Judge, read: Mapping[str, Any], errors: Iterable[FieldError]) -> list[FieldError]:
    """What is wrong beyond the form of fields; what follows from one that could not be read is no mistake of its own."""
    unread = {_first_name(error) for error in errors}
    return [error for error in judge(read, unread) if _first_name(error) not in unread]


def _first_name(error: FieldError) -> str:
    return error.pointer.partition("/")[2].partition("/")[0]


def _holds_file(field: Field) -> bool:
    return isinstance(field.widget, FileWidget) or any(_holds_file(child) for child in field.children)


def _put(values: dict[str, Any], steps: list[str], value: Any) -> None:
    """Set a value deep in a mapping, whose mappings on the way are copied."""
    for step in steps[:-1]:
        values[step] = dict(values.get(step) or {})
        values = values[step]
    values[steps[-1]] = value


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
