"""The theme: Jinja2 templates without script or style, in the reader's language."""

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from mailhub.contract.texts import Text, _
from mailhub.web.formats import with_colon

from .reader import FormReader


class Theme:
    """A renderer for deform: fills the template of a widget for one reader."""

    def __init__(self, reader: FormReader) -> None:
        self._reader = reader

    def __call__(self, name: str, /, **values: Any) -> Markup:
        template = _environment().get_template(f"{name}.jinja2")
        return Markup(template.render(reader=self._reader, **values))  # noqa: S704  # the template has escaped it


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source_of),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals["_"] = _gettext
    environment.filters["shown"] = _shown
    environment.filters["colon"] = _colon
    return environment


def _source_of(name: str) -> str | None:
    file = files("mailhub.web").joinpath("templates", "forms", name)
    return file.read_text("utf-8") if file.is_file() else None


@jinja2.pass_context
def _gettext(context: Context, text: str) -> str:
    return _translated(context, _(text))


@jinja2.pass_context
def _shown(context: Context, text: Text) -> str:
    return _translated(context, text)


@jinja2.pass_context
def _colon(context: Context, text: str) -> str:
    reader: FormReader = context["reader"]
    return with_colon(text, reader.locale)


def _translated(context: Context, text: Text) -> str:
    reader: FormReader = context["reader"]
    return reader.translated(text)
