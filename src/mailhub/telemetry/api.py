"""Health, for whoever starts, restarts and balances processes (api.md, Operations). Open to anyone."""

from mailhub.contract.texts import _
from mailhub.errors import FieldError, NotReady
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.people.permissions import Permission

from .checks import FATAL_CODES
from .health import HealthService
from .schema import LiveReply, ReadyReply

HEALTH = "mailhub.telemetry.health"
"""Where the application's registry holds its ``HealthService``; health needs no database and so no unit of work."""


@endpoint(
    "GET",
    "/health/live",
    prefix="",
    permission=Permission.PUBLIC,
    summary=_("Whether the process runs"),
    description=_("It asks nothing but itself: restart a process that does not answer."),
    replies={200: LiveReply},
)
def get_live(_request: ApiRequest) -> Reply:
    return Reply(body={"status": "alive"})


@endpoint(
    "GET",
    "/health/ready",
    prefix="",
    permission=Permission.PUBLIC,
    summary=_("Whether the process can do its work"),
    description=_(
        "Answers within a few seconds, whatever hangs. 503 with every reason in errors: send no work here, and wait."
    ),
    replies={200: ReadyReply},
    problems=("hub.not_ready", *FATAL_CODES),
)
def get_ready(request: ApiRequest) -> Reply:
    health: HealthService = request.registry[HEALTH]
    findings = health.look()
    reasons = [FieldError("", each.code, each.message) for each in findings if each.is_fatal]
    if reasons:
        raise NotReady(_("This process cannot do its work now."), reasons)
    notes = [{"code": each.code, "message": request.translated(each.message)} for each in findings]
    return Reply(body={"status": "ready", "notes": notes})
