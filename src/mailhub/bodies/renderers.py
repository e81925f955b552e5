"""The renderers that every hub knows."""

from collections.abc import Mapping
from typing import Any

from mailhub.contract.body import BodyRenderer, RenderedBody, RendererType
from mailhub.contract.errors import Refusal
from mailhub.contract.texts import _


class PlainRenderer(BodyRenderer):
    """Takes the layout's text as it is: nothing in it is a placeholder, so data cannot change it."""

    def render(self, source: bytes, data: Mapping[str, Any], language: str) -> RenderedBody:
        try:
            return RenderedBody(text=source.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise Refusal(_("The text is not UTF-8."), code="layout.invalid") from error


PLAIN = RendererType(
    id="plain",
    title=_("Plain text"),
    description=_("A text that is sent as it is."),
    content_types=("text/plain",),
    make=PlainRenderer,
)

BUILTIN_RENDERERS = (PLAIN,)
