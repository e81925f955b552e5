"""Who a message is from: account, scenario, message, in that order of growing weight (SM2, SM10, api.md ``sender``)."""

from dataclasses import dataclass, field
from typing import Literal

from mailhub.accounts.model import Account
from mailhub.accounts.senders import is_allowed_sender
from mailhub.contract.connector import UserKind
from mailhub.contract.message import Address
from mailhub.contract.texts import Text, _
from mailhub.errors import FieldError
from mailhub.people.identity import Identity
from mailhub.scenarios.model import Assignment

SubstituteMode = Literal["send_as", "on_behalf"]
SenderSource = Literal["message", "scenario", "substitute", "account", "user", "plugin"]


@dataclass(frozen=True, slots=True)
class Owner:
    """The person whose message it is: how From may show him, and what accounts may ask of him."""

    name: str
    contact_email: str
    user_id: str = ""
    kind: UserKind = "internal"
    is_licensed: bool = True

    @classmethod
    def of(cls, identity: Identity) -> "Owner":
        return cls(
            identity.name, identity.contact_email, identity.user_id, identity.kind, identity.is_licensed
        )


@dataclass(frozen=True, slots=True)
class ResolvedSender:
    """``from_`` and ``sender`` are headers (RFC 5322 3.6.2); ``envelope_from`` is where failures are returned to: the
    account's address, or the person's own where the account has none. ``source``: who named From."""

    from_: Address
    sender: Address | None
    envelope_from: str
    source: SenderSource = field(default="account", compare=False)


class SenderRefused(Exception):
    """No sender can be had; ``error`` says why and where."""

    def __init__(self, pointer: str, code: str, message: Text) -> None:
        super().__init__(code)
        self.error = FieldError(pointer, code, message)


def resolve_sender(
    account: Account,
    assignment: Assignment | None,
    requested: Address | None,
    owner: Owner,
    company_name: str = "",
) -> ResolvedSender:
    """Who it is from. ``company_name``: shown beside the address of an account that has no name for it.

    Raises ``SenderRefused``: ``sender.not_allowed``, or ``sender.no_contact_email``.
    """
    own = _own_address(account, owner, company_name)
    envelope_from = account.address or own.address
    if requested is not None and requested.address.casefold() == own.address.casefold():
        return ResolvedSender(
            Address(own.address, requested.name or own.name), None, envelope_from, "message"
        )
    substitute = _substitute(account, assignment, requested)
    if substitute is None or substitute.address.address.casefold() == own.address.casefold():
        return ResolvedSender(own, None, envelope_from, _own_source(account))
    from_ = Address(substitute.address.address, substitute.address.name or own.name)
    sender = own if substitute.mode == "on_behalf" else None
    return ResolvedSender(from_, sender, envelope_from, substitute.source)


@dataclass(frozen=True, slots=True)
class _Substitute:
    address: Address
    mode: SubstituteMode
    source: SenderSource


def _own_source(account: Account) -> SenderSource:
    return "user" if account.settings.get("sender_type") == "current_user" else "account"


def _own_address(account: Account, owner: Owner, company_name: str) -> Address:
    if _own_source(account) == "account":
        return Address(account.address, account.settings.get("sender_name") or company_name)
    if not owner.contact_email:
        raise SenderRefused(
            "/account",
            "sender.no_contact_email",
            _(
                "This account sends in the name of the user, and yours has no contact e-mail. An administrator sets it "
                "under Users."
            ),
        )
    return Address(owner.contact_email, owner.name)


def _substitute(
    account: Account, assignment: Assignment | None, requested: Address | None
) -> _Substitute | None:
    settings = account.settings
    mode = _mode(settings.get("substitute_mode"))
    if requested is not None:
        _require_allowed(account, requested.address, "/sender")
        return _Substitute(requested, mode, "message")
    if assignment is not None and assignment.substitute_sender:
        _require_allowed(account, assignment.substitute_sender, "/scenario")
        mode = _mode(assignment.substitute_mode or mode)
        return _Substitute(Address(assignment.substitute_sender), mode, "scenario")
    if settings.get("substitute_sender"):
        return _Substitute(Address(settings["substitute_sender"]), mode, "substitute")
    return None


def _mode(name: str | None) -> SubstituteMode:
    return "on_behalf" if name == "on_behalf" else "send_as"


def _require_allowed(account: Account, address: str, pointer: str) -> None:
    if not is_allowed_sender(account.settings, address):
        raise SenderRefused(
            pointer,
            "sender.not_allowed",
            _(
                "The account ${account} does not allow the sender ${address}.",
                mapping={"account": account.name, "address": address},
            ),
        )
