"""One plugin's mistakes are shown and keep nobody else from starting."""

import importlib.metadata
import logging
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import colander
import pytest

from mailhub.contract import ConnectorType, PolicyType, RendererType, ScenarioSpec, hookimpl
from mailhub.contract.texts import plain
from mailhub.errors import NotFound
from mailhub.pluginhost import PluginHost, load_plugins
from mailhub.testing.clock import FakeClock
from tests.unit.pluginhost.plugins import (
    LOG,
    FakeEntryPoint,
    connector,
    load,
    load_one,
    module,
    report,
    with_connectors,
    with_scenarios,
)


def assert_only_good_works(host: PluginHost, *, reason: str, name: str = "one") -> None:
    """The plugin ``name`` failed with this reason and left nothing; the plugin ``good`` works."""
    failed = report(host, name)
    assert failed.state == "failed"
    assert reason in plain(failed.error)
    assert (failed.connectors, failed.scenarios, failed.policies, failed.renderers) == ((), (), (), ())
    assert report(host, "good").state == "loaded"
    assert list(host.connectors) == ["good"]


def load_beside_good(plugin: object, **options: Any) -> PluginHost:
    good = FakeEntryPoint("good", with_connectors(connector("good")), distribution="a-good-one")
    return load(good, FakeEntryPoint("one", plugin, distribution="the-other"), **options)


def test_what_a_plugin_registers_is_found_by_id() -> None:
    pigeon = connector("pigeon")
    host = load_one(with_connectors(pigeon))
    assert host.get_connector("pigeon") is pigeon
    assert host.find_connector("pigeon") is pigeon
    assert host.find_connector("raven") is None
    with pytest.raises(NotFound) as refused:
        host.get_connector("raven")
    assert refused.value.code == "connector.not_found"


def test_the_translations_beside_a_plugins_module_are_found(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    plugin = with_connectors(connector())
    plugin.__file__, plugin.__package__ = str(tmp_path / "plugin.py"), "mailhub_pigeon"
    assert report(load_one(plugin)).text_folder == tmp_path / "locale"


def test_a_folder_beside_a_module_of_no_package_is_not_the_modules(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    plugin = with_connectors(connector())
    plugin.__file__, plugin.__package__ = str(tmp_path / "pigeon.py"), ""
    assert report(load_one(plugin)).text_folder is None


def test_a_plugin_may_bring_no_translations(tmp_path: Path) -> None:
    plugin = with_connectors(connector())
    plugin.__file__, plugin.__package__ = str(tmp_path / "plugin.py"), "mailhub_pigeon"
    assert report(load_one(plugin)).text_folder is None


@pytest.mark.parametrize("kind", ["scenario", "policy", "renderer"])
def test_an_unknown_id_has_a_code_of_its_own_for_each_kind(kind: str) -> None:
    host = load()
    assert getattr(host, f"find_{kind}")("x") is None
    with pytest.raises(NotFound) as refused:
        getattr(host, f"get_{kind}")("x")
    assert refused.value.code == f"{kind}.not_found"


def test_all_four_kinds_are_registered() -> None:
    class Plugin:
        @hookimpl
        def mailhub_register_connectors(self) -> list[ConnectorType]:
            return [connector("c")]

        @hookimpl
        def mailhub_register_scenarios(self) -> Iterator[ScenarioSpec]:
            yield ScenarioSpec("s", "S")

        @hookimpl
        def mailhub_register_policies(self) -> tuple[PolicyType, ...]:
            return (PolicyType(id="p", title="P", description="P", make=lambda: None),)  # type: ignore[arg-type,return-value]  # never made

        @hookimpl
        def mailhub_register_renderers(self) -> list[RendererType]:
            return [RendererType(id="r", title="R", description="R", content_types=(), make=lambda: None)]  # type: ignore[arg-type,return-value]  # never made

    host = load_one(Plugin())
    shown = report(host)
    assert shown.state == "loaded"
    assert (shown.connectors, shown.scenarios, shown.policies, shown.renderers) == (
        ("c",),
        ("s",),
        ("p",),
        ("r",),
    )
    assert [list(each) for each in (host.connectors, host.scenarios, host.policies, host.renderers)] == [
        ["c"],
        ["s"],
        ["p"],
        ["r"],
    ]


def test_a_hook_may_register_nothing() -> None:
    def mailhub_register_connectors() -> None:
        return None

    assert report(load_one(module(mailhub_register_connectors))).state == "loaded"


def test_the_report_says_where_a_plugin_comes_from() -> None:
    entry_point = FakeEntryPoint("one", with_connectors(), distribution="mailhub-pigeon", version="2.3")
    shown = report(load(entry_point))
    assert (shown.name, shown.distribution, shown.version) == ("one", "mailhub-pigeon", "2.3")


@pytest.mark.parametrize(
    "error", [ImportError("no module named feathers"), SystemExit(3), GeneratorExit(), RuntimeError()]
)
def test_a_plugin_whose_import_raises_is_shown_and_the_rest_starts(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    host = load_beside_good(error)
    assert_only_good_works(host, reason=type(error).__name__)
    assert type(error).__name__ in report(host).traceback
    assert any(record.exc_info for record in caplog.records)


def test_a_person_can_interrupt_loading() -> None:
    with pytest.raises(KeyboardInterrupt):
        load_beside_good(KeyboardInterrupt())


def test_an_exception_that_cannot_be_shown_is_shown_all_the_same() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError("no words")

    assert_only_good_works(load_beside_good(Mute()), reason="Mute: (its message cannot be shown: ValueError)")


def test_the_reason_is_one_line() -> None:
    assert plain(report(load_one(RuntimeError("first\nsecond"))).error).endswith("first")


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit()])
def test_a_registering_hook_that_raises_fails_the_plugin(error: BaseException) -> None:
    def mailhub_register_connectors() -> None:
        raise error

    host = load_beside_good(module(mailhub_register_connectors))
    assert_only_good_works(host, reason=f"A hook that registers failed: {type(error).__name__}")


def test_a_registering_generator_that_raises_half_way_registers_nothing() -> None:
    def mailhub_register_connectors() -> Iterator[ConnectorType]:
        yield connector("first")
        raise TypeError("then it broke")

    assert_only_good_works(load_beside_good(module(mailhub_register_connectors)), reason="then it broke")


def test_a_plugin_whose_second_hook_fails_leaves_nothing_of_the_first() -> None:
    def mailhub_register_connectors() -> list[ConnectorType]:
        return [connector("left-over")]

    def mailhub_register_scenarios() -> list[ScenarioSpec]:
        raise RuntimeError("boom")

    def mailhub_check_address(address: object) -> str:
        return "refused by a plugin that failed"

    plugin = module(mailhub_register_connectors, mailhub_register_scenarios, mailhub_check_address)
    host = load_beside_good(plugin)
    assert_only_good_works(host, reason="boom")
    assert host.check_address(None) == []  # type: ignore[arg-type]  # nobody looks at it


def test_an_id_that_is_taken_fails_the_plugin_that_comes_later() -> None:
    host = load_beside_good(with_connectors(connector("fresh"), connector("good")))
    assert_only_good_works(host, reason="ConnectorType good is already brought by a-good-one:good.")


def test_an_id_that_a_plugin_gives_twice_fails_it() -> None:
    host = load_beside_good(with_connectors(connector("twin"), connector("twin")))
    assert_only_good_works(host, reason="ConnectorType twin comes twice.")


@pytest.mark.parametrize("hook", ["scenarios", "policies", "renderers"])
def test_every_kind_has_ids_of_its_own_and_refuses_clashes(hook: str) -> None:
    made: dict[str, object] = {
        "scenarios": ScenarioSpec("good", "Same id, other kind"),
        "policies": PolicyType(id="good", title="x", description="x", make=int),  # type: ignore[arg-type]  # never made
        "renderers": RendererType(id="good", title="x", description="x", content_types=(), make=int),  # type: ignore[arg-type]  # never made
    }

    def plugin() -> ModuleType:
        def register() -> list[object]:
            return [made[hook]]

        register.__name__ = f"mailhub_register_{hook}"
        return module(register)

    first = FakeEntryPoint("first", plugin(), distribution="b")
    second = FakeEntryPoint("second", plugin(), distribution="c")
    good = FakeEntryPoint("good", with_connectors(connector("good")), distribution="a")
    host = load(good, first, second)
    assert report(host, "first").state == "loaded"
    assert report(host, "second").state == "failed"
    assert "is already brought by b:first" in plain(report(host, "second").error)


def test_a_misspelt_hook_fails_the_plugin_and_the_right_name_is_proposed() -> None:
    def mailhub_register_connector() -> list[ConnectorType]:
        return []

    host = load_beside_good(module(mailhub_register_connector))
    reason = "There is no hook mailhub_register_connector; is mailhub_register_connectors meant?"
    assert_only_good_works(host, reason=reason)


def test_a_hook_unlike_any_other_fails_the_plugin() -> None:
    def mailhub_zzz() -> None: ...

    assert_only_good_works(load_beside_good(module(mailhub_zzz)), reason="There is no hook mailhub_zzz.")


def test_a_hook_of_a_newer_hub_may_be_marked_as_optional() -> None:
    plugin = ModuleType("ahead_of_its_time")

    @hookimpl(optionalhook=True)
    def mailhub_on_moon_landing(event: object) -> None: ...

    plugin.mailhub_on_moon_landing = mailhub_on_moon_landing  # type: ignore[attr-defined]  # made here
    assert report(load_one(plugin)).state == "loaded"


def test_a_hook_without_its_marker_fails_the_plugin() -> None:
    plugin = with_connectors(connector("half"))

    def mailhub_on_message_sent(event: object) -> None: ...

    plugin.mailhub_on_message_sent = mailhub_on_message_sent  # type: ignore[attr-defined]  # made here
    reason = "mailhub_on_message_sent looks like a hook but is not marked with @hookimpl."
    assert_only_good_works(load_beside_good(plugin), reason=reason)


def test_a_hook_may_have_another_name_when_it_says_so() -> None:
    plugin = ModuleType("renamed")

    @hookimpl(specname="mailhub_register_connectors")
    def our_connectors() -> list[ConnectorType]:
        return [connector("pigeon")]

    plugin.our_connectors = our_connectors  # type: ignore[attr-defined]  # made here
    assert report(load_one(plugin)).connectors == ("pigeon",)


def test_a_wrong_argument_name_fails_the_plugin() -> None:
    def mailhub_check_address(adress: object) -> None: ...

    reason = "mailhub_check_address takes no argument adress; it is given: address."
    assert_only_good_works(load_beside_good(module(mailhub_check_address)), reason=reason)


def test_a_hook_may_leave_arguments_out() -> None:
    def mailhub_check_address() -> None: ...

    assert report(load_one(module(mailhub_check_address))).state == "loaded"


def test_an_asynchronous_hook_fails_the_plugin() -> None:
    async def mailhub_on_message_sent(event: object) -> None: ...

    assert_only_good_works(load_beside_good(module(mailhub_on_message_sent)), reason="is asynchronous")


def test_a_generator_whose_body_would_never_run_fails_the_plugin() -> None:
    def mailhub_change_message(message: object) -> Iterator[None]:
        yield None

    assert_only_good_works(load_beside_good(module(mailhub_change_message)), reason="yields")


def test_a_hook_wrapper_fails_the_plugin() -> None:
    plugin = ModuleType("wrapping")

    @hookimpl(wrapper=True)
    def mailhub_change_message(message: object) -> Iterator[None]:
        yield None

    plugin.mailhub_change_message = mailhub_change_message  # type: ignore[attr-defined]  # made here
    assert_only_good_works(load_beside_good(plugin), reason="is a hook wrapper")


@pytest.mark.parametrize("plugin", [None, ConnectorType])
def test_what_cannot_be_a_plugin_fails(plugin: object) -> None:
    assert_only_good_works(load_beside_good(plugin), reason="A plugin is a module or an object")


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("text", "A hook returned str, not a list."),
        (7, "A hook returned int, not a list."),
        ([{"id": "x"}], "A hook returned dict where ConnectorType belongs."),
        ([ScenarioSpec("x", "X")], "A hook returned ScenarioSpec where ConnectorType belongs."),
    ],
)
def test_a_hook_that_returns_something_else_fails_the_plugin(returned: object, reason: str) -> None:
    def mailhub_register_connectors() -> object:
        return returned

    assert_only_good_works(load_beside_good(module(mailhub_register_connectors)), reason=reason)


@pytest.mark.parametrize("id", ["", "Pigeon", "1st", "pigeon post", "pigeon_post", "p" * 64, "../x", 5])
def test_an_id_that_is_not_well_formed_fails_the_plugin(id: Any) -> None:
    assert_only_good_works(load_beside_good(with_connectors(connector(id))), reason="An id is")


def test_scenarios_need_well_formed_ids_too() -> None:
    assert_only_good_works(load_beside_good(with_scenarios("Sales Invoice")), reason="An id is")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": ""}, "Title and description"),
        ({"description": None}, "Title and description"),
        ({"make": None}, "make must be a function."),
        ({"settings_schema": NotImplemented}, "settings_schema must be a function."),
        ({"limit_key": "exchange:x"}, "limit_key must be a function."),
        ({"logo": "<svg/>"}, "The logo"),
        ({"capabilities": {}}, "The capabilities"),
        ({"presets": ({"id": "x"},)}, "Each preset"),
        ({"check_steps": ()}, "check_steps"),
        ({"check_steps": "send"}, "check_steps"),
        ({"default_on_uncertain": "panic"}, "default_on_uncertain"),
        ({"default_rate_limit_per_minute": -1}, "A rate limit"),
        ({"sort_order": "first"}, "A rate limit"),
    ],
)
def test_a_descriptor_that_cannot_work_fails_the_plugin(changes: dict[str, Any], reason: str) -> None:
    host = load_beside_good(with_connectors(connector("bad", **changes)))
    assert_only_good_works(host, reason="ConnectorType bad: " + reason)


def test_a_settings_schema_that_cannot_be_made_fails_the_plugin() -> None:
    def schema() -> colander.SchemaNode:
        raise LookupError("no schema today")

    host = load_beside_good(with_connectors(connector("bad", settings_schema=schema)))
    assert_only_good_works(host, reason="LookupError: no schema today")


def test_a_settings_schema_with_a_misspelt_hint_fails_the_plugin() -> None:
    def schema() -> colander.SchemaNode:
        password = colander.SchemaNode(colander.String(), name="password", secrte=True)
        return colander.SchemaNode(colander.Mapping(), password)

    host = load_beside_good(with_connectors(connector("bad", settings_schema=schema)))
    assert_only_good_works(host, reason="password: unknown hint secrte")


def test_a_settings_schema_that_a_door_cannot_be_made_of_fails_the_plugin() -> None:
    def check(schema: colander.SchemaNode) -> None:
        if "wings" in schema:
            raise ValueError("no form for wings")

    def schema() -> colander.SchemaNode:
        return colander.SchemaNode(colander.Mapping(), colander.SchemaNode(colander.Integer(), name="wings"))

    host = load_beside_good(with_connectors(connector("bad", settings_schema=schema)), check_schema=check)
    assert_only_good_works(host, reason="no form for wings")


def test_two_entry_points_of_one_distribution_are_two_plugins() -> None:
    host = load(
        FakeEntryPoint("b", with_connectors(connector("two")), distribution="both"),
        FakeEntryPoint("a", with_connectors(connector("one")), distribution="both"),
    )
    assert [(each.name, each.state, each.connectors) for each in host.plugins] == [
        ("a", "loaded", ("one",)),
        ("b", "loaded", ("two",)),
    ]


def test_two_entry_points_of_one_name_are_two_plugins() -> None:
    host = load(
        FakeEntryPoint("same", with_connectors(connector("two")), distribution="b"),
        FakeEntryPoint("same", with_connectors(connector("one")), distribution="a"),
        FakeEntryPoint("same", with_connectors(connector("one-more")), distribution="a"),
    )
    assert [(each.distribution, each.connectors) for each in host.plugins] == [
        ("a", ("one",)),
        ("a", ("one-more",)),
        ("b", ("two",)),
    ]


def test_one_plugin_under_two_names_is_loaded_once() -> None:
    plugin = with_connectors()
    host = load(FakeEntryPoint("a", plugin, distribution="d"), FakeEntryPoint("b", plugin, distribution="d"))
    assert [each.state for each in host.plugins] == ["loaded", "failed"]
    assert plain(host.plugins[1].error) == "It is already loaded as d:a."


def test_plugins_are_loaded_in_the_same_order_on_every_machine() -> None:
    names = ["b", "A", "c_d", "c-c"]
    entry_points = [FakeEntryPoint("x", with_connectors(), distribution=name) for name in names]
    built_in = with_connectors()
    loaded = load(*entry_points, builtins=[built_in])
    assert [each.distribution for each in loaded.plugins] == ["mailhub", "A", "b", "c-c", "c_d"]
    assert [each.distribution for each in load(*reversed(entry_points)).plugins] == ["A", "b", "c-c", "c_d"]


def test_a_plugin_cannot_take_the_id_of_a_built_in() -> None:
    host = load_one(with_connectors(connector("capture")), builtins=[with_connectors(connector("capture"))])
    assert [each.state for each in host.plugins] == ["loaded", "failed"]


def test_a_broken_built_in_is_shown_too() -> None:
    host = load(builtins=[with_connectors(connector("Not An Id"))])
    assert [each.state for each in host.plugins] == ["failed"]


@pytest.mark.parametrize("name", ["one", "mailhub-pigeon", "Mailhub_Pigeon"])
def test_code_of_a_disabled_plugin_is_not_run(name: str) -> None:
    host = load(
        FakeEntryPoint("one", RuntimeError("was imported"), distribution="mailhub-pigeon"), disabled=[name]
    )
    assert report(host).state == "disabled"
    assert report(host).error == ""


def test_built_ins_cannot_be_disabled() -> None:
    host = load(builtins=[with_connectors(connector("capture"))], disabled=["mailhub", "ModuleType"])
    assert [each.state for each in host.plugins] == ["loaded"]


def test_connectors_are_listed_by_sort_order_then_id() -> None:
    plugin = with_connectors(
        connector("b", sort_order=5), connector("c", sort_order=1), connector("a", sort_order=5)
    )
    assert list(load_one(plugin).connectors) == ["c", "a", "b"]


def test_what_is_loaded_cannot_be_changed() -> None:
    host = load_one(with_connectors(connector("pigeon")))
    with pytest.raises(TypeError):
        host.connectors["raven"] = connector("raven")  # type: ignore[index]  # that it cannot is the point


def test_without_entry_points_named_the_installed_ones_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def entry_points(*, group: str) -> list[FakeEntryPoint]:
        asked.append(group)
        return [FakeEntryPoint("installed", with_connectors(connector("pigeon")))]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    host = load_plugins(clock=FakeClock(), log=LOG)
    assert asked == ["mailhub"]
    assert list(host.connectors) == ["pigeon"]


def test_an_entry_point_without_a_distribution_can_be_loaded() -> None:
    entry_point = FakeEntryPoint("one", with_connectors(connector("pigeon")))
    entry_point.dist = None
    shown = report(load(entry_point))
    assert (shown.state, shown.distribution, shown.version) == ("loaded", "", "")


def test_a_plugin_that_was_loaded_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    load(FakeEntryPoint("one", with_connectors(), distribution="mailhub-pigeon", version="2.3"))
    assert "plugin mailhub-pigeon:one 2.3 is loaded" in caplog.messages
