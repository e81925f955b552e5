"""A connector that exists only here gets a whole form; what is typed is kept, what is wrong stands at its field."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import colander
import lxml.html
import pytest

from mailhub.contract import schema_hints as hint
from mailhub.contract.texts import Text, _, plain
from mailhub.errors import FieldError, Invalid
from mailhub.messages.schema import AddressItems
from mailhub.web.forms import Form, FormChanged, FormRefused, Look, Summary
from tests.kit.forms import Reader, faults_of, parsed, submitted, typed


class Hosts(colander.SequenceSchema):
    host = colander.SchemaNode(colander.String(), title=_("Host"), validator=colander.Length(max=10))


class Rule(colander.MappingSchema):
    pattern = colander.SchemaNode(colander.String(), title=_("Pattern"))
    weight = colander.SchemaNode(colander.Float(), title=_("Weight"), missing=1.0)


class Rules(colander.SequenceSchema):
    rule = Rule(title=_("Rule"))


class Proxy(colander.MappingSchema):
    host = colander.SchemaNode(colander.String(), title=_("Host"))
    port = colander.SchemaNode(colander.Integer(), title=_("Port"), missing=3128)


class PigeonSettings(colander.MappingSchema):
    """Nested settings, a secret, lists, a choice that shows other fields."""

    loft = colander.SchemaNode(colander.String(), title=_("Loft"), **hint.help_text(_("Where pigeons live.")))
    speed = colander.SchemaNode(
        colander.Integer(),
        title=_("Speed"),
        missing=None,
        validator=colander.Range(min=1, max=90),
        **hint.unit(_("km/h")),
    )
    signing = colander.SchemaNode(
        colander.String(),
        title=_("Signing"),
        missing="none",
        validator=colander.OneOf(["none", "ring"]),
        **hint.choice(("none", _("None")), ("ring", _("By a ring"))),
    )
    ring = colander.SchemaNode(
        colander.String(allow_empty=True),
        title=_("Ring"),
        missing=None,
        **hint.secret(),
        **hint.visible_when("signing", "ring"),
    )
    hosts = Hosts(title=_("Hosts"), missing=())
    rules = Rules(title=_("Rules"), missing=())
    proxy = Proxy(title=_("Proxy"), missing=None)
    starts_at = colander.SchemaNode(colander.DateTime(), title=_("Starts"), missing=None)
    copies = AddressItems(title=_("Copies"), missing=())
    notify = colander.SchemaNode(colander.Boolean(), title=_("Notify"), missing=True)
    id = colander.SchemaNode(colander.String(), title=_("Id"), missing=colander.drop, readonly=True)


def form_of(schema: Any = None, locale: str = "en", **options: Any) -> Form:
    given = {"id": "it", "action": "/it", "submit": _("Save")} | options
    return Form(PigeonSettings() if schema is None else schema, Reader(locale), **given)


def refused(form: Form, sent: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(FormRefused) as caught:
        form.read(sent)
    assert caught.value.form is form
    return [(label_of(error), error.target, error.message) for error in form.errors]


def label_of(error: Summary) -> str:
    """As the summary shows it."""
    return ": ".join(title + (f" {number}" if number else "") for title, number in error.titles)


def control(html: str, name: str) -> Any:
    return parsed(html).xpath("//*[@name=$name]", name=name)[-1]


class TestMistakes:
    def test_each_is_at_its_field_and_everything_typed_is_kept(self) -> None:
        form = form_of()
        sent = typed(
            form.render(),
            loft="",
            speed="fast",
            hosts__0="ok",
            hosts__5="far-too-long-a-name",
            starts_at="soon",
        )
        found = refused(form, sent)
        assert [(label, target) for label, target, _message in found] == [
            ("Loft", "it-loft"),
            ("Speed", "it-speed"),
            ("Host 2", "it-hosts-5"),
            ("Starts", "it-starts_at"),
        ]
        html = form.render()
        assert faults_of(html) == []
        assert control(html, "speed").get("value") == "fast"
        assert control(html, "speed").get("aria-invalid") == "true"
        assert control(html, "starts_at").get("value") == "soon"
        assert control(html, "hosts/5").get("value") == "far-too-long-a-name"
        assert "it-speed--error" in control(html, "speed").get("aria-describedby").split()
        assert control(html, "hosts/0").get("aria-invalid") is None

    def test_the_summary_comes_first_and_leads_to_the_fields(self) -> None:
        form = form_of()
        assert form.summary() == ""
        refused(form, typed(form.render(), speed="200"))
        tree = parsed(form.render())
        summary = tree.xpath("//form/*[@role='alert']")[0]
        assert [link.get("href") for link in summary.xpath(".//a")] == ["#it-loft", "#it-speed"]
        assert summary.xpath("following-sibling::*//input[@id='it-loft']")
        assert tree.xpath("//form")[0].get("data-form-focus") == "it-loft"

    def test_what_a_judge_finds_beyond_the_form_of_fields_is_told_at_once(self) -> None:
        seen: dict[str, Any] = {}

        def judge(values: Mapping[str, Any], unread: Collection[str]) -> list[FieldError]:
            seen.update(values=dict(values), unread=set(unread))
            return [
                FieldError("/loft", "loft.closed", "This loft is closed."),
                FieldError("/speed", "speed.late", "Follows from what could not be read."),
            ]

        form = form_of()
        with pytest.raises(FormRefused):
            form.read(typed(form.render(), loft="North", speed="fast"), judge)
        told = [(label_of(error), plain(error.message)) for error in form.errors]
        assert [label for label, _message in told] == ["Loft", "Speed"]
        assert told[0][1] == "This loft is closed."
        assert "Follows" not in told[1][1]
        assert seen["unread"] == {"speed"}
        assert seen["values"]["loft"] == "North"

    def test_a_judge_is_not_asked_about_values_without_mistakes(self) -> None:
        form = form_of()

        def judge(values: Mapping[str, Any], unread: Collection[str]) -> list[FieldError]:
            raise AssertionError("the service itself judges these")

        assert form.read(typed(form.render(), loft="North"), judge)["loft"] == "North"

    def test_those_of_a_service_go_to_their_fields_and_the_rest_to_the_summary(self) -> None:
        form = form_of()
        sent = typed(
            form.render(), loft="North", rules="", rules__4="", rules__4__pattern="x", copies="a@b.c, d@e"
        )
        form.read(sent)
        errors = [
            FieldError("#/rules/0/pattern", "x", _("No such pattern.")),
            FieldError("/copies/1", "x", _("No such address.")),
            FieldError("/id", "x", _("Somebody has that.")),
            FieldError("", "x", _("Not today.")),
        ]
        form.refuse(Invalid(errors))
        assert [(error.target, error.about, error.message) for error in form.errors] == [
            ("", "", "Somebody has that."),
            ("", "", "Not today."),
            ("it-rules-4-pattern", "", "No such pattern."),
            ("it-copies", "d@e", "No such address."),
        ]
        assert faults_of(form.render()) == []

    def test_a_second_reading_forgets_the_mistakes_of_the_first(self) -> None:
        form = form_of()
        refused(form, typed(form.render()))
        assert form.read(typed(form.render(), loft="North"))["loft"] == "North"
        assert form.errors == []

    def test_a_value_that_is_not_the_forms_to_choose_decides_what_applies(self) -> None:
        ring = {"ring": None, "signing": "ring"}
        assert form_of(fixed={"signing": "ring"}).read([("loft", "x")]).items() >= ring.items()
        form = form_of(fixed={"signing": "none"})
        assert 'name="ring"' not in form.render()
        assert form.read([("loft", "x"), ("ring", "y"), ("signing", "ring")])["signing"] == "none"

    def test_mistakes_in_what_does_not_apply_do_not_count(self) -> None:
        schema = colander.SchemaNode(
            colander.Mapping(),
            colander.SchemaNode(colander.Boolean(), name="timed", missing=False),
            colander.SchemaNode(colander.Integer(), name="hour", **hint.visible_when("timed", True)),
        )
        form = form_of(schema)
        assert form.read(typed(form.render(), hour="late")) == {"timed": False}
        assert [target for _l, target, _m in refused(form, [("timed", "true"), ("hour", "late")])] == [
            "it-hour"
        ]


class TestWhatABrowserSends:
    def test_what_was_never_offered_changes_nothing(self) -> None:
        form = form_of()
        form.fill({"loft": "North", "id": "own"})
        sent = submitted(form.render())
        before = form.read(sent)
        foreign = [
            ("id", "stolen"),
            ("owner", "me"),
            ("proxy/owner", "me"),
            ("rules/x/pattern", "y"),
            ("//", ""),
        ]
        assert form.read([*sent, *foreign, ("__purge__/all", "1"), ("rules/-1/pattern", "y")]) == before
        assert "id" not in before

    def test_a_choice_that_was_not_offered_is_refused(self) -> None:
        form = form_of(widgets={"loft": Look(choices=[("north", _("North"))])})
        assert form.read(typed(form.render(), loft="north"))["loft"] == "north"
        assert [label for label, _t, _m in refused(form, typed(form.render(), loft="south"))] == ["Loft"]

    def test_a_stored_choice_that_is_no_longer_offered_may_stay(self) -> None:
        form = form_of(widgets={"loft": Look(choices=[("north", _("North"))])})
        form.fill({"loft": "south"})
        assert form.read(submitted(form.render()))["loft"] == "south"

    def test_a_reading_of_nothing_gives_the_defaults_or_says_what_is_needed(self) -> None:
        assert [label for label, _t, _m in refused(form_of(), [])] == ["Loft"]

    def test_empty_means_null_or_the_default(self) -> None:
        form = form_of()
        form.fill({"loft": "North", "speed": 30, "rules": [{"pattern": "x", "weight": 2.5}]})
        values = form.read(typed(form.render(), speed=" ", rules__0__weight=""))
        assert (values["speed"], values["rules"]) == (None, [{"pattern": "x", "weight": 1.0}])

    def test_line_breaks_are_those_of_the_api(self) -> None:
        schema = colander.SchemaNode(
            colander.Mapping(), colander.SchemaNode(colander.String(), name="text", **hint.multiline())
        )
        assert form_of(schema).read([("text", "a\r\nb\rc\n")]) == {"text": "a\nb\nc\n"}

    @pytest.mark.parametrize(
        ("locale", "text", "number"),
        [
            ("en", "1,000", 1000.0),
            ("en", "0.5", 0.5),
            ("en", "1 000", 1000.0),
            ("fr", "0,5", 0.5),
            ("fr", "1\u202f000,25", 1000.25),
            ("fr", "1.5", 1.5),
        ],
    )
    def test_numbers_are_written_as_in_the_language(self, locale: str, text: str, number: float) -> None:
        schema = colander.SchemaNode(
            colander.Mapping(), colander.SchemaNode(colander.Float(), name="number", title=_("N"))
        )
        form = form_of(schema, locale)
        assert form.read([("number", text)]) == {"number": number}
        form.fill({"number": number})
        assert form.read(submitted(form.render())) == {"number": number}

    @pytest.mark.parametrize("text", ["nan", "inf", "1e999", "0x10", "1,2", "3.5", "٣", "9" * 400])
    def test_what_is_no_whole_number_is_said(self, text: str) -> None:
        form = form_of()
        assert [label for label, _t, _m in refused(form, typed(form.render(), loft="x", speed=text))] == [
            "Speed"
        ]

    def test_addresses_are_taken_as_pasted(self) -> None:
        form = form_of()
        pasted = 'ada@example.com; "Lovelace, Ada" <ada@example.org>,\r\n\r\n Bob <b@c.de>'
        assert form.read(typed(form.render(), loft="x", copies=pasted))["copies"] == [
            "ada@example.com",
            '"Lovelace, Ada" <ada@example.org>',
            "Bob <b@c.de>",
        ]
        form.fill({"copies": [{"name": "Lovelace, Ada", "address": "ada@example.org"}]})
        assert control(form.render(), "copies").text == '\n"Lovelace, Ada" <ada@example.org>\n'


class TestTimes:
    def read(self, text: str, zone: str = "Europe/Zurich") -> Any:
        schema = colander.SchemaNode(
            colander.Mapping(), colander.SchemaNode(colander.DateTime(), name="at", title=_("At"))
        )
        form = Form(schema, Reader(time_zone=ZoneInfo(zone)), id="it", action="/", submit=_("Save"))
        return form.read([("at", text)])["at"].isoformat()

    def test_they_are_those_of_the_readers_zone(self) -> None:
        assert self.read("2026-11-24T09:30") == "2026-11-24T08:30:00+00:00"
        assert self.read("2026-07-24 09:30:15", "America/New_York") == "2026-07-24T13:30:15+00:00"

    def test_of_two_the_first_is_meant_and_one_that_clocks_skip_is_refused(self) -> None:
        assert self.read("2026-10-25T02:30") == "2026-10-25T00:30:00+00:00"
        with pytest.raises(FormRefused):
            self.read("2026-03-29T02:30")

    @pytest.mark.parametrize("stored", ["2026-10-25T01:30:00Z", "2026-11-24T09:30:00.123456+00:00"])
    def test_one_that_nobody_changes_stays_what_it_is(self, stored: str) -> None:
        form = form_of()
        form.fill({"loft": "x", "starts_at": stored})
        kept = form.read(submitted(form.render()))["starts_at"].isoformat()
        assert kept == stored.replace("Z", "+00:00")
        assert form.read(typed(form.render(), starts_at="2026-11-25T09:30"))["starts_at"].day == 25


class TestSecrets:
    FILLED = {"loft": "x", "signing": "ring"}  # never changed

    def form(self, *, partial: bool = False) -> Form:
        form = form_of(partial=partial)
        form.fill(self.FILLED, set_secrets=["ring"])
        return form

    def test_what_is_set_is_kept_replaced_or_removed(self) -> None:
        for partial in (False, True):
            form = self.form(partial=partial)
            html = form.render()
            assert "ring" not in form.read(submitted(html))
            assert form.read(typed(html, ring="new "))["ring"] == "new "
            assert form.read(typed(html, ring__remove="true"))["ring"] is None

    def test_it_never_goes_to_a_browser_not_even_the_one_it_came_from(self) -> None:
        form = self.form()
        refused(form, typed(form.render(), loft="", ring="pigeon-post"))
        html = form.render()
        assert "pigeon-post" not in html
        assert "Enter it again" in html
        assert faults_of(html) == []

    def test_whether_it_is_set_is_said(self) -> None:
        assert control(self.form().render(), "ring").get("aria-describedby").split()[0] == "it-ring--set"
        assert parsed(form_of().render()).xpath("//*[@id='it-ring--set']") == []

    def test_a_form_without_one_cannot_remove_it(self) -> None:
        assert "ring/remove" not in form_of().render()
        form = form_of()
        form.fill(self.FILLED)
        assert form.read(typed(form.render(), ring__remove="true"))["ring"] is None

    def test_one_that_is_needed_is_needed_unless_it_is_stored(self) -> None:
        schema = colander.SchemaNode(
            colander.Mapping(), colander.SchemaNode(colander.String(), name="key", **hint.secret())
        )
        assert [target for _l, target, _m in refused(form_of(schema), [("key", "")])] == ["it-key"]
        form = form_of(schema)
        form.fill({}, set_secrets=["key"])
        assert form.read([("key", "")]) == {}


class TestRows:
    def shown(self, *commands: str) -> list[str]:
        form = form_of()
        form.fill({"loft": "x", "hosts": ["a", "b", "c"]})
        for command in commands:
            with pytest.raises(FormChanged) as changed:
                form.read(submitted(form.render(), press=command))
            assert changed.value.status == 200
            assert form.errors == []
        return [value for name, value in submitted(form.render()) if name.startswith("hosts/")]

    def test_they_are_added_removed_and_moved_without_a_script(self) -> None:
        assert self.shown("__add__/hosts") == ["a", "b", "c", ""]
        assert self.shown("__remove__/hosts/1") == ["a", "c"]
        assert self.shown("__up__/hosts/2") == ["a", "c", "b"]
        assert self.shown("__down__/hosts/0", "__down__/hosts/0") == ["b", "c", "a"]

    def test_each_button_says_what_it_does_to_which(self) -> None:
        form = form_of()
        form.fill({"loft": "x", "hosts": ["a"]})
        said = parsed(form.render()).xpath("//fieldset//button/*[not(@aria-hidden)]")
        words = [" ".join(each.text_content().split()) for each in said]
        assert words[:4] == ["Move up: Host 1", "Move down: Host 1", "Remove: Host 1", "Add: Host"]

    def test_whole_numbers_are_shown_without_decimals(self) -> None:
        form = form_of()
        form.fill({"loft": "x", "rules": [{"pattern": "y", "weight": 300.0}]})
        assert control(form.render(), "rules/0/weight").get("value") == "300"

    def test_at_an_end_they_stay(self) -> None:
        assert self.shown("__up__/hosts/0", "__down__/hosts/2") == ["a", "b", "c"]

    @pytest.mark.parametrize(
        "command", ["__add__/nothing", "__remove__/hosts/9", "__up__/loft/0", "__add__/"]
    )
    def test_a_command_for_what_is_not_there_does_nothing(self, command: str) -> None:
        assert self.shown(command) == ["a", "b", "c"]

    def test_nothing_is_checked_and_everything_typed_is_kept(self) -> None:
        form = form_of()
        with pytest.raises(FormChanged):
            form.read([*typed(form.render(), speed="fast"), ("__add__/rules", "1")])
        html = form.render()
        assert control(html, "speed").get("value") == "fast"
        assert parsed(html).xpath("//form")[0].get("data-form-focus") == "it-rules-0"
        assert parsed(html).xpath("//*[@id='it-rules-0']")
        assert faults_of(html) == []

    def test_their_order_is_that_of_the_controls_and_empty_ones_are_dropped(self) -> None:
        form = form_of()
        sent = [("loft", "x"), ("hosts", ""), ("hosts/7", "b"), ("hosts/2", ""), ("hosts/0", "a")]
        assert form.read(sent)["hosts"] == ["b", "a"]

    def test_a_row_in_which_nothing_is_typed_is_still_a_row(self) -> None:
        found = refused(form_of(), [("loft", "x"), ("rules", ""), ("rules/3", "")])
        assert [(label, target) for label, target, _m in found] == [("Rule 1: Pattern", "it-rules-3-pattern")]


class TestPartsThatMayBeMissing:
    def test_nothing_typed_is_null(self) -> None:
        form = form_of()
        assert form.read(typed(form.render(), loft="x"))["proxy"] is None

    def test_something_typed_counts_though_the_box_is_not_ticked(self) -> None:
        form = form_of()
        values = form.read(typed(form.render(), loft="x", proxy__host="p.example"))
        assert values["proxy"] == {"host": "p.example", "port": 3128}

    def test_one_that_is_stored_goes_when_its_box_is_unticked_also_without_a_script(self) -> None:
        form = form_of()
        form.fill({"loft": "x", "proxy": {"host": "p.example", "port": 8080}})
        sent = submitted(form.render())
        assert form.read(sent)["proxy"] == {"host": "p.example", "port": 8080}
        unticked = [each for each in sent if each != ("proxy/__set__", "true")]
        assert form.read(unticked)["proxy"] is None
        assert form.read([*unticked, ("proxy/port", "1")])["proxy"] == {"host": "p.example", "port": 1}

    def test_a_list_in_one_goes_with_it_unless_its_rows_were_changed(self) -> None:
        schema = colander.SchemaNode(
            colander.Mapping(),
            colander.SchemaNode(
                colander.Mapping(), Hosts(name="hosts", missing=()), name="part", missing=None
            ),
        )
        form = form_of(schema)
        form.fill({"part": {"hosts": ["a", "b"]}})
        sent = [each for each in submitted(form.render()) if each != ("part/__set__", "true")]
        assert form.read(sent)["part"] is None
        form.fill({"part": {"hosts": ["a", "b"]}})
        assert form.read([*sent, ("part/hosts/2", "c")])["part"] == {"hosts": ["a", "b", "c"]}

    def test_a_ticked_box_asks_for_what_is_needed(self) -> None:
        form = form_of()
        found = refused(form, [*typed(form.render(), loft="x"), ("proxy/__set__", "true")])
        assert [target for _l, target, _m in found] == ["it-proxy-host"]


class TestTheWholeForm:
    def test_enter_presses_the_button_that_saves(self) -> None:
        form = form_of(
            more={"check": _("Check")},
            cancel="/back",
            hidden={"revision": "7"},
            attributes={"data-warn": "it"},
        )
        tree = parsed(form.render())
        buttons = tree.xpath("//button[@type='submit' or not(@type)]")
        assert (buttons[0].text_content(), buttons[0].get("name")) == ("Save", None)
        assert control(form.render(), "revision").get("value") == "7"
        assert control(form.render(), "csrf_token").get("value") == Reader().csrf_token
        assert tree.xpath("//a[@href='/back']")
        assert tree.xpath("//form/@data-warn") == ["it"]

    def test_a_page_orders_and_groups_the_fields(self) -> None:
        look = Look(order=["notify", "loft"], groups=[(_("Way"), ["speed", "proxy"])])
        html = form_of(widgets={"": look, "speed": Look(columns=4, help=_("How fast."))}).render()
        names = [name for name, _value in submitted(html)]
        assert names.index("notify") < names.index("loft") < names.index("signing") < names.index("speed")
        assert parsed(html).xpath("//legend[normalize-space()='Way']")
        assert faults_of(html) == []
        assert submitted(form_of().render())[0][0] == "csrf_token"

    def test_what_applies_is_said_without_a_script(self) -> None:
        tree = parsed(form_of().render())
        part = tree.xpath("//*[@data-visible-when='signing']")[0]
        assert part.get("data-visible-values") == '["ring"]'
        assert "Signing: By a ring" in part.text_content()

    def test_its_schema_stays_pure(self) -> None:
        schema = PigeonSettings()
        before = [vars(child).keys() for child in schema.children]
        form_of(schema).render()
        assert [vars(child).keys() for child in schema.children] == before
        assert all(child.widget is None for child in schema.children)


class Marking(Reader):
    """Marks whatever was translated for him."""

    def translated(self, text: Text) -> str:
        return f"«{plain(text)}»"


class TestLanguages:
    OWN = re.compile(r"[\d\s*():×↑↓,]*")

    @pytest.mark.parametrize("is_wrong", [False, True])
    def test_every_word_of_a_form_is_translated(self, *, is_wrong: bool) -> None:
        form = Form(PigeonSettings(), Marking(), id="it", action="/", submit=_("Save"), cancel="/")
        form.fill({"signing": "ring"}, set_secrets=["ring"])
        if is_wrong:
            refused(form, typed(form.render(), speed="200", rules="", rules__0__weight="x", ring="x"))
        tree = lxml.html.fromstring(form.render())
        words = [text for text in tree.itertext() if not self.OWN.fullmatch(re.sub("«.*?»", "", text))]
        assert words == ["Europe/Zurich"]
        spoken = [value for name in ("aria-label", "placeholder") for value in tree.xpath(f"//@{name}")]
        assert all(value.startswith("«") for value in spoken)


class TestFiles:
    class Kept:
        def __init__(self) -> None:
            self.files: dict[str, str] = {}

        def store(self, file: Any) -> str:
            if file.filename == "huge":
                raise Invalid.of("", "x", _("Too large."))
            self.files["u1"] = file.filename
            return "u1"

        def find_name(self, id: str) -> str | None:
            return self.files.get(id)

    class File:
        def __init__(self, filename: str) -> None:
            self.filename = filename

    SCHEMA = (
        lambda: colander.SchemaNode(
            colander.Mapping(),
            colander.SchemaNode(
                colander.String(), name="logo", title=_("Logo"), missing=None, **hint.file("image/png")
            ),
            colander.SchemaNode(colander.Integer(), name="size", title=_("Size")),
        ),
    )

    def test_one_that_comes_with_the_form_survives_a_mistake_elsewhere(self) -> None:
        kept = self.Kept()
        form = form_of(self.SCHEMA[0](), uploads=kept)
        assert 'enctype="multipart/form-data"' in form.render()
        sent: list[tuple[str, Any]] = [*typed(form.render(), size="big"), ("logo/file", self.File("ada.png"))]
        refused(form, sent)
        html = form.render()
        assert "ada.png" in html
        assert form_of(self.SCHEMA[0](), uploads=kept).read(typed(html, size="3")) == {
            "logo": "u1",
            "size": 3,
        }
        assert form.read(typed(html, size="3", logo__remove="true"))["logo"] is None

    def test_one_that_is_not_taken_is_said_at_its_field(self) -> None:
        for uploads in (self.Kept(), None):
            form = form_of(self.SCHEMA[0](), uploads=uploads)
            found = refused(form, [("size", "3"), ("logo", ""), ("logo/file", self.File("huge"))])
            assert [target for _l, target, _m in found] == ["it-logo"]
