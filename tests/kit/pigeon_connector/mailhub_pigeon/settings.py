"""Settings of every kind: nested ones, a secret, lists, a choice that shows other fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import colander

from mailhub.contract import schema_hints as hint

DAYS = (("mon", "Monday"), ("wed", "Wednesday"), ("fri", "Friday"))


@hint.described_as({})
def names_differ(node: Any, birds: Sequence[Mapping[str, Any]]) -> None:
    """No two birds have one name: a rule of the plugin's own, whose mistake belongs to one field of one row."""
    called = [bird["called"] for bird in birds]
    for place, name in enumerate(called):
        if name in called[:place]:
            bird = colander.Invalid(node.children[0])
            bird["called"] = f"Another bird is called {name}."
            mistake = colander.Invalid(node)
            mistake.add(bird, place)
            raise mistake


class Stops(colander.SequenceSchema):
    stop = colander.SchemaNode(colander.String(), title="Stop", validator=colander.Length(max=12))


class Bird(colander.MappingSchema):
    called = colander.SchemaNode(colander.String(), title="Called")
    weight = colander.SchemaNode(colander.Float(), title="Weight", missing=300.0, **hint.unit("g"))
    ringed = colander.SchemaNode(colander.Boolean(), title="Ringed", missing=False)
    ring_number = colander.SchemaNode(
        colander.Integer(), title="Ring number", missing=None, **hint.visible_when("ringed", True)
    )


class Birds(colander.SequenceSchema):
    bird = Bird(title="Bird")


class Days(colander.SequenceSchema):
    day = colander.SchemaNode(
        colander.String(),
        title="Day",
        validator=colander.OneOf([day for day, _title in DAYS]),
        **hint.choice(*DAYS),
    )


class Basket(colander.MappingSchema):
    lining = colander.SchemaNode(
        colander.String(),
        title="Lining",
        missing="straw",
        validator=colander.OneOf(["straw", "hay"]),
        **hint.choice(("straw", "Straw"), ("hay", "Hay")),
    )
    places = colander.SchemaNode(
        colander.Integer(), title="Places", missing=2, validator=colander.Range(min=1, max=9)
    )


class Escort(colander.MappingSchema):
    hawk = colander.SchemaNode(
        colander.String(), title="Hawk", **hint.help_text("The bird that flies along.")
    )
    height = colander.SchemaNode(colander.Integer(), title="Height", missing=None, **hint.unit("m"))


class PigeonSettings(colander.MappingSchema):
    loft = colander.SchemaNode(
        colander.String(),
        title="Loft",
        validator=colander.Length(max=40),
        **hint.help_text("Where the pigeons come home to."),
        **hint.example("North tower"),
    )
    signing = colander.SchemaNode(
        colander.String(),
        title="Signing",
        missing="none",
        validator=colander.OneOf(["none", "ring", "seal"]),
        **hint.choice(("none", "Not at all"), ("ring", "By a ring"), ("seal", "By a seal")),
        **hint.help_text("How a pigeon shows whose it is."),
    )
    ring_key = colander.SchemaNode(
        colander.String(),
        title="Ring key",
        missing=None,
        **hint.secret(bound_to=("loft",)),
        **hint.visible_when("signing", "ring"),
        **hint.help_text("Whoever knows it can send in your name."),
    )
    wax = colander.SchemaNode(
        colander.String(), title="Wax", missing="red", **hint.visible_when("signing", "ring", "seal")
    )
    speed = colander.SchemaNode(
        colander.Integer(),
        title="Speed",
        missing=None,
        validator=colander.Range(min=1, max=90),
        **hint.unit("km/h"),
    )
    night = colander.SchemaNode(colander.Boolean(), title="Fly at night", missing=True)
    since = colander.SchemaNode(colander.Date(), title="Since", missing=None)
    orders = colander.SchemaNode(colander.String(), title="Orders", missing="", **hint.multiline())
    days = Days(title="Days", missing=())
    stops = Stops(title="Stops", missing=())
    birds = Birds(title="Birds", missing=(), validator=names_differ)
    basket = Basket(title="Basket", missing={"lining": "straw", "places": 2})
    escort = Escort(title="Escort", missing=None)
