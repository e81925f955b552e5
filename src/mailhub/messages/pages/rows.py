"""Messages as rows of a list: what is shown of each, what may be done to it, and by what it is told that it changed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailhub.accounts.model import Account
from mailhub.accounts.service import AccountsService
from mailhub.contract.texts import Text, _
from mailhub.delivery.holding import Hold
from mailhub.delivery.service import DeliveryService
from mailhub.messages.model import Message
from mailhub.messages.states import DELETABLE, FINAL, TRANSITIONS
from mailhub.people.permissions import Permission
from mailhub.scenarios.builtin import DEFAULT_SCENARIO
from mailhub.scenarios.service import ScenariosService
from mailhub.web import formats
from mailhub.web.request import PageRequest

from .words import CODES

MOST_OFFERED = 200
"""Accounts and scenarios to choose from."""

_SHOWN_RECIPIENTS: Final = 2
_SHOWN_CHARACTERS: Final = 160

EVENTS_OF_ACTIONS: Final[Mapping[str, str]] = {
    "retry": "retried",
    "cancel": "cancelled",
    "resolve-sent": "resolved_sent",
    "resolve-resend": "resolved_resend",
    "resolve-failed": "resolved_failed",
}


def actions_for(status: str) -> tuple[str, ...]:
    """What may be done to a message of this status, as the tables of ``messages.states`` say."""
    actions = [action for action, event in EVENTS_OF_ACTIONS.items() if status in TRANSITIONS[event]]
    if status != "draft":
        actions += ["resend", "edit"]
    if status in DELETABLE:
        actions.append("delete")
    return tuple(actions)


def actions_now(status: str, reason: str | None) -> tuple[str, ...]:
    """Those that are offered: what waits for nothing but its turn is not sent earlier by trying again."""
    is_pointless = status == "queued" and reason not in ("retry", "schedule")
    return tuple(each for each in actions_for(status) if not (is_pointless and each == "retry"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message. ``sender``: the name in From, or the account's, or the address. ``note``: why it waits and until when,
    or what went wrong. ``mark``: another one when it changed."""

    id: str
    url: str
    subject: str
    to: str
    more: int
    files: int
    status: str
    is_partial: bool
    reason: str | None
    note: Text
    sender: str
    from_: str
    account: str
    scenario: Text
    at: datetime
    actions: tuple[str, ...]
    is_final: bool
    mark: str


class Rows:
    """Makes rows, in the words and the time zone of who asks."""

    def __init__(self, request: PageRequest) -> None:
        self._request = request
        self._delivery = request.work.service(DeliveryService)
        self.names = Names(request)
        self._may_write = request.identity.may(Permission.MESSAGES_WRITE)

    def of(self, messages: Sequence[Message]) -> list[Row]:
        return [self.row(message) for message in messages]

    def row(self, message: Message) -> Row:
        content, hold = message.content, self._delivery.hold(message)
        recipients = content.recipients()
        note = self.note(message, hold)
        reason = None if hold is None else hold.reason
        account = self.names.account(message.account_id)
        return Row(
            id=message.id,
            url=self._url(message),
            subject=content.subject,
            to=", ".join(each.name or each.address for each in recipients[:_SHOWN_RECIPIENTS]),
            more=max(0, len(recipients) - _SHOWN_RECIPIENTS),
            files=len(content.attachments),
            status=message.status,
            is_partial=message.is_partial,
            reason=reason,
            note=note,
            sender=content.from_[1] or account or content.from_[0],
            from_=content.from_[0],
            account=account,
            scenario=self.names.scenario(message.scenario),
            at=message.sent_at or message.created_at,
            actions=actions_now(message.status, reason) if self._may_write else (),
            is_final=message.status in FINAL,
            mark=self._mark(message, reason, note),
        )

    def note(self, message: Message, hold: Hold | None) -> Text:
        """One sentence beside the state, or nothing."""
        if message.status == "queued":
            return self._why_it_waits(message, hold)
        if message.error is not None and message.status in ("failed", "in_doubt"):
            return _why_it_failed(*message.error[:2])
        if message.status == "sent" and message.is_partial:
            states = [state.outcome for _recipient, state in message.recipient_states()]
            counts = {"sent": states.count("accepted"), "all": len(states)}
            return _("${sent} of ${all} recipients", mapping=counts)
        return ""

    def _why_it_waits(self, message: Message, hold: Hold | None) -> Text:
        if hold is None:
            return _("Leaves in a moment")
        at = "" if hold.until is None else self._time(hold.until)
        limit = hold.rate_limit_per_minute
        match hold.reason:
            case "schedule":
                return _("Leaves ${time}", mapping={"time": at})
            case "retry":
                tried = {"number": message.attempts + 1, "time": at}
                return _("Attempt ${number}: ${time}", mapping=tried)
            case "rate_limit" if limit and at:
                return _(
                    "Account limit ${limit}/min, next slot ${time}", mapping={"limit": limit, "time": at}
                )
            case "rate_limit" if limit:
                return _("Account limit ${limit}/min", mapping={"limit": limit})
            case "rate_limit":
                return _("The server asked to wait until ${time}", mapping={"time": at})
            case "concurrency":
                return _("Waits for its turn: all connections of the account are in use")
            case _:
                return words_of(hold.code)[0] or _("Somebody has to see to the account")

    def _time(self, at: datetime) -> str:
        """The time of today, the date too of another day."""
        request = self._request
        is_today = at.astimezone(request.time_zone).date() == request.now.astimezone(request.time_zone).date()
        if is_today:
            return formats.time_of_day(at, request.locale, request.time_zone)
        return formats.when(at, request.locale, request.time_zone)

    def _url(self, message: Message) -> str:
        is_own = message.owner_id == self._request.identity.user_id
        if message.status == "draft" and is_own and self._may_write:
            return f"/compose/{message.id}"
        return f"/messages/{message.id}"

    def _mark(self, message: Message, reason: str | None, note: Text) -> str:
        told = f"{message.status} {message.revision} {reason} {self._request.translated(note)}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:10]


class Names:
    """What accounts and scenarios are called, as far as the reader may know it; their ids otherwise."""

    def __init__(self, request: PageRequest) -> None:
        self._request = request
        self._accounts: list[Account] | None = None
        self._scenarios: dict[str, Text] | None = None

    @property
    def accounts(self) -> list[Account]:
        """Those that are offered to choose from; none to who may not read which there are."""
        if self._accounts is None:
            may = self._request.identity.may(Permission.ACCOUNTS_STATE_READ)
            service = self._request.work.service(AccountsService)
            self._accounts = service.list_accounts(MOST_OFFERED)[0] if may else []
        return self._accounts

    @property
    def scenarios(self) -> dict[str, Text]:
        if self._scenarios is None:
            may = self._request.identity.may(Permission.SETUP_READ)
            service = self._request.work.service(ScenariosService)
            found = service.list_scenarios(MOST_OFFERED)[0] if may else []
            self._scenarios = {each.id: each.title for each in found}
        return self._scenarios

    def account(self, account_id: str) -> str:
        """ "" for none, and for one that is gone or that the reader may not know."""
        return next((each.name for each in self.accounts if each.id == account_id), "")

    def scenario(self, scenario_id: str) -> Text:
        if scenario_id == DEFAULT_SCENARIO:
            return ""
        return self.scenarios.get(scenario_id, scenario_id)


def words_of(code: str) -> tuple[Text, Text]:
    """What a code means and what to do about it; nothing for one of a plugin's own."""
    return CODES.get(code, ("", ""))


def _why_it_failed(code: str, message: str) -> Text:
    meaning, _cure = words_of(code)
    return meaning or _shortened(message)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
