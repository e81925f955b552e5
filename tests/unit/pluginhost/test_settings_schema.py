"""A settings schema that a door could not be made of is found when the plugin is loaded."""

from typing import Any

import colander
import pytest

from mailhub.contract import SenderSettings, UncertainSettings
from mailhub.contract import schema_hints as hint
from mailhub.pluginhost.settings_schema import iter_faults, iter_nodes


def node(typ: Any = None, *children: Any, name: str = "server", **keywords: Any) -> colander.SchemaNode:
    return colander.SchemaNode(typ or colander.String(), *children, name=name, **keywords)


def schema(*children: colander.SchemaNode) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Mapping(), *children)


def faults(*children: colander.SchemaNode) -> list[str]:
    return list(iter_faults(schema(*children)))


def test_the_contract_s_own_settings_can_be_used() -> None:
    assert list(iter_faults(SenderSettings())) == []
    assert list(iter_faults(UncertainSettings())) == []


def test_every_hint_of_the_contract_is_known() -> None:
    hints: dict[str, Any] = {
        **hint.secret(bound_to=("server",)),
        **hint.unit("seconds"),
        **hint.multiline(),
        **hint.address(),
        **hint.file("image/png"),
        **hint.rich_text(),
        **hint.visible_when("server", "x"),
        **hint.help_text("Help"),
        **hint.example("x"),
        **hint.nullable(),
    }
    assert faults(node(), node(name="other", **hints)) == []


@pytest.mark.parametrize("thing", [None, {}, colander.SchemaNode(colander.String()), SenderSettings])
def test_a_schema_is_a_mapping(thing: object) -> None:
    assert list(iter_faults(thing)) == ["the settings schema is not a colander mapping"]


@pytest.mark.parametrize(
    ("child", "fault"),
    [
        (node(secrte=True), "server: unknown hint secrte"),
        (node(widget=object()), "server: a widget does not belong here; give a hint"),
        (node(colander.Set()), "server: type Set has no place in a form and in OpenAPI"),
        (node(name="Server name"), "Server name: a setting's name is made of a-z, 0-9 and _"),
        (node(colander.Sequence()), "server: a list has exactly one kind of item"),
        (node(visible_when=("mode", ("x",))), "server: visible_when names mode, which is not beside it"),
        (node(secret=True, secret_bound_to=("host",)), "server: the secret is bound to host, which is not beside it"),
        (
            node(validator=colander.OneOf(["a"]), **hint.choice(("b", "B"))),
            "server: the choice 'b' is not valid: \"b\" is not one of a",
        ),
        (node(colander.Integer(), **hint.example("many")), "server: the example 'many' is not valid: \"many\" is not a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(child: colander.SchemaNode, fault: str) -> None:
    assert faults(child) == [fault]


def test_faults_are_found_at_any_depth() -> None:
    item = node(colander.Mapping(), node(name="port", secrte=True), name="hop")
    assert faults(node(colander.Sequence(), item, name="hops")) == ["hops.*.port: unknown hint secrte"]


def test_a_secret_inside_another_setting_would_not_be_kept_apart() -> None:
    proxy = node(colander.Mapping(), node(name="password", **hint.secret()), name="proxy")
    assert faults(proxy) == ["proxy.password: a secret stands by itself, not inside another setting"]


def test_hints_point_to_siblings_at_any_depth() -> None:
    proxy = node(colander.Mapping(), node(name="port", **hint.visible_when("server", 1)), name="proxy")
    assert faults(node(), proxy) == ["proxy.port: visible_when names server, which is not beside it"]


def test_a_type_that_describes_itself_is_known() -> None:
    class Duration(colander.SchemaType):
        def from_json(self, node: Any, value: Any) -> Any: ...

        def json_schema(self, node: Any) -> Any: ...

    assert faults(node(Duration())) == []


def test_nodes_are_walked_with_their_paths() -> None:
    item = node(colander.Mapping(), node(name="port"), name="hop")
    tree = schema(node(), node(colander.Sequence(), item, name="hops"))
    assert [path for path, _node in iter_nodes(tree)] == [
        ("server",),
        ("hops",),
        ("hops", "*"),
        ("hops", "*", "port"),
    ]
