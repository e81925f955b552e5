"""The calls that a hub mounts, for the pages that list them."""

from collections.abc import Mapping

from mailhub.app.web import API_MODULES
from mailhub.http import openapi_api
from mailhub.http.endpoint import Endpoint, endpoints_of


def mounted() -> tuple[Endpoint, ...]:
    """All of them, in the order in which they are declared."""
    return tuple(each for module in (*API_MODULES, openapi_api) for each in endpoints_of(module))


def by_tag() -> Mapping[str, list[Endpoint]]:
    """The same by the group that the documentation shows them in, in alphabetical order."""
    groups: dict[str, list[Endpoint]] = {}
    for each in mounted():
        groups.setdefault(each.tag, []).append(each)
    return dict(sorted(groups.items()))


def shown(endpoint: Endpoint) -> str:
    """Method and path below ``/api/v1``, or the whole path where it is elsewhere."""
    path = endpoint.path if endpoint.prefix == "/api/v1" else endpoint.full_path
    return f"{endpoint.method} {path}"
