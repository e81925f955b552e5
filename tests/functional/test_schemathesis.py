"""Requests made up from the document, right and wrong ones: every answer must be one that the document tells of.

What is made up for a name in a path is mostly not there, so of two calls one gets the id of something that is. The seed is
fixed, each group of calls has a hub of its own, in which they come in one order; ``MADE_UP`` bounds the time.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import derive_operation_seed
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from mailhub.http.endpoint import Endpoint
from mailhub.people.permissions import SCOPES
from mailhub.testing import FakeClock
from tests.functional.test_every_call import World
from tests.functional.test_permissions import CALLS, name_of
from tests.kit.hub import HubKit

SEED = 20261124
MADE_UP = 10
"""Random requests for each operation, beside those that are made for each of its fields, parameters and headers."""

ON_DRAFTS = {"PATCH /messages/{id}", "POST /messages/{id}/send"}
"""Calls that a message which is no draft only refuses."""

PARTS = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE, HypothesisTestMode.FUZZING]

CONFIG: dict[str, Any] = {
    "seed": SEED,
    "generation": {"max-examples": MADE_UP, "database": "none", "no-shrink": True},
    "checks": {
        # what is well-formed may still name what is not there
        "positive_data_acceptance": {"enabled": False},
        # 428 is for If-Match (RFC 6585)
        "missing_required_header": {"expected-statuses": ["400", "401", "404", "415", "422", "428"]},
        # 412 for a revision that is old or a version of tus that is not spoken, 413 for a length that is too much
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]
        },
    },
    "operations": [
        # each message of a batch is judged alone, in an answer that is 200
        {
            "include-path": "/api/v1/messages/batch",
            "checks": {"negative_data_rejection": {"enabled": False}},
        }
    ],
}


schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = FakeClock()
    kit = HubKit.open(tmp_path, clock=clock)
    yield World(kit, clock)
    kit.close()


def group_of(name: str) -> str:
    """The group of a call: what its path begins with."""
    return name.partition("/")[2].partition("/")[0]


def in_order(endpoint: Endpoint) -> tuple[bool, str]:
    """What is deleted last can be asked for before."""
    return endpoint.method == "DELETE", name_of(endpoint)


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings(
    # WebOb leaves the temporary file of a large body to the garbage collector
    "ignore:Exception ignored in. <_io.FileIO.*:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("group", sorted({group_of(name) for name in CALLS}))
def test_every_answer_is_one_that_the_document_tells_of(
    world: World, group: str, subtests: pytest.Subtests
) -> None:
    headers = who_may_do_all(world)
    schema = described(world, headers)
    for endpoint in sorted(world.endpoints, key=in_order):
        if group_of(name_of(endpoint)) == group:
            with subtests.test(name_of(endpoint)):
                assert answers_checked(world, endpoint, schema, headers)


def described(world: World, headers: Mapping[str, str]) -> Any:
    """The document as schemathesis reads it, and the application it asks."""
    return schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json",
        world.kit.application,
        config=SchemathesisConfig.from_dict(CONFIG),
        headers=headers,
    )


def who_may_do_all(world: World) -> dict[str, str]:
    """Also what a token must be told by name."""
    api = world.kit.user("root", token={"scopes": frozenset(SCOPES)})
    return {"Authorization": f"Bearer {api.app.authorization[1]}"}


def answers_checked(world: World, endpoint: Endpoint, schema: Any, headers: Mapping[str, str]) -> int:
    """Make up calls and check their answers; how many. Raises what schemathesis found."""
    operation = schema[endpoint.full_path][endpoint.method]
    known = world.names_of(endpoint)
    if name_of(endpoint) in ON_DRAFTS:
        known["id"] = world.root.post("/messages", {"draft": True}, 201).json["id"]
    turns = itertools.count(1)

    def call(case: Any) -> None:
        if next(turns) % 2 and known:
            case.path_parameters = {**case.path_parameters, **known}
        case.call_and_validate(headers=dict(headers))

    create_test(operation=operation, test_func=call, config=_calls_of(operation, schema.config))()
    return next(turns) - 1


def _calls_of(operation: Any, project: Any) -> HypothesisTestConfig:
    return HypothesisTestConfig(
        modes=PARTS,
        settings=project.get_hypothesis_settings(operation=operation, phase="fuzzing"),
        seed=derive_operation_seed(SEED, operation.label),
        project=project,
    )
