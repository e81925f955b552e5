"""What a message of a scenario would get, and why (api.md, ``GET /scenarios/{id}/explain``). Pure colander."""

from typing import Any

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import Text, _


def _text(title: Text, **more: Any) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(allow_empty=True), title=title, **more)


def _number(title: Text) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Integer(), title=title, missing=None)


class SenderReply(colander.MappingSchema):
    """What From says."""

    name = _text(_("Name"))
    address = _text(_("E-mail address"))


class LimitsReply(colander.MappingSchema):
    """What the account sets; all null where there is no account."""

    rate_limit_per_minute = _number(_("Mails a minute; 0: no limit"))
    concurrency_limit = _number(_("Mails at the same time"))
    max_attempts = _number(_("Attempts"))
    limit_group = _text(_("Limit group"), missing=None)


class ExplainedFile(colander.MappingSchema):
    """A file that is added by itself."""

    id = _text(_("Id"))
    name = _text(_("File name"))
    content_type = _text(_("Content type"))
    size = colander.SchemaNode(colander.Integer(), title=_("Size in bytes"))


class ExplainedFiles(colander.SequenceSchema):
    file = ExplainedFile(title=_("File"))


class StepReply(colander.MappingSchema):
    """A decision on the way of a message."""

    question = _text(_("Question"), **hint.example("Which account sends?"))
    answer = _text(_("Answer"), **hint.example("Billing <billing@example.com>"))
    because = _text(
        _("Because"), **hint.example("sales-invoice has no account of its own, so the default account sends.")
    )


class StepItems(colander.SequenceSchema):
    step = StepReply(title=_("Step"))


class ProblemReply(colander.MappingSchema):
    """What a message would be refused for."""

    code = _text(_("Code"), **hint.example("account.none_for_scenario"))
    message = _text(_("Message"))


class ProblemItems(colander.SequenceSchema):
    problem = ProblemReply(title=_("Problem"))


class ExplainReply(colander.MappingSchema):
    """What a message would get now, and why."""

    account = _text(_("Id of the account"), missing=None)
    sender = SenderReply(title=_("What From says"), missing=None)
    limits = LimitsReply(title=_("Limits"))
    attachments = ExplainedFiles(title=_("Files that are added by themselves"))
    next_slot_at = colander.SchemaNode(
        colander.DateTime(), title=_("When it may leave; null: nobody can tell"), missing=None
    )
    steps = StepItems(title=_("How it was decided"))
    problems = ProblemItems(title=_("What a message would be refused for"))
