"""The OpenAPI document: valid, complete, and refused at start where something cannot be described."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import colander
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyramid.config import Configurator
from webtest import TestApp

from mailhub.contract.texts import _
from mailhub.http.codes import STATUS_BY_CODE, TITLES
from mailhub.http.endpoint import API_PREFIX, ApiRequest, Reply, endpoint, endpoints_of
from mailhub.http.limiting import HEADERS
from mailhub.http.mount import ENDPOINTS, mount_api
from mailhub.http.openapi import build_document
from mailhub.http.parts import ApiParts
from mailhub.http.validator_schemas import Undescribed
from mailhub.people.permissions import Permission
from tests.unit.http import shelf

SCHEMAS = {"post": shelf.PostSettings, "file": shelf.FileSettings}


@pytest.fixture
def document(api: TestApp) -> Any:
    return api.get("/api/v1/openapi.json").json


def test_it_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_is_in_it_with_its_permission(document: Any, registry: Any) -> None:
    for each in registry[0][ENDPOINTS]:
        operation = document["paths"][each.full_path][each.method.lower()]
        assert operation["x-permission"] == each.permission
        assert operation["summary"]
        assert operation["responses"]


def test_parameters_headers_and_problems_are_named(document: Any) -> None:
    change = document["paths"]["/api/v1/boxes/{name}"]["patch"]
    assert [(each["in"], each["name"], each["required"]) for each in change["parameters"]] == [
        ("path", "name", True),
        ("header", "If-Match", True),
    ]
    assert sorted(change["responses"]) == [
        "200", "400", "401", "403", "404", "412", "413", "415", "422", "428", "429", "500", "503",
    ]  # fmt: skip
    assert "`account.not_found`" in change["responses"]["404"]["description"]
    limits = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    assert change["responses"]["200"]["headers"] == {"ETag": {"schema": {"type": "string"}}, **limits}
    assert change["responses"]["429"]["headers"] == {"Retry-After": {"schema": {"type": "string"}}, **limits}
    assert set(document["components"]["headers"]) == set(HEADERS)
    assert "headers" not in document["paths"]["/open"]["get"]["responses"]["200"]
    names = {each["name"]: each["schema"] for each in document["paths"]["/api/v1/boxes"]["get"]["parameters"]}
    assert names["big"] == {"type": "boolean"}
    assert names["limit"]["maximum"] == 200
    assert document["paths"]["/open"]["get"]["security"] == []


def test_a_plugins_settings_are_one_of_the_variants(document: Any) -> None:
    components = document["components"]["schemas"]
    assert components["Holder"]["discriminator"]["propertyName"] == "connector"
    variant = components["Holder.post"]["properties"]
    assert variant["connector"] == {"const": "post"}
    assert components["Settings.post"]["properties"]["password"]["writeOnly"] is True


def test_no_object_is_without_a_type(document: Any) -> None:
    for schema in iter_schemas(document["components"]["schemas"]):
        if schema.get("type") == "object":
            assert "properties" in schema or "additionalProperties" in schema


def iter_schemas(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from iter_schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from iter_schemas(each)


def test_it_is_served_with_its_tag(api: TestApp) -> None:
    first = api.get("/api/v1/openapi.json")
    assert first.headers["Content-Type"] == "application/json"
    again = api.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.body == b""
    other = build_document(endpoints_of(sys.modules[shelf.__name__]), {}, version="1")
    assert f'"{other.etag}"' != first.headers["ETag"]


def test_it_asks_for_a_token_of_anybody(anybody: TestApp) -> None:
    assert anybody.get("/api/v1/openapi.json", expect_errors=True).status_code == 401
    anybody.authorization = ("Bearer", "reader")
    assert anybody.get("/api/v1/openapi.json").status_code == 200


def test_every_code_has_a_status_with_a_title() -> None:
    assert set(STATUS_BY_CODE.values()) <= TITLES.keys()


def module_with(**options: Any) -> ModuleType:
    """A module with one endpoint."""
    module = ModuleType("tests.unit.http.made")

    def view(request: ApiRequest) -> Reply:
        raise NotImplementedError

    view.__module__ = module.__name__
    declared = {"permission": Permission.SELF, "summary": _("Made"), **options}
    module.view = endpoint("POST", "/made/{id}", **declared)(view)  # type: ignore[attr-defined]  # made here
    return module


class Odd(colander.MappingSchema):
    price = colander.SchemaNode(colander.Money())


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"body": Odd}, Undescribed),
        ({"replies": {200: Odd}}, Undescribed),
        ({"query": Odd}, Undescribed),
        ({"problems": ("no.such_code",)}, LookupError),
        ({"path_texts": {"name": "?"}}, LookupError),
    ],
)
def test_what_cannot_be_described_stops_the_start(
    parts: ApiParts, options: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        mount_api(Configurator(), parts, [module_with(**options)])


def test_one_call_has_one_endpoint(parts: ApiParts) -> None:
    with pytest.raises(ValueError, match="two endpoints"):
        mount_api(Configurator(), parts, [module_with(), module_with()])


def test_a_module_has_the_endpoints_that_it_defines() -> None:
    (made,) = endpoints_of(module_with(problems=((422, "account.not_found"),), prefix=API_PREFIX))
    assert (made.full_path, made.path_names, made.tag, made.once) == (
        "/api/v1/made/{id}",
        ("id",),
        "made",
        False,
    )
    assert [each.method for each in endpoints_of(sys.modules[__name__])] == []
