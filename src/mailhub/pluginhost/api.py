"""Which plugins are there, and what is wrong with those that are not."""

from collections.abc import Callable
from typing import Any

from mailhub.contract.texts import Text, _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.people.permissions import Permission

from .host import PluginHost
from .report import PluginReport
from .schema import PluginList


@endpoint(
    "GET",
    "/plugins",
    permission=Permission.ACCOUNTS_OPERATE,
    tag="plugins",
    replies={200: PluginList},
    summary=_("List the plugins that are installed, and why some failed to load"),
)
def list_plugins(request: ApiRequest) -> Reply:
    """All of them: they are few, so there are no pages."""
    host = request.work.service(PluginHost)
    return Reply(body={"items": [present(each, request.translated) for each in host.plugins]})


def present(report: PluginReport, translate: Callable[[Text], str]) -> dict[str, Any]:
    """A plugin as a client sees it; tracebacks stay in the log."""
    return {
        "name": report.name,
        "distribution": report.distribution,
        "version": report.version,
        "state": report.state,
        "error": translate(report.error) or None,
        "connectors": list(report.connectors),
        "scenarios": list(report.scenarios),
        "policies": list(report.policies),
        "renderers": list(report.renderers),
        "faults": report.faults,
        "last_fault": translate(report.last_fault) or None,
        "is_hung": report.is_hung,
    }
