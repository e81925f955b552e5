"""Nothing that people meet is undocumented: settings, hooks, calls, permissions, events, error codes, links, snippets."""

import re
import shlex
from pathlib import Path

import pytest

from mailhub.cli.main import make_parser
from mailhub.contract.texts import plain
from mailhub.events.catalogue import CATALOGUE
from mailhub.http.codes import STATUS_BY_CODE, TITLES
from mailhub.people.permissions import PERMISSION_SETS, SCOPES, Permission
from mailhub.settings import SETTINGS
from tools import write_api, write_errors, write_events, write_permissions
from tools.code_scan import all_codes, codes_in, constants, dotted_constants
from tools.code_texts import API, DELIVERY, NOTES, OTHER_NAMES, PROGRAMS, UNSEEN
from tools.endpoints import mounted, shown
from tools.pages import ROOT, Pages

DOCS = ROOT / "docs"
WRITERS = (write_api, write_errors, write_events, write_permissions)
GENERATED: Pages = {path: text for writer in WRITERS for path, text in writer.expected().items()}
DOCUMENTED = {*API, *DELIVERY, *NOTES, *PROGRAMS, *UNSEEN}
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
BY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_page_made_of_the_code_is_up_to_date(path: Path) -> None:
    assert path.read_text() == GENERATED[path], "run `make reference`"


# -- error codes ---------------------------------------------------------------------------------------------------


def test_the_scan_finds_a_code_wherever_an_error_gets_one() -> None:
    source = """
class Gone(HubError):
    code = "thing.gone"
raise WrongState(_("No."), code="thing.busy")
FieldError("/a", "thing.odd", _("No."))
Invalid.of("/a", "thing.bad" if odd else "thing.worse", _("No."))
"""
    assert codes_in(source) == {"thing.gone", "thing.busy", "thing.odd", "thing.bad", "thing.worse"}


def test_every_code_of_the_source_is_in_a_list() -> None:
    missing = {each: files for each, files in all_codes().items() if each not in DOCUMENTED}
    assert not missing, "give them words in tools/code_texts.py"


def test_whatever_looks_like_a_code_of_a_known_area_is_one() -> None:
    areas = {each.partition(".")[0] for each in DOCUMENTED}
    known = DOCUMENTED | CATALOGUE.keys() | set(Permission) | OTHER_NAMES
    assert not {each for each in dotted_constants() if each.partition(".")[0] in areas} - known


def test_no_list_has_a_code_that_nothing_uses() -> None:
    used = constants()
    assert not {each for each in DOCUMENTED if each not in used}


def test_every_code_of_the_api_s_catalogue_has_words_and_a_title() -> None:
    assert STATUS_BY_CODE.keys() == API.keys()
    assert set(STATUS_BY_CODE.values()) <= TITLES.keys()


def test_every_code_a_call_declares_is_in_the_reference() -> None:
    text = write_errors.PAGE.read_text()
    declared = {ref if isinstance(ref, str) else ref[1] for each in mounted() for ref in each.problems}
    assert not {each for each in declared if f"| `{each}` |" not in text}


# -- calls, permissions, events ------------------------------------------------------------------------------------


def test_every_call_is_in_the_reference_with_its_permission() -> None:
    lines = write_api.PAGE.read_text().splitlines()
    for each in mounted():
        [row] = [line for line in lines if line.startswith(f"| `{shown(each)}` |")]
        assert f"| `{each.permission}` |" in row
        assert plain(each.summary) in row


def test_every_permission_set_and_scope_is_in_the_reference() -> None:
    text = write_permissions.PAGE.read_text()
    assert not [name for name in (*Permission, *PERMISSION_SETS, *SCOPES) if f"| `{name}` |" not in text]


def test_every_event_is_in_the_reference_with_its_dimensions() -> None:
    text = write_events.PAGE.read_text()
    for name, event in CATALOGUE.items():
        section = text.partition(f"### `{name}`\n")[2].partition("\n###")[0]
        assert not [each for each in event.dimensions if f"`{each}`" not in section], name


# -- pages ---------------------------------------------------------------------------------------------------------


@BY_PAGE
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?://)([^)#\s]+)", text)
    assert not [target for target in targets if not (page.parent / target).exists()]


@BY_PAGE
def test_settings_that_a_page_names_exist(page: Path) -> None:
    known = {setting.ini_name for setting in SETTINGS}
    named = set(re.findall(r"`(mailhub\.[a-z_]+\.[a-z_]+)`", page.read_text()))
    modules = {f"mailhub.{path.parent.name}.{path.stem}" for path in (ROOT / "src/mailhub").glob("*/*.py")}
    assert not named - known - modules


@BY_PAGE
def test_codes_that_a_page_names_exist(page: Path) -> None:
    """A code or event that a page writes as code is one of today's."""
    areas = {each.partition(".")[0] for each in DOCUMENTED}
    found = set(re.findall(r"`([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)`", page.read_text()))
    known = DOCUMENTED | CATALOGUE.keys() | set(Permission) | OTHER_NAMES
    looks_like = {each for each in found if each.partition(".")[0] in areas}
    assert not {each for each in looks_like if not each.endswith((".py", ".md"))} - known


def commands_of(page: Path) -> list[list[str]]:
    """The arguments of each ``mailhub`` command in the shell blocks of a page."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    words = (shlex.split(line, comments=True) for line in lines)
    found = []
    for each in words:
        programs = [number for number, word in enumerate(each) if word.rpartition("/")[2] == "mailhub"]
        is_run = programs and not each[0].startswith(("cp", "mkdir", "systemctl", "adduser", "install"))
        found += [each[programs[-1] + 1 :]] if is_run else []
    return found


@BY_PAGE
def test_commands_that_a_page_shows_are_understood(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands_of(page):
        try:
            make_parser().parse_args(command)
        except SystemExit:
            pytest.fail(f"mailhub {shlex.join(command)}: {capsys.readouterr().err}")
