"""The form of the file. Pure colander: the fields are those of the API, so that both take and refuse the same."""

import colander

from mailhub.accounts.schema import AccountCreation
from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.people.schema import GroupFields, UserFields
from mailhub.scenarios.schema import AssignmentFields, ScenarioCreation
from mailhub.schema_types import JsonObject

FORMAT = "mailhub-configuration"
VERSION = 1
_ID = r"^[A-Za-z0-9._~-]{1,100}$"


def _text(title: object, longest: int, **more: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), title=title, validator=colander.Length(max=longest), **more)


class SecretNames(colander.SequenceSchema):
    name = _text(_("Setting"), 250)


class AccountItem(AccountCreation):
    """An account. ``secrets``: the names of those that are set."""

    id = colander.SchemaNode(colander.String(), title=_("Id"), validator=colander.Regex(_ID))
    settings = colander.SchemaNode(JsonObject(), title=_("Settings of the connector"))
    secrets = SecretNames(title=_("Secrets that are set"), missing=())


class AccountItems(colander.SequenceSchema):
    account = AccountItem(title=_("Account"))


class ConnectorItem(colander.MappingSchema):
    id = _text(_("Id"), 63)
    allow_http = colander.SchemaNode(colander.Boolean(), title=_("May talk HTTP in a sandbox environment"))


class ConnectorItems(colander.SequenceSchema):
    connector = ConnectorItem(title=_("Connector"))


class ScenarioItems(colander.SequenceSchema):
    scenario = ScenarioCreation(title=_("Scenario"))


class AssignmentItem(AssignmentFields):
    scenario = _text(_("Scenario"), 63)


class AssignmentItems(colander.SequenceSchema):
    assignment = AssignmentItem(title=_("Assignment"))


class ScenarioFileItem(colander.MappingSchema):
    """A file of a scenario. ``content``: its bytes in base64; null for one that was too big to be written here."""

    scenario = _text(_("Scenario"), 63)
    name = _text(_("Name"), 255)
    content_type = _text(_("Media type"), 255)
    is_default = colander.SchemaNode(colander.Boolean(), title=_("Added to every message"))
    sha256 = _text(_("SHA-256"), 64)
    content = colander.SchemaNode(colander.String(), title=_("Bytes in base64"), **hint.nullable())


class ScenarioFileItems(colander.SequenceSchema):
    file = ScenarioFileItem(title=_("File"))


class LogoItem(colander.MappingSchema):
    """A picture, its bytes in base64."""

    content_type = _text(_("Media type"), 255)
    sha256 = _text(_("SHA-256"), 64)
    content = _text(_("Bytes in base64"), 2_000_000)


class CompanyItem(colander.MappingSchema):
    """The company. ``logo``: null for none; where nothing is said of it, it stays as it is."""

    name = colander.SchemaNode(colander.String(allow_empty=True), title=_("Name"))
    sender_name = colander.SchemaNode(colander.String(allow_empty=True), title=_("Sender's name"))
    reply_to = colander.SchemaNode(colander.String(allow_empty=True), title=_("Reply to"))
    logo = LogoItem(title=_("Logo"), missing=colander.drop, **hint.nullable())


class UserItems(colander.SequenceSchema):
    user = UserFields(title=_("User"))


class GroupItems(colander.SequenceSchema):
    group = GroupFields(title=_("Group"))


class SealedSecrets(colander.MappingSchema):
    """All secrets together, sealed to a passphrase: scrypt makes the key, AES-256-GCM seals."""

    n = colander.SchemaNode(colander.Integer(), title=_("Cost"), validator=colander.OneOf([2**17]))
    r = colander.SchemaNode(colander.Integer(), title=_("Block size"), validator=colander.OneOf([8]))
    p = colander.SchemaNode(colander.Integer(), title=_("Parallelism"), validator=colander.OneOf([1]))
    salt = _text(_("Salt in base64"), 100)
    nonce = _text(_("Nonce in base64"), 100)
    ciphertext = _text(_("Ciphertext in base64"), 10_000_000)


class ConfigurationFile(colander.MappingSchema):
    """The file. What it does not name stays as it is."""

    format = colander.SchemaNode(
        colander.String(), title=_("Format"), validator=colander.OneOf([FORMAT]), **hint.example(FORMAT)
    )
    version = colander.SchemaNode(
        colander.Integer(),
        title=_("Version of the format"),
        validator=colander.Range(
            min=VERSION, max=VERSION, max_err=_("This file was written by a newer mailhub.")
        ),
    )
    written_by = _text(_("Release of mailhub that has written it"), 100, missing="")
    company = CompanyItem(title=_("Company"), missing=None)
    users = UserItems(title=_("Users"), missing=())
    groups = GroupItems(title=_("Groups"), missing=())
    connectors = ConnectorItems(title=_("Connectors"), missing=())
    accounts = AccountItems(title=_("Accounts"), missing=())
    scenarios = ScenarioItems(title=_("Scenarios of one's own"), missing=())
    assignments = AssignmentItems(title=_("Which account a scenario has"), missing=())
    scenario_files = ScenarioFileItems(title=_("Files of scenarios"), missing=())
    secrets = SealedSecrets(title=_("Secrets"), missing=None)
