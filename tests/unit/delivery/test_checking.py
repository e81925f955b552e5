"""Trying accounts out: each step is told, whatever the connector does."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest

from mailhub.accounts.schema import CheckFields
from mailhub.contract import (
    AuthenticationFailed,
    Connector,
    ConnectorType,
    OutgoingMessage,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
    WireOptions,
    hookimpl,
)
from mailhub.contract.events import TestMailRequest as MailRequest
from mailhub.contract.texts import Text
from mailhub.delivery import check_runs
from mailhub.delivery.check_permits import TakeCheckPermit
from mailhub.delivery.check_runs import CheckResult, CheckRuns, CheckWork
from mailhub.delivery.checking import CheckingService
from mailhub.errors import Denied, NotFound, TooManyRequests, WrongState
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.strict_values import strict_values
from mailhub.testing import FakeClock, FakeEntropy, FakeProvider, fake_connector_type
from tests.unit.accounts.service.kit import SECRET, SETUP, VaultSettings, may, mistakes
from tests.unit.delivery.setup_kit import DeliveryKit

TO = "bob@example.com"
ADA = Identity(
    user_id="ada",
    login="ada",
    name="Ada Lovelace",
    contact_email="ada@example.org",
    permissions=frozenset(Permission),
)


@dataclass
class Script:
    """What the scripted connector does at a check, and what it saw."""

    walk: Callable[[OutgoingMessage | None, SessionContext], Iterator[Any]] | None = None
    settings: list[Settings] = field(default_factory=list)
    messages: list[OutgoingMessage | None] = field(default_factory=list)


class ScriptedConnector(Connector):
    def __init__(self, script: Script, settings: Settings) -> None:
        self._script = script
        script.settings.append(settings)

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        raise NotImplementedError

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        self._script.messages.append(message)
        walk = self._script.walk or _good_walk
        return walk(message, context)


def _good_walk(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok", 0.25, "hello")
    yield Step("authenticate", "ok")
    if message is not None:
        yield Step("send", "ok", detail="250 taken")


class CheckPlugins:
    """The fake connector with its provider, a scripted one, and another test body for one account."""

    plugin_name = "checks"

    def __init__(self) -> None:
        self.script = Script()
        self.body: str | None = None

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        scripted = fake_connector_type(
            id="scripted",
            settings_schema=VaultSettings,
            make=lambda settings: ScriptedConnector(self.script, settings),
            sends_as_user=lambda settings: False,
            limit_key=lambda settings, identity: None,
            notices=lambda settings: [],
        )
        return [scripted]

    @hookimpl
    def mailhub_choose_test_body(self, request: MailRequest) -> str | None:
        return self.body


class CheckKit(DeliveryKit):
    plugins: CheckPlugins

    @property
    def script(self) -> Script:
        return self.plugins.script

    @property
    def provider(self) -> FakeProvider:
        return self.kit.provider

    def scripted(self, **values: Any) -> str:
        return self.kit.create(connector="scripted", **{"rate_limit_per_minute": 0, **values})

    def fake(self, **values: Any) -> str:
        return self.kit.create(connector="fake", **{"settings": {"server": "x"}, **values})

    def test(self, account_id: str, to: str = TO, identity: Identity = ADA) -> CheckResult:
        return self.kit.use(lambda work: work.service(CheckingService).test(account_id, to), identity)

    def check(self, identity: Identity = ADA, **values: Any) -> CheckResult:
        given = {"connector": "scripted", "settings": {"server": "x", "user_name": "ada"}, **values}
        fields = strict_values(CheckFields(), given)
        return self.kit.use(lambda work: work.service(CheckingService).check(fields).wait(), identity)

    def mail(self) -> OutgoingMessage:
        message = self.script.messages[-1]
        assert message is not None
        return message

    def faults(self) -> int:
        return next(each.faults for each in self.kit.hub.plugins.plugins if each.name == "checks")


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[CheckKit]:
    plugins = CheckPlugins()
    made = CheckKit(tmp_path, plugins)
    made.plugins = plugins
    yield made
    made.close()


def outcomes(result: CheckResult) -> list[tuple[str, str]]:
    return [(step.name, step.outcome) for step in result.steps]


# -- the test mail -----------------------------------------------------------------------------------------------


def test_a_test_mail_is_sent_and_each_step_told(kit: CheckKit) -> None:
    result = kit.test(kit.scripted())

    assert result.outcome == "sent"
    assert outcomes(result) == [("connect", "ok"), ("authenticate", "ok"), ("send", "ok")]
    assert (result.steps[0].duration_seconds, result.steps[2].detail, result.error) == (
        0.25,
        "250 taken",
        None,
    )


def test_the_mail_tells_of_the_account_and_holds_no_secret(kit: CheckKit) -> None:
    kit.test(kit.scripted(name="Sales <1>"))

    mail = kit.mail()
    raw = b"".join(mail.mime.iter_bytes(WireOptions(eight_bit=True))).decode()
    assert (mail.from_.address, mail.envelope_from) == ("sales@example.com", "sales@example.com")
    assert [each.address for each in mail.recipients] == [TO]
    assert mail.message_id.endswith("@example.com>")
    assert "Sales &lt;1&gt;" in raw
    assert "vault.example" in raw
    assert SECRET not in raw


def test_a_plugin_may_choose_another_body(kit: CheckKit) -> None:
    kit.plugins.body = "<p>Hello from the plugin</p>"

    kit.test(kit.scripted())

    assert b"Hello from the plugin" in b"".join(kit.mail().mime.iter_bytes())


def test_the_connector_gets_the_account_s_secrets(kit: CheckKit) -> None:
    kit.test(kit.scripted())

    assert kit.script.settings[-1]["password"] == SECRET


def test_nothing_is_stored_of_it(kit: CheckKit) -> None:
    kit.test(kit.scripted())

    assert kit.api.ids() == []


def test_it_works_on_a_paused_account_which_stays_paused(kit: CheckKit) -> None:
    account_id = kit.scripted()
    kit.kit.change_account(account_id, paused_at=kit.now)

    assert kit.test(account_id).outcome == "sent"
    assert kit.account(account_id, lambda account: account.state.paused_at) == kit.now


def needs_attention(kit: CheckKit, account_id: str) -> bool:
    return kit.account(account_id, lambda account: account.state.attention) is not None


def test_a_good_test_releases_what_needed_attention_and_a_bad_one_does_not(kit: CheckKit) -> None:
    account_id = kit.fake()
    kit.kit.change_account(account_id, attention=("account.authentication_failed", "m", None, "a"))

    kit.provider.kill_sign_in()
    result = kit.test(account_id)
    assert (result.outcome, needs_attention(kit, account_id)) == ("failed", True)
    assert outcomes(result) == [("connect", "ok"), ("authenticate", "failed"), ("send", "skipped")]
    assert result.error is not None
    assert result.error.code == "account.authentication_failed"
    kit.provider.revive_sign_in()

    assert kit.test(account_id).outcome == "sent"
    assert not needs_attention(kit, account_id)


def test_where_everybody_sends_as_himself_the_tester_does_too(kit: CheckKit) -> None:
    account_id = kit.fake(settings={"server": "x", "sends_as_user": True}, address="")

    kit.test(account_id)

    delivery = kit.provider.received[-1]
    assert (delivery.sending_identity, delivery.envelope_from) == ("ada", "ada@example.org")


def test_the_sender_is_the_one_the_account_shows(kit: CheckKit) -> None:
    settings = {"server": "x", "substitute_sender": "boss@example.com", "substitute_mode": "on_behalf"}
    kit.test(kit.fake(settings=settings))

    sent = kit.provider.received[-1].read()
    assert b"From: boss@example.com" in sent
    assert b"Sender: sales@example.com" in sent


def refused(kit: CheckKit, account_id: str) -> str:
    with pytest.raises(WrongState) as refusal:
        kit.test(account_id)
    return refusal.value.code


def test_what_cannot_be_tested_says_why(kit: CheckKit) -> None:
    closing = kit.scripted()
    kit.kit.change_account(closing, is_closing=True)
    kit.kit.account("pigeons", connector="pigeon")

    assert refused(kit, closing) == "account.closing"
    assert refused(kit, "pigeons") == "account.connector_missing"
    assert mistakes(kit.test, kit.scripted(), "nowhere") == [("/to", "address.invalid")]
    with pytest.raises(NotFound):
        kit.test("gone")
    with pytest.raises(NotFound):
        kit.test(closing, identity=may(*Permission, accounts=frozenset({"other"})))
    with pytest.raises(Denied):
        kit.test(closing, identity=may(Permission.ACCOUNTS_OPERATE, Permission.ACCOUNTS_READ))


# -- permits -----------------------------------------------------------------------------------------------------


def test_a_test_takes_a_permit_that_comes_back_a_minute_after_its_end(kit: CheckKit) -> None:
    account_id = kit.scripted(rate_limit_per_minute=1)
    kit.test(account_id)

    kit.clock.advance(20)
    with pytest.raises(TooManyRequests) as refusal:
        kit.test(account_id)
    assert (refusal.value.code, refusal.value.retry_after_seconds) == ("account.rate_limited", 40.0)
    assert len(kit.script.messages) == 1
    kit.clock.advance(40)

    assert kit.test(account_id).outcome == "sent"


def test_a_test_and_real_mail_share_one_limit(kit: CheckKit) -> None:
    account_id = kit.scripted(rate_limit_per_minute=2)
    for _number in range(3):
        kit.send(account_id)
    kit.test(account_id)

    assert len(kit.claim(account_id, rate_limit=2).claimed) == 1
    with pytest.raises(TooManyRequests):
        kit.test(account_id)


def test_a_failed_test_has_used_its_permit(kit: CheckKit) -> None:
    account_id = kit.fake(rate_limit_per_minute=1)
    kit.provider.kill_sign_in()
    kit.test(account_id)

    with pytest.raises(TooManyRequests):
        kit.test(account_id)


def test_a_process_that_dies_during_a_test_loses_no_permit(kit: CheckKit) -> None:
    account_id = kit.scripted(rate_limit_per_minute=1)
    kit.kit.hub.writer.execute(TakeCheckPermit(f"lane:{account_id}", 1))

    kit.clock.advance(check_runs.DEADLINE_SECONDS + 59)
    with pytest.raises(TooManyRequests):
        kit.test(account_id)
    kit.clock.advance(2)
    assert kit.test(account_id).outcome == "sent"


# -- settings that are not saved ---------------------------------------------------------------------------------


def test_without_to_nothing_is_sent(kit: CheckKit) -> None:
    result = kit.check()

    assert (result.outcome, outcomes(result)[-1]) == ("ok", ("send", "skipped"))
    assert kit.script.messages == [None]


def test_with_to_a_mail_is_sent_from_whom_there_is(kit: CheckKit) -> None:
    account_id = kit.scripted()

    def sender(**values: Any) -> str:
        assert kit.check(to=TO, **values).outcome == "sent"
        return kit.mail().from_.address

    settings = {"server": "x", "user_name": "login@example.net", "password": "p"}
    assert sender() == "ada@example.org"
    assert sender(settings=settings) == "login@example.net"
    assert sender(settings={"server": "vault.example"}, account=account_id) == "sales@example.com"
    assert sender(settings=settings, address="new@example.com") == "new@example.com"


def test_stored_secrets_serve_while_they_belong_to_the_same_server_and_user(kit: CheckKit) -> None:
    account_id = kit.scripted()

    assert kit.check(account=account_id, settings={"verify": True}).outcome == "ok"
    assert kit.script.settings[-1]["password"] == SECRET
    for changed in ({"server": "evil.example"}, {"user_name": "eve"}):
        assert mistakes(kit.check, account=account_id, settings=changed) == [
            ("/settings/password", "secret.needed_again")
        ]
    other = {"server": "new.example", "password": "given"}
    assert kit.check(account=account_id, settings=other).outcome == "ok"
    assert kit.script.settings[-1]["password"] == "given"


def test_an_account_is_no_way_to_the_secrets_of_another_kind_or_of_others(kit: CheckKit) -> None:
    account_id = kit.scripted()
    bound = may(*Permission, accounts=frozenset({"other"}))

    assert mistakes(kit.check, connector="fake", settings={"server": "x"}, account=account_id) == [
        ("/account", "connector.not_found")
    ]
    for call in ({"account": "gone"}, {"account": account_id, "identity": bound}):
        assert mistakes(kit.check, **call) == [("/account", "account.not_found")]


def test_unsaved_settings_are_held_to_the_same_rules(kit: CheckKit) -> None:
    vault = {"connector": "vault", "settings": {"server": "x", "user_name": "a", "verify": False}}

    assert mistakes(kit.check, settings={"colour": 1}) == [
        ("/settings/server", "schema.required"),
        ("/settings/colour", "schema.unknown_field"),
    ]
    assert mistakes(kit.check, **vault) == [("/settings/verify", "settings.only_in_sandbox")]
    assert mistakes(kit.check, connector="pigeon") == [("/connector", "connector.not_found")]
    assert mistakes(kit.check, to="nowhere") == [("/to", "address.invalid")]
    assert mistakes(kit.check, address="nowhere") == [("/address", "address.invalid")]
    with pytest.raises(Denied):
        kit.check(identity=may(Permission.SETUP_READ))


def test_a_check_of_an_account_takes_its_permit_when_it_sends(kit: CheckKit) -> None:
    account_id = kit.scripted(rate_limit_per_minute=1)
    assert kit.check(account=account_id, settings={}).outcome == "ok"
    assert kit.check(account=account_id, settings={}, to=TO).outcome == "sent"

    with pytest.raises(TooManyRequests):
        kit.check(account=account_id, settings={}, to=TO)


def test_nothing_of_a_check_is_saved_or_released(kit: CheckKit) -> None:
    account_id = kit.scripted()
    kit.kit.change_account(account_id, attention=("c", "m", None, "a"))
    entries = len(kit.kit.trail())

    kit.check(account=account_id, settings={"password": "other"}, to=TO)

    assert needs_attention(kit, account_id)
    assert len(kit.kit.trail()) == entries


# -- connectors that misbehave -----------------------------------------------------------------------------------


def raises(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok")
    raise RuntimeError("the vault is locked")


def exits(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok")
    raise SystemExit(3)


def nonsense(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Any]:
    yield Step("connect", "ok")
    yield {"name": "authenticate"}


def odd_outcome(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok")
    yield Step("authenticate", cast(Any, "perhaps"))


def odd_error(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok")
    yield Step("authenticate", "failed", error=cast(Any, ValueError("unclassified")))


def endless(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    while True:
        yield Step("connect", "ok")


def forgets_to_send(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
    yield Step("connect", "ok")


@pytest.mark.parametrize(
    "walk",
    [raises, exits, nonsense, odd_outcome, odd_error, endless, forgets_to_send],
    ids=lambda walk: walk.__name__,
)
def test_whatever_a_connector_does_becomes_a_failed_check(kit: CheckKit, walk: Any) -> None:
    account_id = kit.scripted()
    kit.script.walk = walk

    result = kit.test(account_id)

    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.code == "connector.failed"
    assert outcomes(result)[0] == ("connect", "ok")
    assert outcomes(result)[-1] == ("send", "skipped")
    assert len(result.steps) <= 60
    assert kit.faults() == 1
    json.dumps([step.detail for step in result.steps])


def test_a_failed_step_without_an_error_is_a_failure_all_the_same(kit: CheckKit) -> None:
    def walk(message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        yield Step("connect", "failed", detail="No route.")
        yield Step("authenticate", "ok")

    account_id = kit.scripted()
    kit.script.walk = walk

    result = kit.test(account_id)

    assert result.error is not None
    assert (result.outcome, result.error.message) == ("failed", "No route.")
    assert outcomes(result) == [("connect", "failed"), ("authenticate", "skipped"), ("send", "skipped")]


def test_settings_that_a_connector_is_not_made_of_are_its_fault(kit: CheckKit) -> None:
    account_id = kit.scripted()
    kit.plugins.script = cast(Any, None)

    assert mistakes(kit.check) == [("/settings", "connector.failed")]
    assert refused(kit, account_id) == "account.unusable"


# -- runs --------------------------------------------------------------------------------------------------------


class Runs:
    """Checks of a connector whose walk stops at a gate."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.runs = CheckRuns(self.clock, FakeEntropy())
        self.gate = Event()
        self.ended: list[str] = []

    def work(self, walk: Callable[[], Iterator[Step]] | None = None) -> CheckWork:
        return CheckWork(
            walk=walk or self._stuck,
            step_names=("connect", "send"),
            sends=True,
            ended=self.ended.append,
            failed_badly=lambda error: None,
        )

    def _stuck(self) -> Iterator[Step]:
        yield Step("connect", "ok")
        assert self.gate.wait(10)
        yield Step("send", "ok")


@pytest.fixture
def runs() -> Iterator[Runs]:
    made = Runs()
    yield made
    made.gate.set()


def wait_for_step(run: check_runs.CheckRun) -> None:
    with run._changed:
        assert run._changed.wait_for(lambda: bool(run._steps), 10)


def test_steps_appear_as_they_happen(runs: Runs) -> None:
    run = runs.runs.start("ada", runs.work())
    wait_for_step(run)

    seen = run.result()
    assert (seen.outcome, outcomes(seen)) == (None, [("connect", "ok")])
    runs.gate.set()
    assert outcomes(run.wait()) == [("connect", "ok"), ("send", "ok")]


def test_a_check_belongs_to_whoever_began_it(runs: Runs) -> None:
    run = runs.runs.start("ada", runs.work())

    assert runs.runs.get(run.id, "ada") is run
    for id, owner in ((run.id, "bob"), ("other", "ada")):
        with pytest.raises(NotFound) as refusal:
            runs.runs.get(id, owner)
        assert refusal.value.code == "check.not_found"


def test_an_overdue_check_is_given_up_and_what_it_says_later_ignored(runs: Runs) -> None:
    run = runs.runs.start("ada", runs.work())
    wait_for_step(run)
    results: list[CheckResult] = []
    waiting = Thread(target=lambda: results.append(run.wait()))
    waiting.start()
    runs.clock.wait_until_waiting()

    runs.clock.advance(check_runs.DEADLINE_SECONDS)
    waiting.join(10)

    assert outcomes(results[0]) == [("connect", "ok"), ("send", "skipped")]
    assert (results[0].outcome, results[0].error and results[0].error.code) == ("failed", "check.timed_out")
    runs.gate.set()
    with run._changed:
        assert run._changed.wait_for(lambda: not run.is_running, 10)
    assert run.result() == results[0]
    assert runs.ended == ["sent"]


def test_only_so_many_run_at_a_time_given_up_ones_included(runs: Runs) -> None:
    for _number in range(check_runs.RUNNING_AT_MOST):
        runs.runs.start("ada", runs.work())
    runs.clock.advance(check_runs.DEADLINE_SECONDS + check_runs.KEPT_SECONDS)

    with pytest.raises(TooManyRequests):
        runs.runs.start("ada", runs.work())


def test_ended_checks_are_kept_for_a_while_and_only_so_many(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_runs, "KEPT_AT_MOST", 3)
    runs.gate.set()
    began = []
    for _number in range(5):
        began.append(runs.runs.start("ada", runs.work()))
        began[-1].wait()
    runs.runs.require_room()

    with pytest.raises(NotFound):
        runs.runs.get(began[0].id, "ada")
    assert runs.runs.get(began[-1].id, "ada") is began[-1]
    runs.clock.advance(check_runs.DEADLINE_SECONDS + check_runs.KEPT_SECONDS)
    with pytest.raises(NotFound):
        runs.runs.get(began[-1].id, "ada")


def test_details_are_cut_and_texts_are_plain(runs: Runs) -> None:
    long: Text = "x" * 5000

    def walk() -> Iterator[Step]:
        yield Step("connect", "ok", detail=long)
        yield Step("send", "failed", error=AuthenticationFailed("No.", reply="535"))

    result = runs.runs.start("ada", runs.work(walk)).wait()

    assert len(result.steps[0].detail) == check_runs.DETAIL_CHARACTERS
    assert result.steps[1].detail == "No."
    assert SETUP.user_id not in repr(result)
