"""What plugins may change of a message before it is taken (S3), and reading back what they did."""

from collections.abc import Iterable
from dataclasses import replace

from mailhub.contract.events import AttachedFile, MessageChanges
from mailhub.contract.message import Address
from mailhub.contract.texts import _
from mailhub.errors import Invalid
from mailhub.messages.schema import IMPORTANCES

from .addresses import AddressInvalid, parse_address
from .checking import CheckedMessage
from .request import MessageRequest

_FIXED = ("scenario", "account_id", "owner_id", "attachments")


def offered_changes(
    request: MessageRequest,
    checked: CheckedMessage,
    *,
    account_id: str,
    owner_id: str,
    from_: Address,
    attachments: Iterable[AttachedFile],
) -> MessageChanges:
    """The message as plugins get it."""
    return MessageChanges(
        scenario=request.scenario,
        account_id=account_id,
        owner_id=owner_id,
        from_=from_,
        to=list(checked.to),
        cc=list(checked.cc),
        bcc=list(checked.bcc),
        reply_to=list(checked.reply_to),
        subject=request.subject,
        html=request.html,
        text=request.text,
        headers=dict(request.headers),
        importance=request.importance,
        attachments=tuple(attachments),
    )


def request_with(request: MessageRequest, before: MessageChanges, after: MessageChanges) -> MessageRequest:
    """The request as plugins left it; its meaning is to be checked again.

    Raises ``Invalid`` with ``plugin.failed`` when they changed what is settled, or left something of another type.
    """
    if not _is_sound(after) or any(getattr(before, name) != getattr(after, name) for name in _FIXED):
        raise Invalid.of(
            "", "plugin.failed", _("A plugin made of the message what none can be; it was not taken.")
        )
    return replace(
        request,
        to=_raw(after.to),
        cc=_raw(after.cc),
        bcc=_raw(after.bcc),
        reply_to=_raw(after.reply_to),
        subject=after.subject,
        html=after.html,
        text=after.text,
        headers=dict(after.headers),
        importance=after.importance,
    )


def checked_from(address: Address) -> Address:
    """The From that a plugin wants. Raises ``Invalid`` with ``address.invalid``."""
    try:
        return parse_address({"name": address.name, "address": address.address})
    except AddressInvalid as error:
        raise Invalid.of("/sender", "address.invalid", error.message) from error


def _is_sound(changes: MessageChanges) -> bool:
    lists = (changes.to, changes.cc, changes.bcc, changes.reply_to)
    return (
        all(isinstance(each, list) and all(isinstance(one, Address) for one in each) for each in lists)
        and isinstance(changes.from_, Address)
        and isinstance(changes.subject, str)
        and isinstance(changes.html, str | None)
        and isinstance(changes.text, str | None)
        and isinstance(changes.headers, dict)
        and all(isinstance(text, str) for item in changes.headers.items() for text in item)
        and changes.importance in IMPORTANCES
    )


def _raw(addresses: list[Address]) -> tuple[dict[str, str], ...]:
    return tuple({"name": each.name, "address": each.address} for each in addresses)
