"""Styles, scripts and pictures of the pages, each at an address that names its content, so that browsers keep them for good.

Files come in bundles: our own, and one for each part that others have made. All files of a bundle share one digest in
their address, so that a script finds another file of its bundle beside itself, whatever release they are of.
"""

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

ASSET_ROUTE: Final = "mailhub.static"
ASSET_PATTERN: Final = "/static/{hash}/{path:.*}"
ICONS: Final = "bootstrap-icons/icons.svg"
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".gif": "image/gif",
        ".ico": "image/x-icon",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".webp": "image/webp",
        ".woff2": "font/woff2",
    }
)
"""What is served, by its ending. Other files in these folders are not."""

_PACKED: Final = frozenset({".gif", ".ico", ".png", ".webp", ".woff2"})
_SMALLEST_WORTH_PACKING_BYTES: Final = 600
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder of files; ``prefix``: what their names begin with, with the slash."""

    prefix: str
    folder: Path


class Asset:
    """One file. ``name``: as ``url`` takes it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content
        self.content_type = CONTENT_TYPES[Path(name).suffix]
        self.digest = hashlib.sha256(content).hexdigest()

    @cached_property
    def packed(self) -> bytes | None:
        """The content with gzip; None where that saves nothing."""
        if Path(self.name).suffix in _PACKED or len(self.content) < _SMALLEST_WORTH_PACKING_BYTES:
            return None
        packed = gzip.compress(self.content, 9, mtime=0)
        return packed if len(packed) < len(self.content) else None


@dataclass(frozen=True, slots=True)
class AssetAnswer:
    """What a request for a file gets, whatever server answers it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Assets:
    """All files there are, read once."""

    def __init__(self, bundles: Iterable[Bundle]) -> None:
        self._by_address: dict[tuple[str, str], Asset] = {}
        self._urls: dict[str, str] = {}
        for bundle in bundles:
            self._add(list(_read(bundle)))
        self._icons = frozenset(self._find_icons())

    def _add(self, assets: Iterable[Asset]) -> None:
        told = "".join(f"{asset.name}\0{asset.digest}\n" for asset in assets)
        digest = hashlib.sha256(told.encode("utf-8")).hexdigest()[:16]
        for asset in assets:
            if asset.name in self._urls:
                raise ValueError(f"two files are named {asset.name}")
            self._by_address[digest, asset.name] = asset
            self._urls[asset.name] = f"/static/{digest}/{asset.name}"

    def _find_icons(self) -> list[str]:
        if ICONS not in self._urls:
            return []
        return re.findall(r'<symbol id="([^"]+)"', self.get(ICONS).content.decode("utf-8"))

    @property
    def names(self) -> list[str]:
        """Of all files."""
        return sorted(self._urls)

    def url(self, name: str) -> str:
        """The path of a file on this site. Raises KeyError for one that is not there."""
        return self._urls[name]

    def icon(self, name: str, css: str = "") -> Markup:
        """A picture of the sprite, which says nothing to a screen reader: the word beside it does. ``css``: more classes.

        Raises KeyError for one that is not in the sprite.
        """
        if name not in self._icons:
            raise KeyError(name)
        return Markup(
            '<svg class="icon {}" width="16" height="16" aria-hidden="true" focusable="false">'
            '<use href="{}#{}"></use></svg>'
        ).format(css, self.url(ICONS), name)

    def find(self, digest: str, name: str) -> Asset | None:
        """The file at an address; None where its content is not, or no longer, what the address says."""
        return self._by_address.get((digest, name))

    def get(self, name: str) -> Asset:
        """A file by its name. Raises KeyError for one that is not there."""
        return self._by_address[self._urls[name].split("/")[2], name]


def own_bundles() -> list[Bundle]:
    """Those of the product: its own files, and each part that others have made."""
    web = Path(str(files("mailhub.web")))
    parts = sorted(path for path in (web / "vendored").iterdir() if path.is_dir())
    return [Bundle("", web / "static"), *(Bundle(f"{part.name}/", part) for part in parts)]


def _read(bundle: Bundle) -> Iterator[Asset]:
    for path in sorted(bundle.folder.rglob("*")):
        if path.is_file() and path.suffix in CONTENT_TYPES:
            yield Asset(bundle.prefix + path.relative_to(bundle.folder).as_posix(), path.read_bytes())


def answer(asset: Asset, *, takes_gzip: bool, known_etags: Iterable[str] = ()) -> AssetAnswer:
    """What is sent for a file: packed to those that take it; 304 to those that have it (RFC 9110, 13.1.2).

    ``known_etags``: without their quotes.
    """
    packed = asset.packed if takes_gzip else None
    etag = asset.digest[:32] + ("-gzip" if packed is not None else "")
    headers = {"Cache-Control": _FOREVER, "ETag": f'"{etag}"', "Vary": "Accept-Encoding"}
    if etag in known_etags:
        return AssetAnswer(304, headers, b"")
    headers["Content-Type"] = asset.content_type
    headers["X-Content-Type-Options"] = "nosniff"
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return AssetAnswer(200, headers, packed if packed is not None else asset.content)


class AssetView:
    """The view of ``ASSET_PATTERN``. Everybody may read these files: they are the same in each release."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    def __call__(self, _context: Any, request: Any) -> Response:
        asset = self._assets.find(request.matchdict["hash"], request.matchdict["path"])
        if asset is None:
            raise HTTPNotFound
        found = answer(asset, takes_gzip=_takes_gzip(request), known_etags=_known_etags(request))
        response = Response(body=found.body, status=found.status)
        del response.content_type
        response.headers.update(found.headers)
        return response


def _takes_gzip(request: Any) -> bool:
    if request.headers.get("Accept-Encoding") is None:
        return False
    return bool(request.accept_encoding.acceptable_offers(["gzip"]))


def _known_etags(request: Any) -> list[str]:
    told = request.headers.get("If-None-Match", "")
    return re.findall(r'"([^"]*)"', told)
