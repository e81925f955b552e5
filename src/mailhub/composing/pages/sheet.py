"""The sheet on which a message is written: a new one, or a draft of one's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from mailhub.composing.drafts import DraftsService
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.composing.stored import request_of
from mailhub.contract.texts import _
from mailhub.errors import NOT_FOUND, FieldError, NotFound
from mailhub.messages.model import Mailbox, Message, StoredAttachment
from mailhub.messages.presenting import text_of
from mailhub.people.permissions import Permission
from mailhub.scenarios.resolving import DEFAULT_SCENARIO
from mailhub.services import Work
from mailhub.store.content import ContentReader, checked_chunks
from mailhub.uploads.model import uploads_of
from mailhub.web.answers import Answer, Fragment, Raw, Redirect, Shown
from mailhub.web.formats import time_of_day
from mailhub.web.forms.address_texts import show_address
from mailhub.web.forms.widgets.times import local_text
from mailhub.web.page import page
from mailhub.web.policy import EDITOR_POLICY
from mailhub.web.request import PageRequest

from .controls import ADDRESSES, BY_ACCOUNT, BY_SCENARIO, Typed, key_of, way_of
from .pictures import SHOWN_TYPES, shown
from .problems import placed
from .ways import choices, way_for

TEMPLATES: Final = "mailhub.composing:templates"
Trouble = Literal["", "stale", "ended"]
"""Why what was typed was not kept: somebody else has changed the draft, or it is no draft any more."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the draft, or an upload for it (then without ``key``). ``number``: of the draft's file."""

    name: str
    size: int
    key: str = ""
    number: int = 0
    scenario: str = ""
    is_in_text: bool = False
    is_kept: bool = True
    upload: str = ""


@page("GET", "/compose", permission=Permission.MESSAGES_WRITE, policy=EDITOR_POLICY)
def write_new(request: PageRequest) -> Answer:
    """Nothing is kept before something is typed. ``?scenario=``, ``?account=``, ``?to=`` and ``?subject=`` fill it in."""
    query = request.query
    account = query.get("account")
    scenario = query.get("scenario") or DEFAULT_SCENARIO
    texts = {"from": f"{BY_ACCOUNT}{account}" if account else f"{BY_SCENARIO}{scenario}"}
    texts |= {name: query[name] for name in ("to", "cc", "bcc", "subject") if name in query}
    return sheet(request, None, Typed(texts))


@page("GET", "/compose/{id}", permission=Permission.MESSAGES_WRITE, policy=EDITOR_POLICY)
def write_on(request: PageRequest) -> Answer:
    message = own_message(request, request.work)
    if message.status != "draft":
        return Redirect(f"/messages/{message.id}")
    return sheet(request, message, None)


@page("GET", "/compose/{id}/pictures/{name}", permission=Permission.MESSAGES_WRITE)
def show_picture(request: PageRequest) -> Answer:
    """A linked picture, by its content id, for the editor."""
    files = own_message(request, request.work).content.attachments
    name = request.path["name"]
    found = next(
        (each for each in files if each.content_id == name and each.content_type in SHOWN_TYPES), None
    )
    if found is None:
        raise NotFound(NOT_FOUND, code="attachment.not_found")
    return Raw(checked_chunks(ContentReader.of(found.content)), found.content_type)


def own_message(request: PageRequest, work: Work, message_id: str | None = None) -> Message:
    """The message of this id, or that the address names. Raises ``NotFound`` also for one of somebody else."""
    message = work.service(DraftsService).get(message_id or request.path["id"])
    if message.owner_id != request.identity.user_id:
        raise NotFound(NOT_FOUND, code="message.not_found")
    return message


# -- answers -----------------------------------------------------------------------------------------------------------


def sheet(
    request: PageRequest,
    draft: Message | None,
    typed: Typed | None,
    errors: Iterable[FieldError] = (),
    *,
    status: int = 200,
    trouble: Trouble = "",
    asks_subject: bool = False,
) -> Answer:
    """The page, with what was typed where that was not kept."""
    values = _values(request, draft, typed, errors)
    values |= {"trouble": trouble, "asks_subject": asks_subject, "zone": str(request.time_zone)}
    values["is_typed"] = status != 200 and typed is not None
    title = _("New message") if draft is None else draft.content.subject or _("(no subject)")
    crumbs = () if draft is None else ((_("Drafts"), "/drafts"),)
    return Shown(f"{TEMPLATES}/sheet.jinja2", values, title=title, crumbs=crumbs, status=status)


def kept_part(request: PageRequest, draft: Message) -> Answer:
    """What a script is told after it had the draft kept: its revision, its files, how it would go, wrong addresses."""
    values = _values(request, draft, None, _certain_mistakes(request, draft))
    values["saved_at"] = time_of_day(request.now, request.locale, request.time_zone)
    return Fragment(f"{TEMPLATES}/kept.jinja2", values)


def _certain_mistakes(request: PageRequest, draft: Message) -> list[FieldError]:
    """Addresses and files that stay wrong however one goes on; that there is no recipient yet is none."""
    message = replace(request_of(draft), html=None, text="")
    found = request.work.service(ComposingService).mistakes_in(message, ())
    return [each for each in found if each.pointer.startswith("/attachments") or each.pointer.count("/") > 1]


def refused_part(errors: Iterable[FieldError], typed: Typed, status: int, trouble: Trouble = "") -> Answer:
    """The same for what was not kept."""
    values = {"troubles": placed(errors, typed.texts), "trouble": trouble}
    return Fragment(f"{TEMPLATES}/refused.jinja2", values, status)


# -- what is shown -----------------------------------------------------------------------------------------------------


def _values(
    request: PageRequest, draft: Message | None, typed: Typed | None, errors: Iterable[FieldError]
) -> dict[str, Any]:
    texts = _texts_of(request, draft) | dict(typed.texts if typed is not None else {})
    files = _files_of(request, draft, typed)
    composing = request.work.service(ComposingService)
    return {
        "id": "" if draft is None else draft.id,
        "revision": _seen(request, draft, typed),
        "path": "/compose" if draft is None else f"/compose/{draft.id}",
        "texts": texts,
        "kind": _kind(draft, typed),
        "choices": choices(request, texts["from"]),
        "way": way_for(request, _wished(draft, texts)),
        "files": files,
        "size": sum(each.size for each in files if each.is_kept),
        "limits": composing.limits,
        "may_attach": request.identity.may(Permission.UPLOADS_WRITE),
        "wants_files": typed is None or typed.wants_files,
        "troubles": placed(errors, texts),
    }


def _seen(request: PageRequest, draft: Message | None, typed: Typed | None) -> str:
    """The revision that the page was made from stays with what was typed on it."""
    if draft is None:
        return ""
    return str(draft.revision) if typed is None else request.posted_value("revision")


def _kind(draft: Message | None, typed: Typed | None) -> str:
    """``html``, ``text``, or ``layout``; "" for a new message: a browser with scripts offers formatted text."""
    if typed is not None:
        for name in ("html", "text"):
            if name in typed.texts:
                return name
    if draft is None:
        return ""
    if draft.content.body is not None:
        return "layout"
    return "html" if draft.content.html is not None else "text"


def _texts_of(request: PageRequest, draft: Message | None) -> dict[str, str]:
    """What the controls show of a draft."""
    texts = dict.fromkeys((*ADDRESSES, "subject", "send_at", "tags", "html", "text"), "")
    texts |= {"from": way_of(DEFAULT_SCENARIO, None), "importance": "normal"}
    if draft is None:
        return texts
    content = draft.content
    texts |= {name: _lines(getattr(content, name)) for name in ADDRESSES}
    html = text_of(content.html)
    return texts | {
        "from": way_of(draft.scenario, draft.account_id),
        "subject": content.subject,
        "importance": content.importance,
        "send_at": "" if draft.send_at is None else local_text(draft.send_at, request.time_zone),
        "tags": ", ".join(content.tags),
        "html": "" if html is None else shown(html, draft.id, content.attachments),
        "text": text_of(content.text) or "",
    }


def _lines(mailboxes: Sequence[Mailbox]) -> str:
    return ", ".join(show_address({"name": name, "address": address}) for address, name in mailboxes)


def _wished(draft: Message | None, texts: Mapping[str, str]) -> MessageRequest:
    """The way that the control From stands for."""
    way = texts["from"]
    kept = MessageRequest() if draft is None else request_of(draft)
    if way.startswith(BY_ACCOUNT):
        return MessageRequest(
            scenario=kept.scenario,
            account=way.removeprefix(BY_ACCOUNT),
            sender=kept.sender,
            send_at=kept.send_at,
        )
    return MessageRequest(scenario=way.removeprefix(BY_SCENARIO), sender=kept.sender, send_at=kept.send_at)


def _files_of(request: PageRequest, draft: Message | None, typed: Typed | None) -> list[FileRow]:
    files = () if draft is None else draft.content.attachments
    rows = [_row(number, file, typed) for number, file in enumerate(files)]
    return rows + [
        row for each in (() if typed is None else typed.uploads) if (row := _upload(request, each))
    ]


def _row(number: int, file: StoredAttachment, typed: Typed | None) -> FileRow:
    key = key_of(number, file)
    is_kept = typed is None or typed.kept is None or key in typed.kept
    return FileRow(file.name, file.content.size, key, number, file.default_of, file.inline, is_kept)


def _upload(request: PageRequest, upload_id: str) -> FileRow | None:
    upload = uploads_of(request.root).find(upload_id)
    if upload is None or upload.owner_id != request.identity.user_id:
        return None
    return FileRow(upload.name or upload_id, upload.content.size, upload=upload_id)
