"""Styles and scripts: at addresses that name their content, kept for good by browsers, and few."""

import gzip
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from mailhub.web.assets import Asset, Assets, AssetView, Bundle, answer, own_bundles

WEB = Path(str(files("mailhub.web")))
LARGEST_PAGE_BYTES = 60 * 1024
FRAME = ("head.jinja2", "layout_base.jinja2", "layout.jinja2")
FOR_WRITING = ("hugerte/", "tus/")
"""What only pages to write a message load, which may be heavier."""
NAMED = re.compile(r"\basset\(['\"]([^'\"]+)['\"]\)")


@pytest.fixture(scope="module")
def own() -> Assets:
    return Assets(own_bundles())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "app.js").write_text('import "./deep/more.js";\n' * 100)
    (tmp_path / "deep" / "more.js").write_text("export {};\n")
    (tmp_path / "notes.md").write_text("not for anybody\n")
    (tmp_path / "dot.png").write_bytes(b"\x89PNG" + bytes(range(256)) * 4)
    return tmp_path


def found(assets: Assets, name: str) -> Asset | None:
    _empty, _static, digest, rest = assets.url(name).split("/", 3)
    return assets.find(digest, rest)


def served(assets: Assets, path: str, **headers: str) -> Any:
    request = Request.blank(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    _empty, _static, digest, rest = request.path_info.split("/", 3)
    request.matchdict = {"hash": digest, "path": rest}
    return AssetView(assets)(None, request)


# -- addresses ------------------------------------------------------------------------------------------------------


def test_a_file_is_found_at_the_address_of_its_name(folder: Path) -> None:
    asset = found(Assets([Bundle("", folder)]), "deep/more.js")

    assert asset is not None
    assert asset.content == b"export {};\n"


def test_files_of_a_bundle_find_each_other_beside_themselves(folder: Path) -> None:
    assets = Assets([Bundle("part/", folder)])
    base = assets.url("part/app.js").removesuffix("app.js")

    assert base + "deep/more.js" == assets.url("part/deep/more.js")


def test_the_address_is_another_one_when_a_file_is(folder: Path) -> None:
    before = Assets([Bundle("", folder)]).url("app.js")
    (folder / "deep" / "more.js").write_text("export const changed = 1;\n")
    after = Assets([Bundle("", folder)])

    assert after.url("app.js") != before
    assert after.find(before.split("/")[2], "app.js") is None


def test_only_known_kinds_of_file_are_served(folder: Path) -> None:
    assert Assets([Bundle("", folder)]).names == ["app.js", "deep/more.js", "dot.png"]


def test_a_name_that_does_not_exist_is_a_mistake(own: Assets) -> None:
    with pytest.raises(KeyError):
        own.url("missing.css")
    with pytest.raises(KeyError):
        own.icon("missing")


def test_two_files_of_one_name_are_a_mistake(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"two files are named app\.js"):
        Assets([Bundle("", folder), Bundle("", folder)])


def test_an_icon_is_hidden_from_screen_readers(own: Assets) -> None:
    assert 'aria-hidden="true"' in own.icon("house", "large")
    assert f'<use href="{own.url("bootstrap-icons/icons.svg")}#house">' in own.icon("house")


# -- what is sent ---------------------------------------------------------------------------------------------------


def test_a_text_is_packed_for_those_that_take_it(folder: Path) -> None:
    response = served(
        assets := Assets([Bundle("", folder)]), assets.url("app.js"), Accept_Encoding="br, gzip;q=0.5"
    )

    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == (folder / "app.js").read_bytes()
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("headers", [{}, {"Accept_Encoding": "gzip;q=0"}, {"Accept_Encoding": "identity"}])
def test_others_get_it_as_it_is(folder: Path, headers: dict[str, str]) -> None:
    assets = Assets([Bundle("", folder)])
    response = served(assets, assets.url("app.js"), **headers)

    assert "Content-Encoding" not in response.headers
    assert response.body == (folder / "app.js").read_bytes()
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["dot.png", "deep/more.js"])
def test_what_packing_does_not_make_smaller_is_sent_as_it_is(folder: Path, name: str) -> None:
    assets = Assets([Bundle("", folder)])

    assert "Content-Encoding" not in served(assets, assets.url(name), Accept_Encoding="gzip").headers


def test_packed_and_plain_have_different_etags(folder: Path) -> None:
    asset = Assets([Bundle("", folder)]).get("app.js")

    assert answer(asset, takes_gzip=True).headers["ETag"] != answer(asset, takes_gzip=False).headers["ETag"]


def test_who_has_it_is_told_so_and_sent_nothing(folder: Path) -> None:
    assets = Assets([Bundle("", folder)])
    etag = served(assets, assets.url("app.js")).headers["ETag"]
    again = served(assets, assets.url("app.js"), If_None_Match=f'"other", W/{etag}')

    assert again.status_code == 304
    assert again.body == b""
    assert "Content-Type" not in again.headers
    assert again.headers["ETag"] == etag


@pytest.mark.parametrize(
    "path", ["/static/0000000000000000/app.css", "/static/{hash}/missing.css", "/static/{hash}/../assets.py"]
)
def test_what_is_not_there_is_not_found(own: Assets, path: str) -> None:
    with pytest.raises(HTTPNotFound):
        served(own, path.replace("{hash}", own.url("app.css").split("/")[2]))


# -- our own files -----------------------------------------------------------------------------------------------------


def test_every_own_file_is_served(own: Assets) -> None:
    on_disk = {path.relative_to(WEB / "static").as_posix() for path in (WEB / "static").rglob("*.*")}

    assert on_disk <= set(own.names)


def weight(assets: Assets, names: Iterable[str]) -> int:
    """Of styles and scripts as they travel."""
    loaded = [assets.get(name) for name in names if name.endswith((".css", ".js"))]
    return sum(len(asset.packed or asset.content) for asset in loaded)


def loaded_by(template: Path) -> set[str]:
    return set(NAMED.findall(template.read_text("utf-8")))


def test_a_page_weighs_little(own: Assets) -> None:
    """What the frame loads with what the page does itself."""
    frame = set().union(*(loaded_by(WEB / "templates" / name) for name in FRAME))
    pages = {template: frame | loaded_by(template) for template in templates()}
    weights = {
        template.name: weight(own, names)
        for template, names in pages.items()
        if not any(name.startswith(FOR_WRITING) for name in names)
    }

    assert weight(own, frame) > 40_000
    assert {name: size for name, size in weights.items() if size > LARGEST_PAGE_BYTES} == {}


def test_no_page_loads_what_the_frame_loads(own: Assets) -> None:
    """A library that is there twice does everything twice."""
    frame = {name for each in FRAME for name in loaded_by(WEB / "templates" / each)} - {"logo.svg"}
    again = {template: loaded_by(template) & frame for template in templates() if template.name not in FRAME}

    assert {template: names for template, names in again.items() if names} == {}


def test_styles_load_nothing_from_elsewhere(own: Assets) -> None:
    assert "@import" not in own.get("app.css").content.decode()
    assert re.findall(r"url\((?!\"data:)", own.get("app.css").content.decode()) == []


def templates() -> Iterator[Path]:
    return Path(str(files("mailhub"))).glob("**/templates/**/*.jinja2")


def test_templates_name_only_files_and_icons_there_are(own: Assets) -> None:
    for template in templates():
        for name in loaded_by(template):
            assert own.url(name), template
        for name in re.findall(r"\bicon\(['\"]([^'\"]+)['\"]", template.read_text("utf-8")):
            assert own.icon(name), template


def test_templates_of_pages_have_no_inline_script_style_or_handler() -> None:
    """The content security policy of pages forbids each of them."""
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=|\shx-on|javascript:", re.IGNORECASE)
    for template in templates():
        if "web" in template.parts:
            source = template.read_text("utf-8")
            scripts = re.findall(r"<script[^>]*>", source)
            assert forbidden.findall(source) == [], template
            assert all(" src=" in tag or 'type="application/json"' in tag for tag in scripts), template
