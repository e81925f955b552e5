"""For any schema: what a form is filled with is what a browser, touching nothing, sends back."""

import string
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import colander
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.schema_types import Alternatives, JsonObject, TextMap
from mailhub.strict_values import strict_values
from mailhub.web.forms import Form
from tests.kit.forms import Reader, faults_of, submitted

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=6).map(lambda name: f"n_{name}")
# what HTML can carry: no control characters, no half characters, line breaks as \n
TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), include_characters="\n\t"), max_size=12
)
WHOLE_TEXTS = TEXTS.filter(lambda text: bool(text.strip()))
PRIORITIES = ("high", "normal", "low", "lower", "lowest")
ADDRESSES = st.from_regex(r"\A[a-z]{1,5}@[a-z]{1,5}\.example\Z")


@dataclass
class Kind:
    """How a node of some kind is made, and which values it may have."""

    make: Any
    values: st.SearchStrategy[Any]


def node(typ: Any, **more: Any) -> Any:
    return lambda name, **extra: colander.SchemaNode(typ, name=name, title=_("Title"), **more, **extra)


class AddressChoice(colander.SchemaNode):
    schema_type = Alternatives
    text = colander.SchemaNode(colander.String(), title=_("Address"), **hint.address())
    fields = colander.SchemaNode(
        colander.Mapping(),
        colander.SchemaNode(colander.String(allow_empty=True), name="name", missing=None),
        colander.SchemaNode(colander.String(), name="address", **hint.address()),
        title=_("Fields"),
    )


def _addresses(name: str, **more: Any) -> Any:
    return colander.SchemaNode(
        colander.Sequence(), AddressChoice(name="address"), name=name, title=_("To"), **more
    )


CHOICES = hint.choice(*((each, each.title()) for each in PRIORITIES))
SCALARS: dict[str, Kind] = {
    "text": Kind(node(colander.String(allow_empty=True)), TEXTS),
    "text that is needed": Kind(node(colander.String()), WHOLE_TEXTS),
    "long text": Kind(node(colander.String(allow_empty=True), **hint.multiline()), TEXTS),
    "rich text": Kind(node(colander.String(allow_empty=True), **hint.rich_text()), TEXTS),
    "whole number": Kind(
        node(colander.Integer(), **hint.unit(_("seconds"))), st.integers(-(2**53) + 1, 2**53 - 1)
    ),
    "number": Kind(node(colander.Float()), st.floats(allow_nan=False, allow_infinity=False)),
    "switch": Kind(node(colander.Boolean()), st.booleans()),
    "few choices": Kind(
        node(colander.String(), validator=colander.OneOf(("a", "b"))), st.sampled_from(["a", "b"])
    ),
    "many choices": Kind(
        node(colander.String(), validator=colander.OneOf(PRIORITIES), **CHOICES), st.sampled_from(PRIORITIES)
    ),
    "choice of numbers": Kind(
        node(colander.Integer(), validator=colander.OneOf((1, 2, 4))), st.sampled_from([1, 2, 4])
    ),
    "day": Kind(node(colander.Date()), st.dates(min_value=date(1000, 1, 1))),
    "moment": Kind(
        node(colander.DateTime()),
        st.datetimes(datetime(1900, 1, 2), datetime(2900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    "address": Kind(node(colander.String(), **hint.address()), ADDRESSES),
    "file": Kind(node(colander.String(), **hint.file("image/png")), st.from_regex(r"\A[A-Za-z0-9_-]{22}\Z")),
    "object": Kind(
        node(JsonObject()),
        st.dictionaries(st.text(string.printable, max_size=3), st.integers(0, 9) | st.none(), max_size=3),
    ),
    "texts by name": Kind(node(TextMap()), st.dictionaries(NAMES, TEXTS, max_size=2)),
}


CHOSEN = [kind for name, kind in SCALARS.items() if "choice" in name]


def _nullable(kind: Kind) -> Kind:
    """Null is a value too, and what an empty control means."""
    values = kind.values.filter(lambda value: value not in ("", {})) | st.none()
    return Kind(lambda name: kind.make(name, missing=None), values)


def _many(kind: Kind) -> Kind:
    """A list. Empty rows and what only consists of blanks cannot be told from nothing; choices are each there once."""
    if kind in CHOSEN:
        return _some_of(("a", "b"))

    def make(name: str, **more: Any) -> Any:
        item = kind.make("item")
        return colander.SchemaNode(colander.Sequence(), item, name=name, title=_("Things"), **more)

    kept = kind.values.filter(lambda value: not isinstance(value, str) or bool(value.strip()))
    return Kind(make, st.lists(kept, max_size=3))


def _some_of(options: tuple[str, ...]) -> Kind:
    def make(name: str, **more: Any) -> Any:
        item = colander.SchemaNode(colander.String(), name="item", validator=colander.OneOf(options))
        return colander.SchemaNode(colander.Sequence(), item, name=name, title=_("Some"), **more)

    picked = st.sets(st.sampled_from(options)).map(lambda found: [each for each in options if each in found])
    return Kind(make, picked)


@st.composite
def _mappings(draw: Any, inner: st.SearchStrategy[Kind]) -> Kind:
    kinds = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))

    def make(name: str, **more: Any) -> Any:
        children = [kind.make(each) for each, kind in kinds.items()]
        return colander.SchemaNode(colander.Mapping(), *children, name=name, title=_("Parts"), **more)

    return Kind(make, st.fixed_dictionaries({name: kind.values for name, kind in kinds.items()}))


scalars = st.sampled_from(list(SCALARS.values()))
containers = st.deferred(
    lambda: (
        scalars.map(_nullable)
        | scalars.map(_many)
        | scalars.map(_many).map(_nullable_list)
        | st.just(_some_of(PRIORITIES))
        | st.just(_nullable_list(_some_of(PRIORITIES)))
        | st.just(Kind(_addresses, st.lists(ADDRESSES, max_size=4)))
        | _mappings(scalars)
        | _mappings(scalars).map(_nullable)
        | _mappings(scalars | scalars.map(_many)).map(_many)
    )
)
schemas = _mappings(scalars | containers)


def _nullable_list(kind: Kind) -> Kind:
    return Kind(lambda name: kind.make(name, missing=None), kind.values | st.none())


def as_json(value: Any) -> Any:
    """As the API takes it."""
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def form_of(schema: Any, locale: str = "en") -> Form:
    return Form(schema, Reader(locale), id="it", action="/it", submit=_("Save"))


@settings(deadline=None, max_examples=80)
@given(data=st.data(), locale=st.sampled_from(["en", "fr"]))
def test_what_is_filled_in_comes_back(data: st.DataObject, locale: str) -> None:
    kind = data.draw(schemas)
    value = data.draw(kind.values)
    by_api = strict_values(kind.make("it"), as_json(value))
    form = form_of(kind.make("it"), locale)
    form.fill(value)
    html = form.render()
    assert form_of(kind.make("it"), locale).read(submitted(html)) == by_api
    assert faults_of(html) == []


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_what_is_shown_again_after_a_reading_is_what_was_sent(data: st.DataObject) -> None:
    kind = data.draw(schemas)
    form = form_of(kind.make("it"))
    form.fill(data.draw(kind.values))
    sent = submitted(form.render())
    again = form_of(kind.make("it"))
    again.read(sent)
    assert submitted(again.render()) == sent


@pytest.mark.parametrize("name", SCALARS)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_every_kind_comes_back_alone_in_a_row_and_where_null_is_a_value(
    name: str, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from([SCALARS[name], _nullable(SCALARS[name]), _many(SCALARS[name])]))
    schema = colander.SchemaNode(colander.Mapping(), kind.make("it"))
    value = {"it": data.draw(kind.values)}
    form = form_of(schema)
    form.fill(value)
    assert form.read(submitted(form.render())) == strict_values(schema, as_json(value))
