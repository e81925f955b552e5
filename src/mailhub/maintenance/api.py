"""Calls of the owner of the data, answered over ``hub.sock`` only (api.md, "Command line")."""

from mailhub.accounts.schema import RunningCheckReply
from mailhub.contract.texts import _
from mailhub.delivery.run_replies import present_run
from mailhub.errors import NOT_FOUND, NotFound
from mailhub.http.endpoint import ApiRequest, Reply, accepted, endpoint
from mailhub.people.permissions import Permission

from .runs import MaintenanceRun
from .schema import ExportFields, ImportFields
from .service import MaintenanceService

_OVER_SOCKET = _("Over the socket of the hub's owner only; steps and report appear at Location.")
_PROBLEMS = ("not_found", "maintenance.running", "rate_limited")


@endpoint(
    "POST",
    "/maintenance/pack",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Pack the database"),
    description=_OVER_SOCKET,
    replies={202: RunningCheckReply},
    problems=_PROBLEMS,
    once=True,
)
def pack_database(request: ApiRequest) -> Reply:
    maintenance = _maintenance(request)
    request.require_no_fields()
    return _begun(maintenance.pack())


@endpoint(
    "POST",
    "/maintenance/check",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Read the whole database and tell what is wrong"),
    description=_OVER_SOCKET,
    replies={202: RunningCheckReply},
    problems=_PROBLEMS,
    once=True,
)
def check_database(request: ApiRequest) -> Reply:
    maintenance = _maintenance(request)
    request.require_no_fields()
    return _begun(maintenance.check())


@endpoint(
    "POST",
    "/maintenance/rotate-key",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Make a new secret key and be rid of the old one"),
    description=_OVER_SOCKET,
    replies={202: RunningCheckReply},
    problems=_PROBLEMS,
    once=True,
)
def rotate_key(request: ApiRequest) -> Reply:
    maintenance = _maintenance(request)
    request.require_no_fields()
    return _begun(maintenance.rotate_key())


@endpoint(
    "POST",
    "/maintenance/export",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Write the configuration as a file"),
    description=_OVER_SOCKET,
    body=ExportFields,
    replies={202: RunningCheckReply},
    problems=_PROBLEMS,
    once=True,
)
def export_configuration(request: ApiRequest) -> Reply:
    maintenance = _maintenance(request)
    return _begun(maintenance.export_configuration(request.body["passphrase"]))


@endpoint(
    "POST",
    "/maintenance/import",
    permission=Permission.PEOPLE_ADMIN,
    summary=_("Take a configuration in"),
    description=_OVER_SOCKET,
    body=ImportFields,
    replies={202: RunningCheckReply},
    problems=_PROBLEMS,
    once=True,
)
def import_configuration(request: ApiRequest) -> Reply:
    maintenance, body = _maintenance(request), request.body
    run = maintenance.import_configuration(body["content"], body["passphrase"], is_dry_run=body["dry_run"])
    return _begun(run)


def _maintenance(request: ApiRequest) -> MaintenanceService:
    """Raises ``NotFound`` for whoever comes over the network, whoever he is."""
    if not request.is_local:
        raise NotFound(NOT_FOUND)
    return request.work.service(MaintenanceService)


def _begun(run: MaintenanceRun) -> Reply:
    return accepted(f"/api/v1/checks/{run.id}", present_run(run))
