"""The first page: what needs somebody's attention, his mail in figures, and the next step of a hub that is new."""

from collections.abc import Callable
from dataclasses import dataclass

from mailhub.contract.texts import Text, _
from mailhub.people.permissions import Permission
from mailhub.web.answers import Answer, Shown
from mailhub.web.page import page
from mailhub.web.request import PageRequest

from .attention import AttentionService, Concern, Matter

_TEMPLATE = "mailhub.telemetry:templates/home.jinja2"


@dataclass(frozen=True, slots=True)
class ShownMatter:
    """A matter in words, with the action that mends it."""

    kind: str
    title: Text
    text: Text
    url: str
    label: Text


@page("GET", "/", permission=Permission.SELF)
def show_home(request: PageRequest) -> Answer:
    service = request.work.service(AttentionService)
    matters = service.list_matters()
    identity = request.identity
    values = {
        "is_new": any(matter.concern == "no_account" for matter in matters),
        "matters": [_shown(request, matter) for matter in matters if matter.concern != "no_account"],
        "counts": service.find_counts(),
        "may_write": identity.may(Permission.MESSAGES_WRITE),
        "has_nothing": identity.permissions <= {Permission.SELF},
    }
    return Shown(_TEMPLATE, values, title=_("Home"))


def _shown(request: PageRequest, matter: Matter) -> ShownMatter:
    return _WORDS[matter.concern](request, matter)


def _no_default(_request: PageRequest, _matter: Matter) -> ShownMatter:
    return ShownMatter(
        "warning",
        _("There is no default account"),
        _("Mail of scenarios without an account of their own cannot leave."),
        "/accounts",
        _("Choose one"),
    )


def _connector_missing(_request: PageRequest, matter: Matter) -> ShownMatter:
    return ShownMatter(
        "danger",
        _("The connector of ${account} is missing", mapping={"account": matter.account_name}),
        _("Install the connector ${name} again. Its mail waits until then.", mapping={"name": matter.text}),
        _account_url(matter),
        _("Look at it"),
    )


def _needs_attention(request: PageRequest, matter: Matter) -> ShownMatter:
    return ShownMatter(
        "danger",
        _("${account} needs attention", mapping={"account": matter.account_name}),
        request.recalled(matter.text),
        _account_url(matter),
        _("Look at it"),
    )


def _paused(_request: PageRequest, matter: Matter) -> ShownMatter:
    return ShownMatter(
        "info",
        _("${account} is paused", mapping={"account": matter.account_name}),
        _("Its mail waits until somebody resumes it."),
        _account_url(matter),
        _("Look at it"),
    )


def _failed(request: PageRequest, matter: Matter) -> ShownMatter:
    title = request.pluralized(
        "One of your messages failed", "${count} of your messages failed", matter.count
    )
    return ShownMatter(
        "danger",
        title,
        _("See why, and send them again when the cause is mended."),
        "/outbox?status=failed",
        _("Show them"),
    )


def _in_doubt(request: PageRequest, matter: Matter) -> ShownMatter:
    title = request.pluralized(
        "Nobody knows whether one of your messages was sent",
        "Nobody knows whether ${count} of your messages were sent",
        matter.count,
    )
    return ShownMatter(
        "warning",
        title,
        _("Find out from the recipients, then say so, or send again."),
        "/outbox?status=in_doubt",
        _("Show them"),
    )


_WORDS: dict[Concern, Callable[[PageRequest, Matter], ShownMatter]] = {
    "no_default_account": _no_default,
    "connector_missing": _connector_missing,
    "account_needs_attention": _needs_attention,
    "account_paused": _paused,
    "mail_failed": _failed,
    "mail_in_doubt": _in_doubt,
}


def _account_url(matter: Matter) -> str:
    return f"/accounts/{matter.account_id}"
