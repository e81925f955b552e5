"""What people do to messages that wait or have ended."""

from mailhub.contract.texts import _
from mailhub.delivery.service import DeliveryService
from mailhub.http.endpoint import ApiRequest, Reply, endpoint, no_content
from mailhub.messages.replies import MessageReply
from mailhub.messages.schema import ResolveFields
from mailhub.people.permissions import Permission

from .shared import MESSAGE_ID, message_of, read_back, reply_of, require_message


@endpoint(
    "POST",
    "/messages/{id}/cancel",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Cancel a message that waits"),
    description=_("Not one that is being sent at this moment, nor one that has ended."),
    path_texts=MESSAGE_ID,
    replies={200: MessageReply},
    problems=("message.not_found", "message.wrong_state", "storage.outcome_unknown"),
    once=True,
)
def cancel_message(request: ApiRequest) -> Reply:
    require_message(request)
    request.work.service(DeliveryService).cancel(request.path["id"])
    return Reply(body=read_back(request, request.path["id"]))


@endpoint(
    "POST",
    "/messages/{id}/retry",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Try a message again now"),
    description=_(
        "One that failed, was cancelled, or waits for later. Attempts are counted anew; who has accepted it does not "
        "get it again."
    ),
    path_texts=MESSAGE_ID,
    replies={200: MessageReply},
    problems=(
        "message.not_found",
        "message.wrong_state",
        (409, "message.expired"),
        (409, "account.not_found"),
        "storage.outcome_unknown",
    ),
    once=True,
    replays="answer",
)
def retry_message(request: ApiRequest) -> Reply:
    require_message(request)
    return reply_of(request.work.service(DeliveryService).retry(request.path["id"]))


@endpoint(
    "POST",
    "/messages/{id}/resolve",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Say what became of a message in doubt"),
    description=_(
        "sent and failed are the end of it; resend tries again with the same Message-ID, which may reach somebody twice. "
        "Of one that some recipients have accepted, failed is about the others."
    ),
    path_texts=MESSAGE_ID,
    body=ResolveFields,
    replies={200: MessageReply},
    problems=(
        "message.not_found",
        "message.wrong_state",
        (409, "message.expired"),
        (409, "account.not_found"),
        "storage.outcome_unknown",
    ),
    once=True,
    replays="answer",
)
def resolve_message(request: ApiRequest) -> Reply:
    message_of(request)
    service = request.work.service(DeliveryService)
    return reply_of(service.resolve(request.path["id"], request.body["outcome"]))


@endpoint(
    "DELETE",
    "/messages/{id}",
    permission=Permission.MESSAGES_WRITE,
    summary=_("Delete a message"),
    description=_("A draft, or one that failed or was cancelled; with its files, and for good."),
    path_texts=MESSAGE_ID,
    replies={204: None},
    problems=("message.not_found", "message.wrong_state", "storage.outcome_unknown"),
    if_match="required",
    once=True,
)
def delete_message(request: ApiRequest) -> Reply:
    message = message_of(request)
    request.check_revision(str(message.revision))
    request.work.service(DeliveryService).delete(message)
    return no_content()
