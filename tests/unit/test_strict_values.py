"""The strict pass: exactly the JSON type that is asked for, every mistake, and nothing coerced."""

import json
from datetime import UTC, date, datetime
from typing import Any

import colander
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.contract import schema_hints as hint
from mailhub.contract.sender import SenderSettings
from mailhub.errors import Invalid
from mailhub.schema_errors import coded_invalid
from mailhub.schema_types import Alternatives, JsonObject, JsonValue, TextMap
from mailhub.schema_walk import present_settings, secrets_of
from mailhub.strict_values import check_values, strict_values

SCALARS: dict[str, tuple[Any, Any]] = {
    "text": (colander.String(allow_empty=True), str),
    "whole number": (colander.Integer(), int),
    "true or false": (colander.Boolean(), bool),
    "list": (None, list),
    "object": (JsonObject(), dict),
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def mistakes(schema: Any, value: Any, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        strict_values(schema, value, **options)
    return [(error.pointer, error.code) for error in caught.value.errors]


def scalar(typ: Any, **options: Any) -> Any:
    return colander.SchemaNode(typ, name="it", **options)


def mapping(*children: Any, **options: Any) -> Any:
    return colander.SchemaNode(colander.Mapping(), *children, **options)


class TestTypes:
    @given(value=json_values)
    @pytest.mark.parametrize("kind", SCALARS)
    def test_a_value_is_taken_as_it_is_or_refused(self, kind: str, value: Any) -> None:
        typ, python_type = SCALARS[kind]
        node = (
            scalar(typ)
            if typ
            else colander.SchemaNode(colander.Sequence(), scalar(JsonValue(), missing=None))
        )
        if type(value) is not python_type:
            assert mistakes(node, value) == [("", "schema.wrong_type")]
        elif "\0" in json.dumps(value, ensure_ascii=False) or "\\u0000" in json.dumps(value):
            assert {code for _pointer, code in mistakes(node, value)} == {"schema.invalid"}
        else:
            assert strict_values(node, value) == value

    @pytest.mark.parametrize("value", ["3", 3.0, 3.7, True, [3], {"n": 3}])
    def test_no_number_is_made_of_anything_else(self, value: Any) -> None:
        assert mistakes(scalar(colander.Integer()), value) == [("", "schema.wrong_type")]

    @pytest.mark.parametrize("value", ["banana", "true", 1, 0, "", []])
    def test_only_true_is_true(self, value: Any) -> None:
        assert mistakes(scalar(colander.Boolean()), value) == [("", "schema.wrong_type")]

    @pytest.mark.parametrize("value", [2**53, -(2**53)])
    def test_numbers_that_readers_disagree_about_are_refused(self, value: int) -> None:
        assert mistakes(scalar(colander.Integer()), value) == [("", "schema.invalid")]
        assert mistakes(scalar(colander.Float()), 10**400) == [("", "schema.invalid")]

    def test_a_number_with_a_fraction_may_be_whole(self) -> None:
        assert strict_values(scalar(colander.Float()), 3) == 3.0
        assert mistakes(scalar(colander.Float()), True) == [("", "schema.wrong_type")]

    @pytest.mark.parametrize(
        ("text", "at"),
        [
            ("2026-11-24T09:30:00Z", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
            ("2026-11-24t09:30:00.25+02:00", datetime(2026, 11, 24, 7, 30, 0, 250_000, tzinfo=UTC)),
        ],
    )
    def test_times_have_an_offset_and_become_utc(self, text: str, at: datetime) -> None:
        read = strict_values(scalar(colander.DateTime()), text)
        assert read == at
        assert read.tzinfo is UTC

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-24T09:30:00", "2026-11-24", "2026-11-24 09:30:00Z", "20261124T093000Z", "2026-02-30T00:00:00Z",
            "2026-11-24T09:30Z", "2026-11-24T25:00:00Z", "0001-01-01T00:00:00+14:00", "", "٢٠٢٦-11-24T09:30:00Z",
        ],
    )  # fmt: skip
    def test_other_times_are_refused(self, text: str) -> None:
        assert mistakes(scalar(colander.DateTime()), text) == [("", "schema.invalid")]

    def test_dates(self) -> None:
        assert strict_values(scalar(colander.Date()), "2026-11-24") == date(2026, 11, 24)
        for wrong in ("20261124", "2026-02-30", "2026-W48-2"):
            assert mistakes(scalar(colander.Date()), wrong) == [("", "schema.invalid")]
        assert mistakes(scalar(colander.Date()), 20261124) == [("", "schema.wrong_type")]

    @pytest.mark.parametrize("options", [{"missing": None}, {"nullable": True}])
    def test_null_only_where_it_is_a_value(self, options: Any) -> None:
        assert strict_values(scalar(colander.String(), **options), None) is None
        assert mistakes(scalar(colander.String()), None) == [("", "schema.wrong_type")]
        assert mistakes(scalar(colander.String(), missing="x"), None) == [("", "schema.wrong_type")]

    def test_an_empty_text_is_none_unless_allowed(self) -> None:
        assert mistakes(scalar(colander.String(), missing=None), "") == [("", "schema.required")]
        assert strict_values(scalar(colander.String(allow_empty=True)), "") == ""

    def test_an_empty_text_that_is_the_default_can_be_written_as_it_was_read(self) -> None:
        assert strict_values(scalar(colander.String(), missing=""), "") == ""

    def test_alternatives_are_told_apart_by_their_type(self) -> None:
        node = scalar(Alternatives())
        node.add(scalar(colander.String()))
        node.add(mapping(colander.SchemaNode(colander.String(), name="address")))
        assert strict_values(node, "ada@example.com") == "ada@example.com"
        assert strict_values(node, {"address": "ada@example.com"}) == {"address": "ada@example.com"}
        assert mistakes(node, {"adress": "x"}) == [
            ("/address", "schema.required"),
            ("/adress", "schema.unknown_field"),
        ]
        assert mistakes(node, 7) == [("", "schema.wrong_type")]

    def test_open_objects_hold_only_texts_that_can_be_stored(self) -> None:
        assert strict_values(scalar(JsonObject()), {"a": [{"b": None}]}) == {"a": [{"b": None}]}
        assert mistakes(scalar(JsonObject()), {"a": [{"b": "\0"}]}) == [("", "schema.invalid")]
        assert mistakes(scalar(JsonObject()), {"\ud800": 1}) == [("", "schema.invalid")]
        assert mistakes(scalar(TextMap()), {"a": 1}) == [("", "schema.wrong_type")]
        assert mistakes(scalar(TextMap(max_length=2)), {"a": "abc"}) == [("", "schema.invalid")]

    def test_a_type_that_nobody_reads_is_a_mistake_of_the_schema(self) -> None:
        with pytest.raises(TypeError, match="Money"):
            strict_values(scalar(colander.Money()), "1.00")


class TestMistakes:
    def test_pointers_are_escaped(self) -> None:
        assert mistakes(mapping(), {"a/b~c": 1}) == [("/a~1b~0c", "schema.unknown_field")]

    def test_a_validator_may_carry_a_code_also_within_all(self) -> None:
        def taken(node: Any, value: str) -> None:
            raise coded_invalid(node, "taken", "account.name_taken")

        node = scalar(colander.String(), validator=colander.All(colander.Length(max=1), taken))
        assert mistakes(node, "ab") == [("", "schema.invalid"), ("", "account.name_taken")]

    def test_a_validator_of_the_whole_names_the_part(self) -> None:
        def same(node: Any, value: Any) -> None:
            exc = colander.Invalid(node)
            exc["b"] = "not as a"
            raise exc

        node = mapping(scalar_named("a"), scalar_named("b"), validator=same)
        assert mistakes(node, {"a": "1", "b": "2"}) == [("/b", "schema.invalid")]
        assert mistakes(node, {"a": 1, "b": "2"}) == [("/a", "schema.wrong_type")]

    def test_preparers_come_before_validators(self) -> None:
        node = scalar(colander.String(), preparer=str.strip, validator=colander.Length(max=1))
        assert strict_values(node, " a ") == "a"

    def test_a_preparer_may_refuse(self) -> None:
        def refuse(value: str) -> str:
            raise colander.Invalid(None, "no")

        node = scalar(colander.String(), preparer=[refuse, str.strip], validator=colander.Length(max=1))
        assert mistakes(node, "ab") == [("", "schema.invalid")]

    def test_the_end_of_a_pattern_is_the_end(self) -> None:
        node = scalar(colander.String(), validator=colander.Regex("^[a-z]+$"))
        assert strict_values(node, "abc") == "abc"
        assert mistakes(node, "abc\n") == [("", "schema.invalid")]

    def test_read_only_fields_cannot_be_sent(self) -> None:
        node = mapping(scalar_named("id", readonly=True, missing=None), scalar_named("name"))
        assert strict_values(node, {"name": "a"}) == {"name": "a"}
        assert mistakes(node, {"id": "1", "name": "a"}) == [("/id", "schema.unknown_field")]

    def test_defaults_are_fresh_copies(self) -> None:
        node = mapping(scalar(JsonObject(), missing={"a": []}))
        strict_values(node, {})["it"]["a"].append(1)
        assert strict_values(node, {}) == {"it": {"a": []}}

    def test_at_most_a_thousand_are_told(self) -> None:
        node = colander.SchemaNode(colander.Sequence(), scalar(colander.Integer()))
        assert len(mistakes(node, ["x"] * 5000)) == 1000

    @given(value=json_values)
    def test_what_is_accepted_is_what_colander_makes_of_it(self, value: Any) -> None:
        schema = SenderSettings()
        try:
            read = strict_values(schema, value)
        except Invalid:
            return
        assert read == _without_null(schema.deserialize(value))


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def scalar_named(name: str, **options: Any) -> Any:
    return colander.SchemaNode(colander.String(), name=name, **options)


def _settings() -> Any:
    return mapping(
        scalar_named("server"),
        scalar_named("authentication", missing="anonymous", validator=colander.OneOf(["anonymous", "basic"])),
        scalar_named("user_name", missing=None, **hint.visible_when("authentication", "basic")),
        scalar_named("password", **hint.secret(), **hint.visible_when("authentication", "basic")),
    )


class TestSettings:
    def test_what_does_not_apply_is_refused_and_what_does_is_needed(self) -> None:
        assert strict_values(_settings(), {"server": "mx", "user_name": None}) == {
            "server": "mx", "authentication": "anonymous", "user_name": None,
        }  # fmt: skip
        assert mistakes(_settings(), {"server": "mx", "password": "p"}) == [
            ("/password", "settings.not_applicable")
        ]
        assert mistakes(_settings(), {"server": "mx", "authentication": "basic"}) == [
            ("/password", "schema.required")
        ]

    def test_a_change_names_only_what_it_changes(self) -> None:
        assert strict_values(_settings(), {"server": "mx2"}, partial=True) == {"server": "mx2"}
        assert strict_values(_settings(), {}, partial=True) == {}
        assert mistakes(_settings(), {"server": 1, "x": 2}, partial=True) == [
            ("/server", "schema.wrong_type"), ("/x", "schema.unknown_field"),
        ]  # fmt: skip

    def test_what_is_stored_decides_what_applies_to_a_change(self) -> None:
        basic, anonymous = {"authentication": "basic"}, {"authentication": "anonymous"}
        change = {"password": "p"}
        assert strict_values(_settings(), change, partial=True, current=basic) == change
        assert strict_values(_settings(), change, partial=True) == change
        assert mistakes(_settings(), change, partial=True, current=anonymous) == [
            ("/password", "settings.not_applicable")
        ]
        both = {**basic, **change}
        assert strict_values(_settings(), both, partial=True, current=anonymous) == both

    def test_secrets_are_kept_removed_or_set(self) -> None:
        for kept in ({"is_set": True}, {"is_set": False}):
            assert strict_values(_settings(), {"password": kept}, partial=True) == {}
        assert strict_values(_settings(), {"password": None}, partial=True) == {"password": None}
        assert mistakes(_settings(), {"password": {"is_set": "yes"}}, partial=True) == [
            ("/password", "schema.wrong_type")
        ]
        full = {"server": "mx", "authentication": "basic", "password": {"is_set": True}}
        assert mistakes(_settings(), full) == [("/password", "schema.wrong_type")]

    def test_merged_values_are_checked_as_a_whole(self) -> None:
        def check(values: dict[str, Any], **options: Any) -> None:
            check_values(_settings(), values, pointer="/settings", **options)

        basic = {"server": "mx", "authentication": "basic"}
        check(basic, secrets_set={"password"})
        check({"server": "mx"})
        with pytest.raises(Invalid) as caught:
            check({"authentication": "basic"})
        assert [error.pointer for error in caught.value.errors] == ["/settings/server", "/settings/password"]
        with pytest.raises(Invalid):
            check({"server": "mx", "authentication": "ntlm"})

    def test_settings_of_a_connector_stay_as_they_were_sent(self) -> None:
        node = mapping(
            scalar_named("connector"),
            colander.SchemaNode(colander.Mapping(), name="settings", **hint.settings_of("connector")),
        )
        schemas = {"smtp": _settings}
        sent = {"connector": "smtp", "settings": {"server": "mx"}}
        assert strict_values(node, sent, settings_schemas=schemas) == sent
        unknown = {"connector": "gone", "settings": {"anything": [1]}}
        assert strict_values(node, unknown, settings_schemas=schemas) == unknown
        wrong = {"settings": {"server": 1}, "connector": "smtp", "x": 1}
        assert mistakes(node, wrong, settings_schemas=schemas) == [
            ("/settings/server", "schema.wrong_type"), ("/x", "schema.unknown_field"),
        ]  # fmt: skip
        unfit = {"connector": "gone", "settings": {"a": "\0"}}
        assert mistakes(node, unfit, settings_schemas=schemas) == [("/settings", "schema.invalid")]

    def test_settings_are_read_back_without_secrets(self) -> None:
        assert secrets_of(_settings()) == ("password",)
        stored = {"server": "mx", "authentication": "basic", "password": "leak", "old": 1}
        assert present_settings(_settings(), stored, {"password"}) == {
            "server": "mx", "authentication": "basic", "user_name": None, "password": {"is_set": True},
        }  # fmt: skip
        assert present_settings(_settings(), {"server": "mx"}, set()) == {
            "server": "mx",
            "authentication": "anonymous",
        }


def test_a_refusal_has_what_could_be_read() -> None:
    schema = colander.SchemaNode(
        colander.Mapping(),
        colander.SchemaNode(colander.Integer(), name="needed"),
        colander.SchemaNode(colander.Integer(), name="good"),
        colander.SchemaNode(colander.Integer(), name="bad", missing=3),
        colander.SchemaNode(colander.Integer(), name="left_out", missing=4),
    )
    with pytest.raises(Invalid) as refused:
        strict_values(schema, {"good": 1, "bad": "x", "unknown": 1})
    assert refused.value.readable == {"good": 1, "bad": 3, "left_out": 4}

    with pytest.raises(Invalid) as refused:
        strict_values(schema, [])
    assert refused.value.readable is None
