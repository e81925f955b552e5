"""Whatever a browser, or somebody who is none, sends: values that the API takes too, or the form again, whole."""

from typing import Any

import colander
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.accounts.schema import AccountCreation
from mailhub.contract.texts import _
from mailhub.errors import Invalid
from mailhub.strict_values import strict_values
from mailhub.testing.fake_connector import FakeSettings
from mailhub.web.forms import Form, FormShownAgain
from mailhub_smtp.settings import SmtpSettingsSchema
from tests.kit.forms import Reader, faults_of, submitted

PARTS = (
    "settings", "server", "port", "tags", "proxy", "host", "name", "is_default", "rate_limit_per_minute", "password",
    "remove", "__set__", "was", "file", "region", "allowed_senders", "0", "1", "007", "-1", "ROW1ROW", "", "~1", "..",
    "9999999999",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("/".join)
COMMANDS = st.builds("__{}__/{}".format, st.sampled_from(["add", "remove", "up", "down", "drop"]), NAMES)
VALUES = st.sampled_from(
    ["", "true", "false", "x", "587", "-1", "eu", "1e5", "a@b.c, d", "\0", "\ud800"]
) | st.text(max_size=5)


def form_of(settings_schema: Any) -> Form:
    return Form(
        AccountCreation(),
        Reader(),
        id="it",
        action="/it",
        submit=_("Save"),
        settings=settings_schema(),
        fixed={"connector": "it"},
    )


@settings(deadline=None, max_examples=120)
@given(
    schema=st.sampled_from([FakeSettings, SmtpSettingsSchema]),
    controls=st.lists(st.tuples(NAMES, VALUES), max_size=12),
    command=st.none() | st.none() | COMMANDS,
    is_whole=st.booleans(),
)
def test_the_form_answers_or_is_shown_again(
    schema: Any, controls: list[tuple[str, str]], command: str | None, *, is_whole: bool
) -> None:
    form = form_of(schema)
    sent = [*(submitted(form.render()) if is_whole else []), *controls]
    values = read(form, [*sent, (command, "1")] if command else sent)
    if values is None:
        # NUL and half characters cannot stand in HTML; what a browser makes of them is no matter here
        html = form.render().replace("\0", "").encode("utf-8", "replace").decode()
        assert faults_of(html) == []
    else:
        assert strict_values(AccountCreation(), values) == values
        strict_values(schema(), values["settings"])


@settings(deadline=None)
@given(text=st.text(st.sampled_from("ab é\0\r\n\ud800😀"), max_size=12))
def test_a_text_means_the_same_to_the_form_and_to_the_api(text: str) -> None:
    node = colander.SchemaNode(colander.String(allow_empty=True), name="it", validator=colander.Length(max=8))
    schema = colander.SchemaNode(colander.Mapping(), node)
    form = Form(schema, Reader(), id="it", action="/", submit=_("Save"))
    told = []
    try:
        expected = strict_values(schema, {"it": text.replace("\r\n", "\n").replace("\r", "\n")})
    except Invalid as error:
        expected, told = None, [each.message for each in error.errors]
    assert read(form, [("it", text)]) == expected
    assert [each.message for each in form.errors] == told


def read(form: Form, sent: list[tuple[str, str]]) -> Any:
    """The values, or None when the form is to be shown again."""
    try:
        return form.read(sent)
    except FormShownAgain as again:
        return None if again.form is form else again
