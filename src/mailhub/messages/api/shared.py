"""What the calls about messages have in common."""

from collections.abc import Callable
from typing import Any

from mailhub.answers import Answered
from mailhub.composing import again
from mailhub.composing.writes import Accepted
from mailhub.contract.texts import _
from mailhub.delivery.service import DeliveryService
from mailhub.errors import OutcomeUnknown, StorageUnavailable
from mailhub.http.endpoint import ApiRequest, Reply
from mailhub.messages.model import Message
from mailhub.messages.presenting import present_message
from mailhub.services import Work
from mailhub.visibility.service import MessageReader

MESSAGE_ID = {"id": _("Id of the message")}
SEND_PROBLEMS = (
    "token.no_on_behalf",
    (422, "user.not_found"),
    "address.invalid",
    "recipients.none",
    "recipients.too_many",
    "header.invalid",
    (422, "attachment.too_large"),
    "attachment.unreadable",
    (422, "upload.not_found"),
    (422, "attachment.not_found"),
    "layout.not_found",
    (422, "scenario.not_found"),
    (422, "account.not_found"),
    "account.none_for_scenario",
    "sender.not_allowed",
    "sender.no_contact_email",
    (422, "message.expired"),
    "plugin.failed",
    "configuration.changed",
    "storage.outcome_unknown",
)


def reply_of(answer: Answered) -> Reply:
    return Reply(status=answer.status, body=answer.body, location=answer.location)


def composed(request: ApiRequest, act: Callable[[Work], Accepted]) -> Reply:
    """Compose and hand over; once more where account, assignment or draft changed in between. Raises ConfigurationChanged."""
    return reply_of(again.composed(request, act).answer)


def read_back(request: ApiRequest, message_id: str) -> dict[str, Any]:
    """The message as it is after what was done to it. What fails now failed too late to say that nothing was done."""
    try:
        work = request.fresh_work()
        return presented(work, work.service(MessageReader).get(message_id))
    except StorageUnavailable as error:
        raise OutcomeUnknown(
            _(
                "It was done, but the database cannot be read now. Look at /api/v1/messages/${id}.",
                mapping={"id": message_id},
            )
        ) from error


def presented(work: Work, message: Message) -> dict[str, Any]:
    return present_message(message, work.service(DeliveryService).waiting_for(message))


def message_of(request: ApiRequest) -> Message:
    """The message that is named. Raises ``NotFound``."""
    return request.work.service(MessageReader).get(request.path["id"])


def require_message(request: ApiRequest) -> None:
    """For a call on a message that takes no fields: 404 first, then its body. Raises ``NotFound``."""
    message_of(request)
    request.require_no_fields()
