"""Every schema that a page may need makes a whole form, with no line written for it."""

from typing import Any

import colander
import pytest

from mailhub.accounts.schema import AccountChanges, AccountCreation, CheckFields, DeletionQuery, TrialFields
from mailhub.capture.connectors import CaptureSettings, FileSettings
from mailhub.company.schema import CompanyFields
from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import _
from mailhub.messages.schema import ResolveFields, message_filters
from mailhub.people.schema import (
    GroupFields,
    MeFields,
    PasswordChange,
    TokenFields,
    UserCreation,
    UserFields,
    UserReply,
)
from mailhub.scenarios.schema import (
    AccountScenarios,
    AssignmentFields,
    FileChanges,
    FileCreation,
    ScenarioCreation,
)
from mailhub.schema_types import Alternatives, TextMap
from mailhub.testing.fake_connector import FakeSettings
from mailhub.web.forms import Form, FormRefused, NoFieldForThis
from mailhub_smtp.settings import SmtpSettingsSchema
from tests.kit.forms import Reader, faults_of, submitted

CONNECTORS = (SmtpSettingsSchema, CaptureSettings, FileSettings, FakeSettings)
PLAIN = (
    AccountScenarios, AssignmentFields, CompanyFields, DeletionQuery, FileChanges, FileCreation, GroupFields, MeFields,
    PasswordChange, ResolveFields, ScenarioCreation, TokenFields, TrialFields, UserCreation, UserFields, UserReply,
)  # fmt: skip


class Filters(colander.MappingSchema):
    def __init__(self) -> None:
        super().__init__()
        for node in message_filters():
            self.add(node)


def form_of(schema: Any, **options: Any) -> Form:
    return Form(schema, Reader(), id="it", action="/it", submit=_("Save"), **options)


def names_of(html: str) -> set[str]:
    return {name for name, _value in submitted(html)}


@pytest.mark.parametrize("schema", [*CONNECTORS, *PLAIN, Filters])
def test_a_schema_makes_a_form_in_which_everything_has_its_label(schema: Any) -> None:
    html = form_of(schema()).render()
    assert faults_of(html) == []
    assert len(html) > 500


@pytest.mark.parametrize("settings", CONNECTORS)
@pytest.mark.parametrize("schema", [AccountCreation, AccountChanges, CheckFields])
def test_an_account_has_the_fields_of_its_connector(schema: Any, settings: Any) -> None:
    options = {} if schema is AccountChanges else {"fixed": {"connector": "it"}}
    html = form_of(schema(), settings=settings(), **options).render()
    assert faults_of(html) == []
    assert "connector" not in names_of(html)
    offered = {name.split("/")[1] for name in names_of(html) if name.startswith("settings/")}
    switches_and_choices = {child.name for child in settings().children}
    assert offered <= switches_and_choices
    assert "sender_type" in offered


def test_a_new_account_is_read_as_the_api_reads_it() -> None:
    form = form_of(AccountCreation(), settings=SmtpSettingsSchema(), fixed={"connector": "smtp"})
    sent = dict(submitted(form.render()))
    sent |= {
        "name": "Sales",
        "settings/server": "smtp.example.com",
        "settings/user_name": "sales",
        "settings/password": "secret ",
        "rate_limit_per_minute": "30",
    }
    values = form.read(list(sent.items()))
    assert (
        values["settings"].items()
        >= {
            "server": "smtp.example.com",
            "port": 587,
            "user_name": "sales",
            "password": "secret ",
            "verify_certificate": True,
            "ca_file": None,
        }.items()
    )
    assert {name: values[name] for name in values if name != "settings"} == {
        "connector": "smtp",
        "name": "Sales",
        "address": "",
        "rate_limit_per_minute": 30,
        "concurrency_limit": 3,
        "max_attempts": 10,
        "limit_group": None,
        "is_default": False,
    }


def test_rules_over_several_settings_are_told_at_their_field() -> None:
    form = form_of(AccountCreation(), settings=SmtpSettingsSchema(), fixed={"connector": "smtp"})
    sent = {**dict(submitted(form.render())), "name": "Sales", "settings/server": "smtp.example.com"}
    with pytest.raises(FormRefused) as refused:
        form.read(list(sent.items()))
    assert [(error.titles, error.target) for error in refused.value.form.errors] == [
        ((("User name", None),), "it-settings-user_name")
    ]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (colander.SchemaNode(colander.Time(), name="at"), "at: no field for the type Time"),
        (colander.SchemaNode(colander.String(), name="at", sort="fine"), "at: unknown hints sort"),
        (colander.SchemaNode(colander.Mapping(), name="at"), "at: an object must name its fields"),
        (
            colander.SchemaNode(
                Alternatives(),
                colander.SchemaNode(colander.Integer()),
                colander.SchemaNode(TextMap()),
                name="at",
            ),
            "at: no field for these alternatives",
        ),
        (
            colander.SchemaNode(colander.Mapping(), name="at", **hint.settings_of("connector")),
            "at: give the form the schema of the connector's settings",
        ),
        (
            colander.SchemaNode(
                colander.Sequence(), colander.SchemaNode(colander.String(), size=3), name="at"
            ),
            "at: unknown hints size",
        ),
    ],
)
def test_what_no_field_is_known_for_shows_when_the_form_is_made(schema: Any, words: str) -> None:
    with pytest.raises(NoFieldForThis, match=words):
        form_of(colander.SchemaNode(colander.Mapping(), schema))


def test_a_field_that_is_needed_cannot_be_left_out_nor_hidden_by_a_control_of_the_page() -> None:
    with pytest.raises(NoFieldForThis, match="id is needed"):
        form_of(ScenarioCreation(), left_out=["id"])
    with pytest.raises(NoFieldForThis, match="has the name of a field: title"):
        form_of(ScenarioCreation(), hidden={"title": "x"})
