"""The shelf application, over a database in memory."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import transaction
import ZODB
from pyramid.config import Configurator
from webtest import TestApp

from mailhub.http.mount import mount_api
from mailhub.http.paging import CursorSeal
from mailhub.http.parts import ApiParts
from mailhub.services import ServiceRegistry
from mailhub.store.root import NAME, HubRoot
from mailhub.testing.clock import FakeClock
from mailhub.testing.entropy import FakeEntropy
from tests.unit.http import shelf

SETUP = {"Authorization": "Bearer setup"}


@pytest.fixture
def database() -> Iterator[shelf.MemoryDatabase]:
    db = ZODB.DB(None)
    with db.transaction() as connection:
        hub = connection.root()[NAME] = HubRoot()
        shelf.install(hub)
    yield shelf.MemoryDatabase(db)
    db.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def parts(database: shelf.MemoryDatabase, clock: FakeClock) -> ApiParts:
    return ApiParts(
        database=database,
        runner=shelf.NoWriter(),
        clock=clock,
        services=ServiceRegistry(),
        token_checker=shelf.Doorman,
        entropy=FakeEntropy(),
        cursors=CursorSeal(b"key"),
        settings_schemas={"post": shelf.PostSettings, "file": shelf.FileSettings},
        languages=("en", "fr"),
        max_json_bytes=10_000,
    )


@pytest.fixture
def registry(parts: ApiParts) -> Any:
    config = Configurator(settings={})
    mount_api(config, parts, [sys.modules[shelf.__name__]])
    config.commit()
    return config.registry, config.make_wsgi_app()


@pytest.fixture
def api(registry: Any) -> TestApp:
    """Signed in with set-up permissions."""
    app = TestApp(registry[1])
    app.authorization = ("Bearer", "setup")
    return app


@pytest.fixture
def anybody(registry: Any) -> TestApp:
    return TestApp(registry[1])


@pytest.fixture
def names(database: shelf.MemoryDatabase) -> Any:
    """Reads the names of the boxes that are really stored."""

    def read() -> list[str]:
        connection = database.db.open(transaction.TransactionManager())
        try:
            return sorted(connection.root()[NAME].boxes)
        finally:
            connection.close()

    return read
