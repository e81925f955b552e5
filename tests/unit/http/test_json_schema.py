"""The published JSON Schema accepts exactly what the strict pass accepts; what it cannot say is an error."""

import re
from collections import Counter
from typing import Any

import colander
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mailhub.contract import schema_hints as hint
from mailhub.contract.sender import UncertainSettings
from mailhub.errors import Invalid
from mailhub.http.json_schema import JsonSchemas, json_schema_of
from mailhub.http.validator_schemas import Undescribed
from mailhub.schema_types import JsonObject
from mailhub.strict_values import strict_values
from tests.unit.http import samples


def accepted_by_hub(schema: Any, value: Any, *, partial: bool) -> bool:
    try:
        strict_values(schema, value, partial=partial)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "partial"),
    [(name, False) for name in samples.SAMPLES] + [(name, True) for name in samples.MAPPINGS],
)
def test_both_sides_accept_the_same(name: str, partial: bool) -> None:
    schema = samples.SAMPLES[name]()
    published = Draft202012Validator(json_schema_of(schema, "partial" if partial else "request"))
    seen: Counter[bool] = Counter()

    @settings(max_examples=400, deadline=None)
    @given(value=samples.nearly_right(schema))
    def compare(value: Any) -> None:
        accepted = accepted_by_hub(schema, value, partial=partial)
        seen[accepted] += 1
        assert published.is_valid(value) is accepted, value

    compare()
    assert min(seen[True], seen[False]) >= 2


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_each_is_a_json_schema(name: str) -> None:
    for use in ("request", "partial", "reply"):
        Draft202012Validator.check_schema(json_schema_of(samples.SAMPLES[name](), use))


def node(typ: Any, **options: Any) -> Any:
    return colander.SchemaNode(typ, name="it", **options)


@pytest.mark.parametrize(
    "wrong",
    [
        node(colander.Money()),
        node(colander.Mapping()),
        node(colander.Mapping(unknown="preserve")),
        node(colander.String(), validator=lambda node, value: None),
        node(colander.String(), validator=colander.All(colander.Length(max=1), colander.luhnok)),
        node(colander.String(), validator=colander.deferred(lambda node, kw: None)),
        node(colander.String(), validator=colander.Regex("a", flags=re.IGNORECASE)),
        node(colander.String(), validator=colander.Range(max=1)),
        node(colander.Integer(), validator=colander.Length(max=1)),
        node(colander.String(), visible_wen=("a", ("b",))),
        node(colander.String(), widget="a text area"),
    ],
)
def test_what_nothing_describes_is_an_error(wrong: Any) -> None:
    with pytest.raises(Undescribed, match="'it'"):
        json_schema_of(wrong)


def test_a_validator_of_ones_own_says_what_it_demands() -> None:
    @hint.described_as({"pattern": "^a"})
    def begins_with_a(node: Any, value: str) -> None:
        if not value.startswith("a"):
            raise colander.Invalid(node, "no a")

    assert json_schema_of(node(colander.String(), validator=begins_with_a))["pattern"] == "^a"


def test_texts_units_and_examples_are_told() -> None:
    schema = node(
        colander.Integer(),
        title="Limit",
        description="At most.",
        missing=30,
        validator=colander.Range(min=0),
        **hint.unit("per minute"),
        **hint.help_text("0 is none."),
        **hint.example(5),
    )
    assert json_schema_of(schema) == {
        "title": "Limit",
        "description": "At most. 0 is none.",
        "examples": [5],
        "default": 30,
        "x-hints": {"unit": "per minute"},
        "type": "integer",
        "minimum": 0,
        "maximum": 2**53 - 1,
    }


def test_secrets_are_written_and_never_read() -> None:
    schema = samples.Conditional()
    assert json_schema_of(schema)["properties"]["secret"]["writeOnly"] is True
    assert json_schema_of(schema, "reply")["properties"]["secret"]["properties"] == {
        "is_set": {"type": "boolean"}
    }


def test_what_may_be_null_in_a_change_of_a_secret() -> None:
    published = Draft202012Validator(json_schema_of(samples.Conditional(), "partial"))
    for value in (None, "x", {"is_set": True}):
        assert published.is_valid({"secret": value})
    assert not published.is_valid({"secret": {"is_set": 1}})


def test_read_only_fields_are_in_replies_alone() -> None:
    assert "id" not in json_schema_of(samples.Conditions())["properties"]
    assert "id" in json_schema_of(samples.Conditions(), "reply")["required"]


class Holder(colander.MappingSchema):
    connector = colander.SchemaNode(colander.String())
    settings = colander.SchemaNode(colander.Mapping(), missing={}, **hint.settings_of("connector"))


class TestSettingsOfConnectors:
    SCHEMAS = {"cond": samples.Conditional, "uncertain": UncertainSettings}

    def resolved(self, use: Any) -> Any:
        schemas = JsonSchemas(self.SCHEMAS)
        reference = schemas.reference(Holder, use)
        return Draft202012Validator(
            {"$ref": reference["$ref"], "components": {"schemas": schemas.components}}
        )

    def test_each_connector_has_its_variant(self) -> None:
        schemas = JsonSchemas(self.SCHEMAS)
        schemas.reference(Holder, "request")
        assert schemas.components["Holder"]["discriminator"] == {
            "propertyName": "connector",
            "mapping": {
                "cond": "#/components/schemas/Holder.cond",
                "uncertain": "#/components/schemas/Holder.uncertain",
            },
        }

    @given(connector=st.sampled_from(["cond", "uncertain"]), value=st.data())
    def test_both_sides_accept_the_same(self, connector: str, value: st.DataObject) -> None:
        schema = value.draw(st.sampled_from(list(self.SCHEMAS.values())))()
        sent = {"connector": connector, "settings": value.draw(samples.nearly_right(schema))}
        try:
            strict_values(Holder(), sent, settings_schemas=self.SCHEMAS)
        except Invalid:
            accepted = False
        else:
            accepted = True
        assert self.resolved("request").is_valid(sent) is accepted

    def test_an_account_without_its_connector_can_be_read(self) -> None:
        assert self.resolved("reply").is_valid({"connector": "gone", "settings": {"any": 1}})
        assert not self.resolved("reply").is_valid(
            {"connector": "uncertain", "settings": {"on_uncertain": 1}}
        )

    def test_changes_may_be_any_connectors(self) -> None:
        class Change(colander.MappingSchema):
            settings = colander.SchemaNode(colander.Mapping(), **hint.settings_of("connector"))

        schemas = JsonSchemas(self.SCHEMAS)
        schemas.reference(Change, "partial")
        (field,) = schemas.components["ChangeChanges"]["properties"].values()
        assert [each["$ref"].split("/")[-1] for each in field["anyOf"]] == [
            "Settings.condChanges",
            "Settings.uncertainChanges",
        ]

    def test_two_schemas_of_one_name_are_an_error(self) -> None:
        def Holder() -> Any:  # noqa: N802 - the name of another schema
            return node(JsonObject())

        schemas = JsonSchemas(self.SCHEMAS)
        schemas.reference(globals()["Holder"], "request")
        with pytest.raises(Undescribed, match="two schemas are named Holder"):
            schemas.reference(Holder, "request")
