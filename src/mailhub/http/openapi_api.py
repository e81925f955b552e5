"""``GET /openapi.json``: what the API is, for machines."""

import colander

from mailhub.contract.texts import _
from mailhub.people.permissions import Permission
from mailhub.schema_types import JsonObject

from .endpoint import ApiRequest, Reply, endpoint
from .openapi import OpenApiDocument

DOCUMENT = "mailhub.http.openapi"


def OpenApi() -> colander.SchemaNode:  # noqa: N802 - its name is that of the schema in the document
    """An OpenAPI document."""
    return colander.SchemaNode(JsonObject())


@endpoint(
    "GET",
    "/openapi.json",
    permission=Permission.SELF,
    summary=_("This description"),
    tag="hub",
    replies={200: OpenApi, 304: None},
)
def get_openapi(request: ApiRequest) -> Reply:
    """The document, or 304 where the caller has it."""
    served: OpenApiDocument = request.registry[DOCUMENT]
    headers = {"Cache-Control": "private, no-cache"}
    if served.etag in (request.if_none_match or ""):
        return Reply(status=304, headers=headers, etag=served.etag)
    return Reply(stream=[served.content], content_type="application/json", headers=headers, etag=served.etag)
