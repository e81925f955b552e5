"""What people do to messages, one or many at once: each is judged by itself, by the service, and told of by itself."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import quote

from mailhub.composing.again import composed
from mailhub.composing.copying import CopyingService
from mailhub.composing.writes import Accepted
from mailhub.contract.texts import Text, _
from mailhub.delivery.service import DeliveryService
from mailhub.errors import HubError, Invalid, NotFound, RevisionStale, StorageUnavailable, WrongState
from mailhub.messages.model import Message
from mailhub.people.permissions import Permission
from mailhub.services import Work
from mailhub.visibility.service import MessageReader
from mailhub.web.answers import Answer, Redirect, Shown, is_own_path
from mailhub.web.notices import Kind
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .asking import ACTIONS, ALREADY, Action
from .rows import Rows, actions_for
from .undoing import undoable_of, with_undo

MOST_AT_ONCE: Final = 50
"""As many as a list shows at a time."""

_CONFIRM: Final = "mailhub.messages:templates/confirm_action.jinja2"
_BACK: Final = ("/outbox", "/sent", "/drafts", "/messages/")
_GONE: Final = _("No longer there")


class Chosen(NamedTuple):
    """A message that somebody chose; ``revision``: as he has seen it, where that was said."""

    id: str
    revision: str


@page("POST", "/messages/act", permission=Permission.MESSAGES_WRITE, once=True)
def act(request: PageRequest) -> Answer:
    """``do``: an action, or an action, a colon and the id of the one message it is for; else ``id`` names them."""
    name, _colon, only = request.posted_value("do").partition(":")
    action = ACTIONS.get(name)
    if action is None:
        raise NotFound(_("There is no such action."))
    chosen = [_chosen(each) for each in dict.fromkeys([only] if only else request.posted_all("id"))]
    if len(chosen) > MOST_AT_ONCE:
        raise Invalid.of(
            "/id", "schema.invalid", _("Choose ${most} messages at most.", mapping={"most": MOST_AT_ONCE})
        )
    back = _back(request, action)
    if not chosen:
        request.flash(_("Choose at least one message."), "info")
        return Redirect(back)
    if action.question is not None and not request.posted_value("confirmed"):
        return _ask(request, action, chosen, back)
    return _told(request, action, _done(request, action, chosen), back)


@page("POST", "/messages/{id}/edit", permission=Permission.MESSAGES_WRITE, once=True)
def edit_copy(request: PageRequest) -> Answer:
    """A new draft with the same content, to be changed and sent (RS4)."""
    message_id = request.path["id"]
    copied = composed(request, lambda work: work.service(CopyingService).copy(message_id))
    return Redirect(f"/compose/{copied.message_id}")


def _chosen(text: str) -> Chosen:
    message_id, _dot, revision = text.partition(".")
    return Chosen(message_id, revision)


def _back(request: PageRequest, action: Action) -> str:
    """Where to go on: where the form was, if it was one of ours; not to what was deleted."""
    back = request.posted_value("back")
    if not is_own_path(back) or not back.startswith(_BACK):
        return "/outbox"
    return "/outbox" if action.name == "delete" and back.startswith("/messages/") else back


# -- asking before -----------------------------------------------------------------------------------------------------


def _ask(request: PageRequest, action: Action, chosen: list[Chosen], back: str) -> Answer:
    """Show what it would be done to, and what it cannot be done to."""
    found = [message for each in chosen if (message := _find(request.work, each.id)) is not None]
    able = [each for each in found if action.name in actions_for(each.status)]
    values = {
        "action": action,
        "rows": Rows(request).of(able),
        "chosen": [f"{each.id}.{each.revision}" for each in able],
        "others": Counter(ALREADY[each.status] for each in found if each not in able),
        "back": back,
    }
    if not able:
        return _told(request, action, _Results(others=_reasons(found, len(chosen) - len(found))), back)
    return Shown(_CONFIRM, values, title=action.question or action.label)


def _reasons(found: list[Message], gone: int) -> Counter[Text]:
    reasons: Counter[Text] = Counter(ALREADY[each.status] for each in found)
    if gone:
        reasons[_GONE] = gone
    return reasons


def _find(work: Work, message_id: str) -> Message | None:
    try:
        return work.service(MessageReader).get(message_id)
    except NotFound:
        return None


# -- doing -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Results:
    """``done``: ids; those of new messages where some were made. ``others``: how many were refused, by the reason."""

    done: list[str] = field(default_factory=list)
    others: Counter[Text] = field(default_factory=Counter)


def _done(request: PageRequest, action: Action, chosen: list[Chosen]) -> _Results:
    """One after the other. Where the storage fails, what was done before is told all the same."""
    results = _Results()
    for each in chosen:
        try:
            results.done.append(_DOERS[action.name](request, each))
        except StorageUnavailable as error:
            if not results.done:
                raise
            results.others[error.message] += len(chosen) - len(results.done) - results.others.total()
            break
        except HubError as refused:
            results.others[_reason(request, each, refused)] += 1
    return results


def _reason(request: PageRequest, chosen: Chosen, refused: HubError) -> Text:
    if isinstance(refused, NotFound):
        return _GONE
    if isinstance(refused, RevisionStale):
        return _("Changed by somebody else meanwhile")
    if isinstance(refused, WrongState) and refused.code == "message.wrong_state":
        message = _find(request.fresh_work(), chosen.id)
        return _GONE if message is None else ALREADY[message.status]
    return refused.message


def _retry(request: PageRequest, chosen: Chosen) -> str:
    request.work.service(DeliveryService).retry(chosen.id)
    return chosen.id


def _cancel(request: PageRequest, chosen: Chosen) -> str:
    request.work.service(DeliveryService).cancel(chosen.id)
    return chosen.id


def _resolve_sent(request: PageRequest, chosen: Chosen) -> str:
    request.work.service(DeliveryService).resolve(chosen.id, "sent")
    return chosen.id


def _resolve_resend(request: PageRequest, chosen: Chosen) -> str:
    request.work.service(DeliveryService).resolve(chosen.id, "resend")
    return chosen.id


def _resolve_failed(request: PageRequest, chosen: Chosen) -> str:
    request.work.service(DeliveryService).resolve(chosen.id, "failed")
    return chosen.id


def _resend(request: PageRequest, chosen: Chosen) -> str:
    return composed(request, partial(_sent_anew, chosen.id)).message_id


def _sent_anew(message_id: str, work: Work) -> Accepted:
    return work.service(CopyingService).resend(message_id)


def _delete(request: PageRequest, chosen: Chosen) -> str:
    """Only as it was when he was asked."""
    message = request.work.service(MessageReader).get(chosen.id)
    if str(message.revision) != chosen.revision:
        raise RevisionStale(_("Somebody else has changed this since you opened it."))
    request.work.service(DeliveryService).delete(message)
    return chosen.id


_DOERS: Final[Mapping[str, Callable[[PageRequest, Chosen], str]]] = {
    "retry": _retry,
    "cancel": _cancel,
    "resolve-sent": _resolve_sent,
    "resolve-resend": _resolve_resend,
    "resolve-failed": _resolve_failed,
    "resend": _resend,
    "delete": _delete,
}


# -- telling -----------------------------------------------------------------------------------------------------------


def _told(request: PageRequest, action: Action, results: _Results, back: str) -> Answer:
    done, others = results.done, results.others
    undoable = _undoable(request, done) if action.name == "cancel" else []
    if undoable and undoable == done and not others:
        return Redirect(with_undo(back, undoable))
    request.flash(*_said(request, action, results))
    if action.name == "resend" and len(done) == 1 and not others:
        return Redirect(f"/messages/{quote(done[0])}")
    return Redirect(with_undo(back, undoable))


def _undoable(request: PageRequest, done: list[str]) -> list[str]:
    request.fresh_work()
    return undoable_of(request, done)


def _said(request: PageRequest, action: Action, results: _Results) -> tuple[Text, Kind]:
    done, others = results.done, results.others
    if len(done) == 1 and not others:
        return action.done, "success"
    if done or others.total() > 1:
        counted = [(action.counted, len(done)), *others.items()]
        said = [f"{request.translated(text).rstrip('.')}: {count}" for text, count in counted if count]
        return ". ".join(said) + ".", "warning" if others else "success"
    reason = request.translated(next(iter(others)))
    return _("Nothing was done. ${reason}.", mapping={"reason": reason.rstrip(".")}), "warning"
