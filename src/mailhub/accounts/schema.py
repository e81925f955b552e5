"""What may be said of accounts and connectors (api.md). Pure colander."""

import colander

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _, in_context
from mailhub.schema_types import JsonObject

from .model import DEFAULT_CONCURRENCY_LIMIT, DEFAULT_MAX_ATTEMPTS

NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
OPAQUE = r"^[A-Za-z0-9._~-]{1,100}$"
MAX_RATE = 1_000_000
STATES = ("ready", "paused", "needs_attention", "connector_missing")

_ONE_LINE = colander.Regex(NO_CONTROLS, msg=_("Line breaks are not allowed."))


def _name() -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="name",
        title=_("Name"),
        validator=colander.All(colander.Length(max=250), _ONE_LINE),
        **hint.example("Sales"),
    )


def _address() -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(allow_empty=True),
        name="address",
        title=_("E-mail address"),
        missing="",
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(
            _("Whom mail is from, and where failures return to. Not needed where everybody sends as himself.")
        ),
        **hint.example("sales@example.com"),
    )


def _rate(**more: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Integer(),
        name="rate_limit_per_minute",
        title=_("Rate limit"),
        validator=colander.Range(min=0, max=MAX_RATE),
        **hint.unit(_("per minute")),
        **more,
    )


def _concurrency(**more: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Integer(),
        name="concurrency_limit",
        title=_("Mails at the same time"),
        validator=colander.Range(
            min=1,
            max=10,
            min_err=_("The concurrency limit must be between 1 and 10."),
            max_err=_("The concurrency limit must be between 1 and 10."),
        ),
        **more,
    )


def _attempts(**more: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Integer(),
        name="max_attempts",
        title=_("Attempts at most"),
        validator=colander.Range(min=1, max=20),
        **hint.help_text(_("1: never try again.")),
        **more,
    )


def _limit_group() -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="limit_group",
        title=_("Limit group"),
        missing=None,
        validator=colander.Regex(
            r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$", msg=_("Letters, digits, spaces and . _ - only.")
        ),
        **hint.help_text(_("Accounts of one group share one rate limit, the smallest set among them.")),
    )


class AccountCreation(colander.MappingSchema):
    """A new account."""

    connector = colander.SchemaNode(
        colander.String(),
        title=_("Connector"),
        validator=colander.Length(max=63),
        **hint.example("smtp"),
    )
    name = _name()
    address = _address()
    settings = colander.SchemaNode(
        colander.Mapping(), title=_("Settings of the connector"), **hint.settings_of("connector")
    )
    rate_limit_per_minute = _rate(
        missing=None, **hint.help_text(_("0: none. Left out or null: what the connector proposes."))
    )
    concurrency_limit = _concurrency(missing=DEFAULT_CONCURRENCY_LIMIT)
    max_attempts = _attempts(missing=DEFAULT_MAX_ATTEMPTS)
    limit_group = _limit_group()
    is_default = colander.SchemaNode(
        colander.Boolean(), title=_("Sends for scenarios without an account"), missing=False
    )


class AccountChanges(colander.MappingSchema):
    """What of an account is to change; its connector never does."""

    name = _name()
    address = _address()
    settings = colander.SchemaNode(
        colander.Mapping(),
        title=_("Settings of the connector"),
        **hint.settings_of("connector", partial=True),
    )
    rate_limit_per_minute = _rate(**hint.help_text(_("0: none.")))
    concurrency_limit = _concurrency()
    max_attempts = _attempts()
    limit_group = _limit_group()
    is_default = colander.SchemaNode(colander.Boolean(), title=_("Sends for scenarios without an account"))


class AttentionReply(colander.MappingSchema):
    """Why an account stands still until somebody acts."""

    code = colander.SchemaNode(colander.String(), title=_("Code"))
    message = colander.SchemaNode(colander.String(), title=_("What happened"))
    since = colander.SchemaNode(colander.DateTime(), title=_("Since"))
    action = colander.SchemaNode(colander.String(), title=_("What to do"))


class WarningReply(colander.MappingSchema):
    """Something about settings that an administrator should know."""

    code = colander.SchemaNode(colander.String(), title=_("Code"))
    message = colander.SchemaNode(colander.String(), title=_("Message"))
    setting = colander.SchemaNode(colander.String(), title=_("Setting"), missing=None)


class WarningItems(colander.SequenceSchema):
    warning = WarningReply(title=_("Warning"))


class ScenarioIds(colander.SequenceSchema):
    scenario = colander.SchemaNode(colander.String(), title=_("Scenario"))


class AccountReply(colander.MappingSchema):
    """An account. Who may not see settings gets id, name, address, connector, is_default and state only."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    connector = colander.SchemaNode(colander.String(), title=_("Connector"))
    name = colander.SchemaNode(colander.String(), title=_("Name"))
    address = colander.SchemaNode(colander.String(allow_empty=True), title=_("E-mail address"))
    is_default = colander.SchemaNode(colander.Boolean(), title=_("Sends for scenarios without an account"))
    state = colander.SchemaNode(
        colander.String(),
        title=_("State"),
        validator=colander.OneOf(STATES),
        **hint.choice(
            ("ready", _("Ready")),
            ("paused", _("Paused")),
            ("needs_attention", _("Needs attention")),
            ("connector_missing", _("Connector not installed")),
        ),
    )
    settings = colander.SchemaNode(
        colander.Mapping(),
        title=_("Settings of the connector"),
        missing=colander.drop,
        **hint.settings_of("connector"),
    )
    rate_limit_per_minute = _rate(missing=colander.drop)
    concurrency_limit = _concurrency(missing=colander.drop)
    max_attempts = _attempts(missing=colander.drop)
    limit_group = colander.SchemaNode(
        colander.String(), title=_("Limit group"), missing=colander.drop, **hint.nullable()
    )
    attention = AttentionReply(title=_("Attention"), missing=colander.drop, **hint.nullable())
    warnings = WarningItems(title=_("Warnings"), missing=colander.drop)
    scenarios = ScenarioIds(title=_("Scenarios"), missing=colander.drop)
    created_at = colander.SchemaNode(colander.DateTime(), title=_("Made at"), missing=colander.drop)
    revision = colander.SchemaNode(colander.String(), title=_("Revision"), missing=colander.drop)


class AccountItems(colander.SequenceSchema):
    account = AccountReply(title=_("Account"))


class AccountList(colander.MappingSchema):
    """A page of accounts, by name."""

    items = AccountItems(title=_("Accounts"))
    next_cursor = colander.SchemaNode(
        colander.String(), title=_("Where the next page begins; null at the end"), missing=None
    )


class DeletionQuery(colander.MappingSchema):
    """What becomes of the mail that waits in an account that is deleted (AC4)."""

    waiting = colander.SchemaNode(
        colander.String(),
        title=_("What becomes of waiting mail"),
        missing=None,
        validator=colander.OneOf(["cancel", "move"]),
    )
    to = colander.SchemaNode(
        colander.String(), title=_("The account it moves to"), missing=None, validator=colander.Regex(OPAQUE)
    )


class DeletionReply(colander.MappingSchema):
    """An account is gone."""

    unassigned_scenarios = ScenarioIds(title=_("Scenarios that have lost their account"))
    was_default = colander.SchemaNode(
        colander.Boolean(), title=_("It was the default account; there is none now")
    )
    cancelled = colander.SchemaNode(colander.Integer(), title=_("Messages that were cancelled"))
    moved = colander.SchemaNode(colander.Integer(), title=_("Messages that were moved"))


def _queue_nodes() -> list[colander.SchemaNode]:
    def time(name: str, title: object) -> colander.SchemaNode:
        return colander.SchemaNode(colander.DateTime(), name=name, title=title, missing=None)

    def number(name: str, title: object) -> colander.SchemaNode:
        return colander.SchemaNode(colander.Integer(), name=name, title=title)

    return [
        number("waiting", _("Messages that wait")),
        number("sending", _("Messages that are being sent")),
        number("sent_today", _("Messages sent today (UTC)")),
        time("oldest_due_at", _("When the first of those that wait is due")),
        time("next_slot_at", _("When the next message may leave; null: nobody can tell")),
        time("empty_at", _("When the rate limit will have let all leave; null: it holds nothing back")),
        colander.SchemaNode(
            colander.String(), name="paused_reason", title=_("Why nothing leaves"), missing=None
        ),
    ]


class QueueFields(colander.MappingSchema):
    """A queue in figures. They count everybody's mail and name no message."""

    waiting, sending, sent_today, oldest_due_at, next_slot_at, empty_at, paused_reason = _queue_nodes()


class IdentityQueue(QueueFields):
    """The queue of one sending identity."""

    identity = colander.SchemaNode(
        colander.String(), title=_("Id of the user who sends; null: the account itself"), missing=None
    )


class IdentityQueues(colander.SequenceSchema):
    queue = IdentityQueue(title=_("Queue"))


class QueueReply(QueueFields):
    """The queue of an account; one for each sending identity where it has several."""

    identities = IdentityQueues(title=_("By sending identity"), missing=colander.drop)


class TrialFields(colander.MappingSchema):
    """Where the test mail goes."""

    to = colander.SchemaNode(
        colander.String(), title=_("To"), validator=colander.Length(max=320), **hint.address()
    )


class CheckFields(colander.MappingSchema):
    """Settings to try that are not saved."""

    connector = colander.SchemaNode(
        colander.String(), title=_("Connector"), validator=colander.Length(max=63), **hint.example("smtp")
    )
    settings = colander.SchemaNode(
        colander.Mapping(),
        title=_("Settings of the connector"),
        **hint.settings_of("connector", partial=True),
    )
    account = colander.SchemaNode(
        colander.String(),
        title=_("Account whose stored secrets may be used"),
        missing=None,
        validator=colander.Regex(OPAQUE),
    )
    address = colander.SchemaNode(
        colander.String(),
        title=_("Whom the test mail is from"),
        missing=None,
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(_("Null: the account's address, else that of who asks.")),
    )
    to = colander.SchemaNode(
        colander.String(),
        title=_("To"),
        missing=None,
        validator=colander.Length(max=320),
        **hint.address(),
        **hint.help_text(_("Null: stop before a mail would be sent.")),
    )


class StepReply(colander.MappingSchema):
    """One step of the way a mail takes."""

    name = colander.SchemaNode(colander.String(), title=_("Step"))
    outcome = colander.SchemaNode(
        colander.String(), title=_("Outcome"), validator=colander.OneOf(["ok", "failed", "skipped"])
    )
    duration_seconds = colander.SchemaNode(colander.Float(), title=_("Duration"), **hint.unit(_("seconds")))
    detail = colander.SchemaNode(colander.String(allow_empty=True), title=_("Detail"))


class StepItems(colander.SequenceSchema):
    step = StepReply(title=_("Step"))


class CheckError(colander.MappingSchema):
    """Why it failed."""

    code = colander.SchemaNode(colander.String(), title=_("Code"))
    message = colander.SchemaNode(colander.String(), title=_("Message"))


class CheckReply(colander.MappingSchema):
    """How far a mail gets. ``outcome`` is null while it is on its way, ``ok`` when nothing was to be sent."""

    outcome = colander.SchemaNode(
        colander.String(),
        title=_("Outcome"),
        missing=None,
        validator=colander.OneOf(["sent", "ok", "failed"]),
    )
    steps = StepItems(title=_("Steps"))
    error = CheckError(title=_("Error"), missing=None)


class FindingReply(colander.MappingSchema):
    """Something that maintenance found."""

    kind = colander.SchemaNode(colander.String(), title=_("Kind"), **hint.example("damaged_content"))
    subject = colander.SchemaNode(colander.String(), title=_("What it is about"))
    text = colander.SchemaNode(colander.String(), title=_("What is found"))
    is_wrong = colander.SchemaNode(
        colander.Boolean(), title=_("Wrong; else it is only worth knowing, and goes by itself or by packing")
    )


class FindingItems(colander.SequenceSchema):
    finding = FindingReply(title=_("Finding"))


class ConfigurationChangeReply(colander.MappingSchema):
    """Something that an import makes or changes."""

    action = colander.SchemaNode(
        colander.String(), title=_("Action"), validator=colander.OneOf(["create", "change", "note"])
    )
    subject = colander.SchemaNode(colander.String(), title=_("What it is"), **hint.example("account"))
    name = colander.SchemaNode(colander.String(), title=_("Which one"))
    text = colander.SchemaNode(colander.String(allow_empty=True), title=_("What of it"))


class ConfigurationChangeItems(colander.SequenceSchema):
    change = ConfigurationChangeReply(title=in_context("thing", "Change"))


class ReportReply(colander.MappingSchema):
    """What maintenance tells at its end."""

    findings = FindingItems(title=_("Findings"))
    changes = ConfigurationChangeItems(title=_("What an import makes or changes"))
    content = colander.SchemaNode(
        colander.String(), title=_("The file that an export has written"), missing=None
    )


class RunningCheckReply(CheckReply):
    """A check, or maintenance, that goes on by itself."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    report = ReportReply(title=_("Of maintenance: what it tells at its end"), missing=None)


class CapabilitiesReply(colander.MappingSchema):
    """What a connector can do and whom it serves."""

    can_look_up = colander.SchemaNode(colander.Boolean(), title=_("Can tell later whether a mail went out"))
    uses_http = colander.SchemaNode(colander.Boolean(), title=_("Talks HTTP"))
    sends_own_headers = colander.SchemaNode(colander.Boolean(), title=_("Sends headers of one's own"))
    max_message_bytes = colander.SchemaNode(
        colander.Integer(), title=_("Largest message"), missing=None, **hint.unit(_("bytes"))
    )
    user_kinds = ScenarioIds(title=_("Kinds of user it sends for"))
    needs_licensed_user = colander.SchemaNode(colander.Boolean(), title=_("Users need a licence"))
    delivers_outside = colander.SchemaNode(colander.Boolean(), title=_("Mail leaves this machine"))


class PresetReply(colander.MappingSchema):
    """Settings that a form fills in at one click."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    title = colander.SchemaNode(colander.String(), title=_("Title"))
    settings = colander.SchemaNode(JsonObject(), title=_("Settings"))
    hint = colander.SchemaNode(colander.String(), title=_("Shown afterwards"), missing=None)


class PresetItems(colander.SequenceSchema):
    preset = PresetReply(title=_("Preset"))


class StepNames(colander.SequenceSchema):
    step = colander.SchemaNode(colander.String(), title=_("Step"))


class ConnectorReply(colander.MappingSchema):
    """A kind of account that is installed."""

    id = colander.SchemaNode(colander.String(), title=_("Id"))
    title = colander.SchemaNode(colander.String(), title=_("Title"))
    description = colander.SchemaNode(colander.String(), title=_("Description"))
    use_when = colander.SchemaNode(colander.String(), title=_("When to choose it"), missing=None)
    capabilities = CapabilitiesReply(title=_("Capabilities"))
    settings_schema = colander.SchemaNode(JsonObject(), title=_("JSON Schema of the settings"))
    default_rate_limit_per_minute = colander.SchemaNode(
        colander.Integer(), title=_("Proposed rate limit"), **hint.unit(_("per minute"))
    )
    allow_http = colander.SchemaNode(colander.Boolean(), title=_("May talk HTTP in a sandbox environment"))
    presets = PresetItems(title=_("Presets"))
    check_steps = StepNames(title=_("Steps of a check"))
    logo = colander.SchemaNode(colander.String(), title=_("Picture as data URL"), missing=None)
    revision = colander.SchemaNode(colander.String(), title=_("Revision"))


class ConnectorItems(colander.SequenceSchema):
    connector = ConnectorReply(title=_("Connector"))


class ConnectorList(colander.MappingSchema):
    """All connectors that are loaded."""

    items = ConnectorItems(title=_("Connectors"))
    next_cursor = colander.SchemaNode(colander.String(), title=_("Always null: they are few"), missing=None)


class ConnectorChanges(colander.MappingSchema):
    """What administrators set for a connector as a whole."""

    allow_http = colander.SchemaNode(colander.Boolean(), title=_("May talk HTTP in a sandbox environment"))
