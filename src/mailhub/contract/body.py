"""Body renderers: how a layout and data become a mail body. They run when a message is accepted."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedBody:
    """What a renderer made. At least one of ``html`` and ``text`` is given."""

    subject: str | None = None
    html: str | None = None
    text: str | None = None
    warnings: tuple[Text, ...] = ()


class BodyRenderer(ABC):
    """Fills a layout's source with data."""

    @abstractmethod
    def render(self, source: bytes, data: Mapping[str, Any], language: str) -> RenderedBody:
        """Render. Raises ``Refusal`` with a sentence when source or data cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererType:
    """Describes a kind of layout. Returned by ``mailhub_register_renderers``."""

    id: str
    title: Text
    description: Text
    content_types: tuple[str, ...]
    make: Callable[[], BodyRenderer]
    needs_child_process: bool = False
