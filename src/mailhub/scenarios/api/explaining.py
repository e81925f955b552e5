"""The call that explains what a message of a scenario would get."""

from mailhub.composing.presenting import present_explanation
from mailhub.composing.service import ComposingService
from mailhub.contract.texts import _
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.people.permissions import Permission
from mailhub.scenarios.explain_schema import ExplainReply
from mailhub.scenarios.service import ScenariosService


@endpoint(
    "GET",
    "/scenarios/{id}/explain",
    permission=Permission.SETUP_READ,
    summary=_("Explain what a message of a scenario would get now, and why"),
    description=_(
        "As a message of the caller's that names neither account nor sender. Without problems it would be taken."
    ),
    path_texts={"id": _("Id of the scenario")},
    replies={200: ExplainReply},
    problems=("scenario.not_found",),
)
def explain_scenario(request: ApiRequest) -> Reply:
    scenario = request.work.service(ScenariosService).get_scenario(request.path["id"])
    explanation = request.work.service(ComposingService).explain(scenario.id)
    return Reply(body=present_explanation(explanation, request.translated))
