"""A plugin's distribution comes and goes beside a hub: what it brings is there at once, and no mail is lost without it."""

from pathlib import Path
from typing import Any

import pytest

from tests.plugin_example.environment import EXAMPLE, PluginEnvironment, build_wheel

from .hub_process import HubProcess

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(240)]

BROKEN_PROJECT = """
[build-system]
requires = ["setuptools>=77,<81"]
build-backend = "setuptools.build_meta"

[project]
name = "mailhub-broken"
version = "1.0.0"

[project.entry-points.mailhub]
broken = "mailhub_broken"

[tool.setuptools]
py-modules = ["mailhub_broken"]
"""


def hub_in(environment: PluginEnvironment, folder: Path) -> HubProcess:
    return HubProcess(folder / "var", python=environment.python, log_level="warning")


def plugins_of(hub: HubProcess) -> dict[str, dict[str, Any]]:
    return {each["distribution"]: each for each in hub.get("/plugins")["items"]}


def connectors_of(hub: HubProcess) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in hub.get("/connectors")["items"]}


def documented_connectors(hub: HubProcess) -> dict[str, dict[str, Any]]:
    """What the OpenAPI document says of a new account of each connector."""
    schemas = hub.get("/openapi.json")["components"]["schemas"]
    variants = [each["$ref"].rpartition("/")[2] for each in schemas["AccountCreation"]["oneOf"]]
    return {name.partition(".")[2]: schemas[name] for name in variants}


def lines_of(notebook: Path) -> list[str]:
    return [line.rpartition("\t")[2] for line in notebook.read_text().splitlines()]


def test_a_connector_of_its_own_distribution_comes_goes_and_comes_back(tmp_path: Path) -> None:
    environment = PluginEnvironment.make(tmp_path)
    wheel = build_wheel(EXAMPLE, tmp_path)
    environment.install(wheel)
    notebook = tmp_path / "notebook"
    with hub_in(environment, tmp_path) as hub:
        hub.set_up()
        hub.start()
        account = it_appears_takes_an_account_and_sends(hub, notebook)
        other = hub.add_account(
            connector="file", name="Files", address="hub@example.com", settings={"folder": "out"}
        )
        hub.stop()

        environment.uninstall("mailhub-example")
        hub.start()
        waiting = it_is_missed_and_nothing_breaks(hub, account, other)
        hub.stop()

        environment.install(wheel)
        hub.start()
        assert hub.wait_for_end(waiting)["status"] == "sent"
        assert hub.get(f"/accounts/{account}")["state"] == "ready"
        assert lines_of(notebook) == ["First", "Second"]
        assert hub.stop() == 0


def it_appears_takes_an_account_and_sends(hub: HubProcess, notebook: Path) -> str:
    """Returns the account."""
    plugin = plugins_of(hub)["mailhub-example"]
    assert (plugin["state"], plugin["version"], plugin["connectors"]) == ("loaded", "1.0.0", ["notebook"])
    shown = connectors_of(hub)["notebook"]["settings_schema"]
    assert list(shown["properties"]) == ["notebook", "ink", "password"]
    documented = documented_connectors(hub)["notebook"]
    assert documented["properties"]["connector"] == {"const": "notebook"}
    settings = {"notebook": str(notebook), "password": "geheim"}

    account = hub.add_account(
        connector="notebook", name="Notes", address="notes@example.com", settings=settings
    )

    assert hub.get(f"/accounts/{account}")["settings"] == {
        "notebook": str(notebook),
        "ink": "blue",
        "password": {"is_set": True},
    }
    message = hub.wait_for_end(hub.send(account=account, to=["ada@example.com"], subject="First"))
    assert message["status"] == "sent"
    assert hub.history(message["id"])[-1]["detail"] == "noted"
    assert lines_of(notebook) == ["First"]
    return account


def it_is_missed_and_nothing_breaks(hub: HubProcess, account: str, other: str) -> str:
    """Returns a message that waits for the connector."""
    assert "mailhub-example" not in plugins_of(hub)
    assert "notebook" not in connectors_of(hub)
    assert "notebook" not in documented_connectors(hub)
    states = {each["id"]: each["state"] for each in hub.get("/accounts")["items"]}
    assert states == {account: "connector_missing", other: "ready"}
    settings = hub.get(f"/accounts/{account}")["settings"]
    assert settings["password"] == {"is_set": True}
    waiting = hub.send(account=account, to=["ada@example.com"], subject="Second")
    # another account's mail that came later has left: by then the one that waits could have, too
    assert hub.wait_for_end(hub.send(account=other, to=["ada@example.com"]))["status"] == "sent"
    message = hub.get(f"/messages/{waiting}")
    assert (message["status"], message["waiting_for"]) == ("queued", "connector_missing")
    assert message["attempts"] == 0
    assert hub.get(f"/accounts/{account}/queue")["waiting"] == 1
    assert hub.is_ready()
    return waiting


def test_a_plugin_whose_import_raises_is_shown_with_the_reason_and_harms_nobody(tmp_path: Path) -> None:
    project = tmp_path / "mailhub-broken"
    project.mkdir()
    (project / "pyproject.toml").write_text(BROKEN_PROJECT)
    (project / "mailhub_broken.py").write_text('raise RuntimeError("the moon is wrong")\n')
    environment = PluginEnvironment.make(tmp_path)
    environment.install(build_wheel(project, tmp_path))
    with hub_in(environment, tmp_path) as hub:
        hub.set_up()
        hub.start()

        broken = plugins_of(hub)["mailhub-broken"]

        assert (broken["state"], broken["connectors"]) == ("failed", [])
        assert "the moon is wrong" in broken["error"]
        assert {each["state"] for name, each in plugins_of(hub).items() if name != "mailhub-broken"} == {
            "loaded"
        }
        assert hub.is_ready()
        account = hub.add_account(
            connector="file", name="Files", address="hub@example.com", settings={"folder": "out"}
        )
        assert hub.wait_for_end(hub.send(account=account, to=["ada@example.com"]))["status"] == "sent"
        assert hub.stop() == 0
