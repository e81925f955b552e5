"""Templates of the pages: Jinja2, found by package, in the reader's language, with what every template may use."""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from mailhub.contract.texts import Text, TranslationString, _

from . import formats
from .assets import Assets
from .frame import Frame
from .request import PageRequest


class Templates:
    """Fills templates. Made once; texts and formats follow the request that is given with the values."""

    def __init__(self, assets: Assets) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(_source_of),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
            _gettext, _ngettext, newstyle=True
        )
        self._environment.filters.update(_FILTERS)
        self._environment.globals.update({"asset": assets.url, "icon": assets.icon})

    def render(
        self, template: str, values: Mapping[str, Any], request: PageRequest, frame: Frame | None
    ) -> str:
        """The filled template. ``frame`` is None for a part of a page."""
        given = {"request": request, "frame": frame, "csrf_token": request.csrf_token, **values}
        return self._environment.get_template(template).render(given)


def _source_of(name: str) -> str | None:
    """The source of ``package:path``."""
    package, colon, path = name.partition(":")
    file = files(package).joinpath(path) if colon else None
    return file.read_text("utf-8") if file is not None and file.is_file() else None


def _reader(context: Context) -> PageRequest:
    request: PageRequest = context["request"]
    return request


@jinja2.pass_context
def _gettext(context: Context, text: str) -> str:
    # a message id of a template has %(name)s for values, which the extension fills in afterwards
    return _reader(context).translated(_(text))


@jinja2.pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return _reader(context).pluralized(singular, plural, n)


@jinja2.pass_context
def _shown(context: Context, text: Text | None) -> str:
    return "" if text is None else _reader(context).translated(text)


@jinja2.pass_context
def _recalled(context: Context, stored: Text | None) -> str:
    """What was stored in English, in the reader's language when it is a text of ours."""
    reader = _reader(context)
    if stored is None:
        return ""
    return reader.translated(stored if isinstance(stored, TranslationString) else reader.recalled(stored))


@jinja2.pass_context
def _when(context: Context, at: datetime | None) -> str:
    reader = _reader(context)
    return "" if at is None else formats.when(at, reader.locale, reader.time_zone)


@jinja2.pass_context
def _ago(context: Context, at: datetime | None) -> str | Markup:
    """How long ago, or in how long; the very time is in its title."""
    if at is None:
        return ""
    reader = _reader(context)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(),
        formats.when(at, reader.locale, reader.time_zone),
        formats.ago(at, reader.now, reader.locale),
    )


@jinja2.pass_context
def _number(context: Context, value: float) -> str:
    return formats.number(value, _reader(context).locale)


@jinja2.pass_context
def _size(context: Context, size_bytes: int) -> str:
    return formats.size(size_bytes, _reader(context).locale)


@jinja2.pass_context
def _exactly(context: Context, at: datetime | None) -> str:
    reader = _reader(context)
    return "" if at is None else formats.when_exactly(at, reader.locale, reader.time_zone)


@jinja2.pass_context
def _duration(context: Context, seconds: float) -> str:
    return formats.duration(seconds, _reader(context).locale)


@jinja2.pass_context
def _colon(context: Context, text: str) -> str:
    return formats.with_colon(text, _reader(context).locale)


_FILTERS: dict[str, Callable[..., Any]] = {
    "shown": _shown,
    "recalled": _recalled,
    "when": _when,
    "ago": _ago,
    "number": _number,
    "size": _size,
    "exactly": _exactly,
    "duration": _duration,
    "colon": _colon,
}
