"""Discarding a draft: asked before, gone for good afterwards."""

from mailhub.contract.texts import _
from mailhub.delivery.service import DeliveryService
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .sheet import own_message

CONFIRM = "mailhub.web:templates/confirm.jinja2"


@page("GET", "/compose/{id}/discard", permission=Permission.MESSAGES_WRITE)
def ask_to_discard(request: PageRequest) -> Answer:
    draft = own_message(request, request.work)
    if draft.status != "draft":
        return Redirect(f"/messages/{draft.id}")
    values = {
        "question": _("Discard this draft?"),
        "text": _("With its files, and for good. This cannot be undone."),
        "action": f"/compose/{draft.id}/discard",
        "label": _("Discard"),
        "cancel": f"/compose/{draft.id}",
        "values": {"revision": str(draft.revision)},
    }
    subject = draft.content.subject or _("(no subject)")
    return Shown(CONFIRM, values, title=subject, crumbs=[(_("Drafts"), "/drafts")])


@page("POST", "/compose/{id}/discard", permission=Permission.MESSAGES_WRITE, once=True)
def discard(request: PageRequest) -> Answer:
    draft = own_message(request, request.work)
    request.check_revision(str(draft.revision))
    request.work.service(DeliveryService).delete(draft)
    request.flash(_("The draft was discarded."))
    return Redirect("/drafts")
