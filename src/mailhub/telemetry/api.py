"""Health, open to anyone, for whoever starts, restarts and balances processes; and the change feed (api.md)."""

from typing import Any

from mailhub.contract.texts import _
from mailhub.delivery.service import DeliveryService
from mailhub.errors import FieldError, NotReady
from mailhub.events.cursor import EventCursor
from mailhub.http.endpoint import ApiRequest, Reply, endpoint
from mailhub.messages.gone import GoneMessage
from mailhub.messages.model import Message
from mailhub.messages.presenting import present_gone, present_message
from mailhub.people.permissions import Permission

from .checks import FATAL_CODES
from .feed import FeedBell, FeedPage, FeedService
from .health import HealthService
from .schema import FeedQuery, FeedReply, LiveReply, ReadyReply

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


@endpoint(
    "GET",
    "/events",
    permission=Permission.MESSAGES_READ,
    tag="messages",
    summary=_("Follow what happens to messages, oldest first"),
    description=_(
        "Of the messages that the caller may see; at least once, in order per message. Each message is as it is now; of "
        "one that was deleted only id, status (its last), scenario, account and owner are left, in all of its events. Keep "
        "next_cursor after dealing with a page. With wait an empty page is held back until something happens; where too "
        "many wait already it comes at once, with Retry-After."
    ),
    query=FeedQuery,
    replies={200: FeedReply},
)
def follow_events(request: ApiRequest) -> Reply:
    bell = request.work.service(FeedBell)
    cursor = EventCursor() if request.query["cursor"] is None else EventCursor.parse(request.query["cursor"])
    limit, ends_at = request.query["limit"], bell.deadline(request.query["wait"])
    while True:
        heard = bell.listen()
        page = request.work.service(FeedService).page(cursor, limit)
        left = bell.seconds_left(ends_at)
        if page.items or not page.is_at_end or left <= 0:
            return Reply(body=_feed(request, page))
        cursor = page.next_cursor
        if not bell.wait(heard, left):
            is_full = bell.seconds_left(ends_at) > 0
            return Reply(body=_feed(request, page), headers={"Retry-After": "1"} if is_full else {})
        request.fresh_work()


def _feed(request: ApiRequest, page: FeedPage) -> dict[str, Any]:
    items = [
        {
            "cursor": str(item.cursor),
            "at": item.event.at,
            "event": item.event.name,
            "message": _message(request, item.message),
        }
        for item in page.items
    ]
    return {"items": items, "next_cursor": str(page.next_cursor)}


def _message(request: ApiRequest, message: Message | GoneMessage) -> dict[str, Any]:
    if isinstance(message, GoneMessage):
        return present_gone(message)
    return present_message(message, request.work.service(DeliveryService).waiting_for(message))
