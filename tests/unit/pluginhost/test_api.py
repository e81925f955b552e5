"""``GET /plugins`` shows what is there and what failed."""

from types import SimpleNamespace
from typing import Any, cast

from mailhub.contract.texts import plain
from mailhub.http.endpoint import ApiRequest, endpoints_of
from mailhub.people.permissions import Permission
from mailhub.pluginhost import PluginHost, api
from mailhub.pluginhost.schema import PluginReply
from tests.unit.pluginhost.plugins import FakeEntryPoint, connector, load, with_connectors


def answer(host: PluginHost) -> Any:
    services = {PluginHost: host}
    request = SimpleNamespace(work=SimpleNamespace(service=services.__getitem__), translated=plain)
    reply = api.list_plugins(cast(ApiRequest, request))
    assert reply.body is not None
    return reply.body["items"]


def test_every_plugin_is_shown_with_what_it_brings() -> None:
    host = load(FakeEntryPoint("pigeon", with_connectors(connector()), "mailhub-pigeon", "2.0"))
    host.note_connector_fault("pigeon", RuntimeError("lost its way"))
    assert answer(host) == [
        {
            "name": "pigeon",
            "distribution": "mailhub-pigeon",
            "version": "2.0",
            "state": "loaded",
            "error": None,
            "connectors": ["pigeon"],
            "scenarios": [],
            "policies": [],
            "renderers": [],
            "faults": 1,
            "last_fault": "pigeon: RuntimeError: lost its way",
            "is_hung": False,
        }
    ]


def test_a_failed_plugin_says_why_in_words_and_shows_no_traceback() -> None:
    [shown] = answer(load(FakeEntryPoint("pigeon", ImportError("no wings"))))
    assert (shown["state"], shown["error"]) == ("failed", "It cannot be imported: ImportError: no wings")
    assert "Traceback" not in repr(shown)


def test_the_declared_reply_names_every_attribute() -> None:
    [shown] = answer(load(FakeEntryPoint("pigeon", with_connectors())))
    assert [child.name for child in PluginReply().children] == list(shown)


def test_only_who_may_operate_accounts_sees_plugins() -> None:
    [declared] = endpoints_of(api)
    assert (declared.method, declared.full_path) == ("GET", "/api/v1/plugins")
    assert declared.permission is Permission.ACCOUNTS_OPERATE
