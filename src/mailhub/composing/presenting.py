"""Explanations and dry runs as plain values."""

from collections.abc import Callable, Iterable
from typing import Any

from mailhub.contract.message import Address
from mailhub.contract.texts import Text, plain
from mailhub.messages.model import Related

from .explaining import Explanation
from .trying import DryRun

Translate = Callable[[Text], str]


def present_explanation(explanation: Explanation, translate: Translate = plain) -> dict[str, Any]:
    """As ``scenarios.explain_schema.ExplainReply``."""
    return {
        "account": None if explanation.account is None else explanation.account.id,
        "sender": _address(explanation.sender),
        "limits": _limits(explanation),
        "attachments": [
            {"id": each.id, "name": each.name, "content_type": each.content_type, "size": each.content.size}
            for each in explanation.attachments
        ],
        "next_slot_at": explanation.next_slot_at,
        "steps": [
            {
                "question": translate(step.question),
                "answer": translate(step.answer),
                "because": translate(step.because),
            }
            for step in explanation.steps
        ],
        "problems": [
            {"code": problem.code, "message": translate(problem.message)} for problem in explanation.problems
        ],
    }


def present_dry_run(dry_run: DryRun, translate: Translate = plain) -> dict[str, Any]:
    """As ``messages.replies.DryRunReply``."""
    return {
        "message": _message(dry_run),
        "explain": present_explanation(dry_run.explanation, translate),
        "body": {
            "subject": dry_run.request.subject,
            "html": dry_run.checked.html,
            "text": dry_run.text,
            "warnings": [],
        },
    }


def _limits(explanation: Explanation) -> dict[str, Any]:
    names = ("rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group")
    return {name: getattr(explanation.limits, name, None) for name in names}


def _message(dry_run: DryRun) -> dict[str, Any]:
    """What is not known before a message is taken is null."""
    return {**_content(dry_run), **_life(dry_run), **dict.fromkeys(_NOT_YET)}


_NOT_YET = (
    "id",
    "created_at",
    "queued_at",
    "next_attempt_at",
    "sent_at",
    "message_id",
    "error",
    "waiting_for",
    "revision",
)


def _life(dry_run: DryRun) -> dict[str, Any]:
    request, account = dry_run.request, dry_run.explanation.account
    return {
        "status": "queued",
        "scenario": request.scenario,
        "account": None if account is None else account.id,
        "owner": dry_run.owner_id,
        "caller": dry_run.caller_id,
        "send_at": request.send_at,
        "expires_at": request.expires_at,
        "attempts": 0,
        "priority": request.priority,
        "importance": request.importance,
        "partial": False,
        "tags": list(request.tags),
        "metadata": dict(request.metadata),
        "warnings": [],
    }


def _content(dry_run: DryRun) -> dict[str, Any]:
    checked, sender = dry_run.checked, dry_run.sender
    return {
        "from": None if sender is None else _address(sender.from_),
        "sender": None if sender is None else _address(sender.sender),
        "to": _addresses(checked.to),
        "cc": _addresses(checked.cc),
        "bcc": _addresses(checked.bcc),
        "reply_to": _addresses(checked.reply_to),
        "subject": dry_run.request.subject,
        "attachments": list(_files(dry_run)),
        "related": [_related(each) for each in dry_run.related],
    }


def _files(dry_run: DryRun) -> Iterable[dict[str, Any]]:
    for number, each in enumerate(dry_run.files):
        yield {
            "n": number,
            "name": each.name,
            "content_type": each.content_type,
            "size": each.size,
            "sha256": each.sha256,
            "inline": each.inline,
            "content_id": each.content_id,
            "source": each.source,
        }


def _related(record: Related) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "id": record.id,
        "title": record.title,
        "url": record.url or None,
        "relation": record.relation,
    }


def _addresses(addresses: Iterable[Address]) -> list[Any]:
    return [_address(each) for each in addresses]


def _address(address: Address | None) -> dict[str, str] | None:
    return None if address is None else {"name": address.name, "address": address.address}
