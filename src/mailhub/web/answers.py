"""What a page's view answers: a template filled, another address to go to, or bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mailhub.contract.texts import Text

Crumb = tuple[Text, str]
"""A step on the way to a page: its title, and where it is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A whole page. ``template``: an asset such as ``mailhub.accounts:templates/list.jinja2``, which extends the layout.

    ``title``: of the page, shown in its heading and by the browser. ``crumbs``: the pages above it, the first one first.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    title: Text = ""
    crumbs: Sequence[Crumb] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a page without its frame, for a script that puts it in its place."""

    template: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on at another address of this site (303). Raises ValueError for one that leads elsewhere."""

    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not is_own_path(self.path):
            raise ValueError(f"{self.path!r} is no path of this site")


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they are: a file, or HTML that has an address and a policy of its own."""

    body: bytes | Iterable[bytes]
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


Answer = Shown | Fragment | Redirect | Raw


def is_own_path(path: str) -> bool:
    """Whether a browser stays on this site when it is sent there: no scheme, no host, no trick with slashes.

    Browsers take a backslash for a slash and drop control characters (WHATWG URL 4.4), so both are refused.
    """
    if not path.startswith("/") or path.startswith("//"):
        return False
    return "\\" not in path and all(" " <= each != "\x7f" for each in path)
