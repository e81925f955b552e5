"""``/health`` over the whole application."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from webtest import TestApp

from mailhub.app import Hub, Surroundings
from mailhub.http.openapi_api import DOCUMENT
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.settings import Settings
from mailhub.telemetry.health import Finding
from mailhub.testing.clock import FakeClock
from tests.unit.pluginhost.plugins import load


@pytest.fixture
def hub(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Hub]:
    surroundings = Surroundings(
        clock=fake_clock, hash_profile=CHEAPEST_PROFILE, plugins=lambda *given: load(clock=fake_clock)
    )
    opened = Hub.open(Settings(data_dir=str(tmp_path), store_uri="memory://"), surroundings, create=True)
    yield opened
    opened.close()


@pytest.fixture
def application(hub: Hub) -> Any:
    return hub.wsgi_app()


@pytest.fixture
def api(application: Any) -> TestApp:
    return TestApp(application)


def described(application: Any, path: str, status: int) -> Any:
    """The schema that the document gives for this answer, with all it refers to."""
    document = application.registry[DOCUMENT].document
    (content,) = document["paths"][path]["get"]["responses"][str(status)]["content"].values()
    return {**content["schema"], "components": document["components"]}


def test_a_process_that_answers_is_alive_whatever_its_database_does(hub: Hub, api: TestApp) -> None:
    hub.close()
    answer = api.get("/health/live", status=200)
    assert answer.json == {"status": "alive"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_process_that_can_work_is_ready(hub: Hub, application: Any, api: TestApp) -> None:
    hub.start_delivery()
    hub.start_background()
    answer = api.get("/health/ready", status=200)
    assert answer.json["status"] == "ready"
    jsonschema.validate(answer.json, described(application, "/health/ready", 200))


def test_one_that_delivers_nothing_is_ready_to_answer(api: TestApp) -> None:
    api.get("/health/ready", status=200)


def test_a_process_that_cannot_says_every_reason(hub: Hub, application: Any, api: TestApp) -> None:
    hub.writer.stop()
    hub.database.close()
    answer = api.get("/health/ready", status=503)
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "hub.not_ready"
    assert [each["code"] for each in answer.json["errors"]] == ["database.unreachable", "writer.stopped"]
    assert "Retry-After" in answer.headers
    jsonschema.validate(answer.json, described(application, "/health/ready", 503))


def test_a_process_whose_delivery_lost_its_lease_is_not_ready(
    hub: Hub, api: TestApp, fake_clock: FakeClock
) -> None:
    hub.start_delivery()
    fake_clock.wait_until_waiting()
    fake_clock.suspend(hub.settings.delivery_lease_seconds + 1)
    answer = api.get("/health/ready", status=503)
    assert [each["code"] for each in answer.json["errors"]] == ["delivery.no_lease"]


def test_notes_keep_nobody_from_working(application: Any, api: TestApp) -> None:
    from mailhub.telemetry.api import HEALTH

    class Noting:
        def look(self) -> list[Finding]:
            return [Finding("disk.low", "Only 3 MB are free where the data are.", is_fatal=False)]

    application.registry[HEALTH] = Noting()
    answer = api.get("/health/ready", status=200)
    assert answer.json["notes"] == [{"code": "disk.low", "message": "Only 3 MB are free where the data are."}]
    jsonschema.validate(answer.json, described(application, "/health/ready", 200))


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_anybody_may_ask_and_the_document_says_so(application: Any, api: TestApp, path: str) -> None:
    api.get(path, headers={"Authorization": "Bearer nonsense"}, status=200)
    api.head(path, status=200)
    api.post(path, status=405)
    assert application.registry[DOCUMENT].document["paths"][path]["get"]["security"] == []
