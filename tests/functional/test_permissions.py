"""Every mounted call names its permission, as api.md's table says; a call that is not in the table here fails.

Who has which permission is in ``test_permission_matrix``.
"""

import pytest

from mailhub.http.endpoint import Endpoint
from mailhub.http.mount import ENDPOINTS
from mailhub.people.permissions import Permission
from tests.kit.hub import HubKit

P = Permission

CALLS = {
    "GET /openapi.json": P.SELF,
    # messages, uploads
    "POST /messages": P.MESSAGES_WRITE,
    "POST /messages/batch": P.MESSAGES_WRITE,
    "GET /messages": P.MESSAGES_READ,
    "GET /events": P.MESSAGES_READ,
    "GET /messages/counts": P.MESSAGES_READ,
    "GET /messages/{id}": P.MESSAGES_READ,
    "GET /messages/{id}/events": P.MESSAGES_READ,
    "GET /messages/{id}/raw": P.MESSAGES_READ,
    "GET /messages/{id}/attachments/{n}": P.MESSAGES_READ,
    "POST /messages/{id}/cancel": P.MESSAGES_WRITE,
    "POST /messages/{id}/retry": P.MESSAGES_WRITE,
    "PATCH /messages/{id}": P.MESSAGES_WRITE,
    "DELETE /messages/{id}": P.MESSAGES_WRITE,
    "POST /messages/{id}/send": P.MESSAGES_WRITE,
    "POST /messages/{id}/copy": P.MESSAGES_WRITE,
    "POST /messages/{id}/resend": P.MESSAGES_WRITE,
    "POST /messages/{id}/resolve": P.MESSAGES_WRITE,
    "POST /uploads": P.UPLOADS_WRITE,
    "OPTIONS /uploads": P.UPLOADS_WRITE,
    "HEAD /uploads/{id}": P.UPLOADS_WRITE,
    "PATCH /uploads/{id}": P.UPLOADS_WRITE,
    "DELETE /uploads/{id}": P.UPLOADS_WRITE,
    "POST /uploads/{id}": P.UPLOADS_WRITE,
    # people
    "GET /users": P.PEOPLE_ADMIN,
    "POST /users": P.PEOPLE_ADMIN,
    "GET /users/{id}": P.PEOPLE_ADMIN,
    "PATCH /users/{id}": P.PEOPLE_ADMIN,
    "DELETE /users/{id}": P.PEOPLE_ADMIN,
    "POST /users/{id}/password-reset": P.PEOPLE_ADMIN,
    "GET /tokens": P.SELF,
    "POST /tokens": P.SELF,
    "DELETE /tokens/{id}": P.SELF,
    "GET /me": P.SELF,
    "PATCH /me": P.SELF,
    "POST /me/password": P.SELF,
    "GET /groups": P.PEOPLE_ADMIN,
    "POST /groups": P.PEOPLE_ADMIN,
    "GET /groups/{id}": P.PEOPLE_ADMIN,
    "PATCH /groups/{id}": P.PEOPLE_ADMIN,
    "DELETE /groups/{id}": P.PEOPLE_ADMIN,
    "GET /sessions": P.SELF,
    "DELETE /sessions": P.SELF,
    "DELETE /sessions/{id}": P.SELF,
    "GET /company": P.PEOPLE_ADMIN,
    "PUT /company": P.PEOPLE_ADMIN,
    "GET /company/logo": P.PEOPLE_ADMIN,
    # plugins, connectors, accounts, scenarios
    "GET /plugins": P.ACCOUNTS_OPERATE,
    "GET /connectors": P.SETUP_READ,
    "PATCH /connectors/{id}": P.SETUP_WRITE,
    "GET /accounts": P.ACCOUNTS_STATE_READ,
    "POST /accounts": P.SETUP_WRITE,
    "GET /accounts/{id}": P.ACCOUNTS_STATE_READ,
    "PATCH /accounts/{id}": P.SETUP_WRITE,
    "DELETE /accounts/{id}": P.SETUP_WRITE,
    "POST /accounts/{id}/default": P.SETUP_WRITE,
    "POST /accounts/{id}/test": P.SETUP_WRITE,
    "POST /accounts/check": P.SETUP_WRITE,
    "GET /checks/{id}": P.SELF,
    "POST /maintenance/pack": P.PEOPLE_ADMIN,
    "POST /maintenance/check": P.PEOPLE_ADMIN,
    "POST /maintenance/rotate-key": P.PEOPLE_ADMIN,
    "POST /maintenance/export": P.PEOPLE_ADMIN,
    "POST /maintenance/import": P.PEOPLE_ADMIN,
    "POST /accounts/{id}/pause": P.ACCOUNTS_OPERATE,
    "POST /accounts/{id}/resume": P.ACCOUNTS_OPERATE,
    "GET /accounts/{id}/queue": P.ACCOUNTS_OPERATE,
    "PUT /accounts/{id}/scenarios": P.SETUP_WRITE,
    "GET /scenarios": P.SETUP_READ,
    "POST /scenarios": P.SETUP_WRITE,
    "DELETE /scenarios/{id}": P.SETUP_WRITE,
    "PUT /scenarios/{id}/account": P.SETUP_WRITE,
    "GET /scenarios/{id}/attachments": P.SETUP_READ,
    "POST /scenarios/{id}/attachments": P.SETUP_WRITE,
    "GET /scenarios/{id}/attachments/{attachment}": P.SETUP_READ,
    "GET /scenarios/{id}/attachments/{attachment}/file": P.SETUP_READ,
    "PATCH /scenarios/{id}/attachments/{attachment}": P.SETUP_WRITE,
    "DELETE /scenarios/{id}/attachments/{attachment}": P.SETUP_WRITE,
    "GET /scenarios/{id}/explain": P.SETUP_READ,
    # health
    "GET /health/live": P.PUBLIC,
    "GET /health/ready": P.PUBLIC,
}
"""What each call of api.md needs; calls that other issues bring get their line with them."""


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


@pytest.fixture
def endpoints(kit: HubKit) -> tuple[Endpoint, ...]:
    mounted: tuple[Endpoint, ...] = kit.application.registry[ENDPOINTS]
    return mounted


def test_every_call_needs_what_the_table_says(endpoints: tuple[Endpoint, ...]) -> None:
    mounted = {name_of(endpoint): endpoint.permission for endpoint in endpoints}

    assert mounted == {name: CALLS.get(name, "not in the table") for name in mounted}
