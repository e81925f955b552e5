"""Every text that a person can read is a translation string, made with ``_`` of a constant.

Texts stand in known places (titles, help, what an error says); sentences are found wherever they stand.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Set

from tools.code_scan import source_files
from tools.pages import ROOT

SHOWN = frozenset({"description", "help", "max_err", "min_err", "msg", "summary", "title", "use_when"})
"""Keyword arguments that people read, whatever is called."""

PLACES = {
    "CommandEnded": 0,
    "FieldError": 2,
    "Invalid.of": 2,
    "Refusal": 0,
    "SettingsNotice": 1,
    "coded_invalid": 1,
    "colander.Invalid": 1,
    "hint.help_text": 0,
    "hint.unit": 0,
}
"""Where a text stands among the arguments of what carries one; errors of the two trees say theirs first."""

WORD = re.compile(r"[^\W\d_]{2}")
PRODUCT = "mailhub"
"""A name is the same in all languages."""

ROOTS = frozenset({"HubError", "DeliveryError"})
STATED = frozenset({"Denied", "NotFound", "Permanent", "Transient", "WrongState"})
"""Some of them, so that the search for the others is known to work."""

SENTENCE = re.compile(r"[A-Z][a-z]*\b.* .*[.!?:]", re.DOTALL)
TRANSLATED = frozenset({"_", "in_context", "pluralized"})
"""Calls whose texts are taken into the catalogues."""

NOT_FOR_PEOPLE = re.compile(r"log(?:ger)?\.\w+|\w*log\.\w+|warnings\.\w+|\w*Error|ET\.\w+|hint\.example")
"""Calls whose texts are for whoever reads logs or code, log lines and errors of Python for mistakes in code, or are data."""


HIERARCHY = "\n".join(f"class {name}(HubError): pass" for name in sorted(STATED))


def test_each_place_of_a_text_is_looked_at() -> None:
    source = '''
class Odd(Denied):
    """An error. It is odd."""
raise Odd("No way")
raise Odd(_("No way"))
raise NotFound(f"No {name}")
raise WrongState("No " + name)
raise Denied("No {}".format(name))
FieldError("/a", "a.b", "No")
node(title="Name", validator=Range(min_err=_("Small")))
log.warning("This is for the log. %s", name)
raise ValueError("This is for programmers. Really.")
said = "You cannot do this here."
label = _(f"Hello {name}")
said = request.pluralized("One file was added.", "${count} files were added.", n)
schema = {"type": "object", "description": "A thing"}
'''
    lines = source.splitlines()
    found = [
        lines[number - 1].strip() for number in sorted(plain_texts(source, errors_in([HIERARCHY, source])))
    ]
    assert found == [
        'raise Odd("No way")',
        'raise NotFound(f"No {name}")',
        'raise WrongState("No " + name)',
        'raise Denied("No {}".format(name))',
        'FieldError("/a", "a.b", "No")',
        'node(title="Name", validator=Range(min_err=_("Small")))',
        'said = "You cannot do this here."',
        'label = _(f"Hello {name}")',
        'schema = {"type": "object", "description": "A thing"}',
    ]


def test_every_text_for_people_can_be_translated() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in source_files()}
    errors = errors_in(sources.values())
    assert errors >= STATED
    found = {path: numbers for path, source in sources.items() if (numbers := plain_texts(source, errors))}
    assert not found, "wrap the texts in these lines in _(...)"


def plain_texts(source: str, errors: Set[str]) -> set[int]:
    """The lines on which a person is told something that nobody can translate."""
    tree = ast.parse(source)
    aside = {id(each) for node in ast.walk(tree) for each in _set_aside(node)}
    found = ((node, text) for node in ast.walk(tree) for text in _texts_of(node, errors))
    return {int(getattr(node, "lineno", 0)) for node, text in found if id(text) not in aside}


def _texts_of(node: ast.AST, errors: Set[str]) -> Iterator[ast.AST]:
    """Texts in the place of one that is shown, and sentences anywhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.fullmatch(node.value):
        yield node
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (value for key, value in pairs if _names_text(key) and _is_made_of_text(value))
    if not isinstance(node, ast.Call):
        return
    called = ast.unparse(node.func)
    place = PLACES.get(called, 0 if called.split(".")[0] in errors | {"_"} else None)
    given = [] if place is None else node.args[place : place + 1]
    given += [each.value for each in node.keywords if each.arg in SHOWN]
    yield from (
        each for each in given if _is_made_of_text(each) and not (called == "_" and _is_constant(each))
    )


def _names_text(key: ast.AST | None) -> bool:
    return isinstance(key, ast.Constant) and key.value in ("description", "title")


def _is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)


def _is_made_of_text(node: ast.AST) -> bool:
    """A constant with a word in it, or something put together with one."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and WORD.search(node.value) is not None and node.value != PRODUCT
    if isinstance(node, ast.BinOp):
        return _is_made_of_text(node.left) or _is_made_of_text(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join") and _is_made_of_text(node.func.value)
    return isinstance(node, ast.JoinedStr) and any(map(_is_made_of_text, node.values))


def _set_aside(node: ast.AST) -> Iterator[ast.AST]:
    """What looks like a text and is none: docstrings, what is translated, what no person reads."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    if isinstance(node, ast.Call) and (
        called.rpartition(".")[2] in TRANSLATED or (called not in PLACES and NOT_FOR_PEOPLE.fullmatch(called))
    ):
        for argument in node.args:
            yield from (each for each in ast.walk(argument) if isinstance(each, ast.Constant))


def errors_in(sources: Iterable[str]) -> set[str]:
    """The names of all classes of the two trees of errors that say their text first."""
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
    }
    found = set(ROOTS)
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found - {"Invalid"}
