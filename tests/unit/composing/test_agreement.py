"""Explaining, trying and sending agree, whatever is set up: 10,000 random configurations, without a database."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mailhub.app.hub import INSTALLERS
from mailhub.builtin import builtin_plugins
from mailhub.composing.checking import MessageLimits
from mailhub.composing.explaining import Explainer
from mailhub.composing.planner import Planner
from mailhub.composing.presenting import present_explanation
from mailhub.composing.request import MessageRequest
from mailhub.composing.service import ComposingService
from mailhub.composing.writes import AcceptMessage
from mailhub.delivery.config import LaneConfigs
from mailhub.errors import Denied, Invalid
from mailhub.people.identity import Identity
from mailhub.people.permissions import PERMISSION_SETS
from mailhub.pluginhost.loading import load_plugins
from mailhub.store.root import HubRoot
from mailhub.testing import FakeClock, FakeEntropy, FakeProvider
from tests.kit.configurations import (
    AccountSet,
    Asked,
    Configuration,
    ConfigurationPlugin,
    Expected,
    Person,
    expected,
    set_up,
    worlds,
)
from tests.kit.hub import FakePlugin

EXAMPLES = 10_000


class Taken(Exception):
    """A message came as far as the writer."""

    def __init__(self, command: AcceptMessage) -> None:
        super().__init__(command.scenario)
        self.command = command


class Bench:
    """A hub that is in memory alone."""

    def __init__(self) -> None:
        self.root = HubRoot()
        for install in INSTALLERS:
            install(self.root)
        self._clock = FakeClock()
        self._plugin = ConfigurationPlugin()
        self._plugins = load_plugins(
            [],
            builtins=[*builtin_plugins(Path("nowhere")), FakePlugin(FakeProvider()), self._plugin],
            clock=self._clock,
            log=logging.getLogger("mailhub.plugins"),
        )

    def set_up(self, world: Configuration) -> None:
        set_up(self.root, world)
        self._plugin.kept = world.kept

    def execute(self, command: Any, timeout_seconds: float = 30.0) -> Any:
        raise Taken(command)

    def service(self, asked: Asked) -> ComposingService:
        nothing: Any = None
        configs, identity = LaneConfigs(self._plugins, nothing), identity_of(asked)
        planner = Planner(
            self.root,
            identity=identity,
            plugins=self._plugins,
            configs=configs,
            uploads=nothing,
            clock=self._clock,
            entropy=FakeEntropy(),
            limits=MessageLimits(),
        )
        explainer = Explainer(self.root, plugins=self._plugins, configs=configs, clock=self._clock)
        return ComposingService(
            self.root,
            identity=identity,
            planner=planner,
            drafts=nothing,
            runner=self,
            explainer=explainer,
        )


def identity_of(asked: Asked) -> Identity:
    person = asked.person
    return Identity(
        user_id=person.login,
        login=person.login,
        name=person.login.title(),
        contact_email=person.contact_email,
        kind=person.kind,  # type: ignore[arg-type]  # drawn from the kinds there are
        is_licensed=person.is_licensed,
        permissions=PERMISSION_SETS["email-edit"],
        accounts=asked.bound,
    )


def request_of(asked: Asked) -> MessageRequest:
    return MessageRequest(
        scenario=asked.scenario,
        account=asked.account,
        sender=asked.sender,
        to=("ada@example.com",),
        subject="Invoice",
        text="Hello",
        include_default_attachments=asked.is_wanted,
    )


def told(explanation: dict[str, Any]) -> Expected:
    """What an explanation says."""
    sender = explanation["sender"]
    return Expected(
        explanation["account"],
        None if sender is None else sender["address"],
        None,
        tuple(each["name"] for each in explanation["attachments"]),
        tuple(problem["code"] for problem in explanation["problems"]),
    )


def sent(send: Callable[[], object]) -> Expected:
    """What became of a message."""
    with pytest.raises((Taken, Denied, Invalid)) as caught:
        send()
    end: Exception = caught.value
    if isinstance(end, Invalid):
        return Expected(None, None, None, (), tuple(error.code for error in end.errors))
    if isinstance(end, Denied):
        return Expected(None, None, None, (), (end.code,))
    assert isinstance(end, Taken)
    command = end.command
    return Expected(
        command.account_id,
        command.from_.address,
        None if command.sender is None else command.sender.address,
        tuple(each.name for each in command.attachments),
        (),
    )


def without(found: Expected, **known: Any) -> Expected:
    """What was found, but for what the other way of asking does not tell."""
    return Expected(**{**{name: getattr(found, name) for name in _FIELDS}, **known})


_FIELDS = ("account", "from_", "behalf_of", "files", "codes")


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(worlds())
def test_what_is_tried_and_explained_is_what_is_sent(
    bench: Bench, drawn: tuple[Configuration, Asked]
) -> None:
    world, asked = drawn
    bench.set_up(world)
    service, request, foreseen = bench.service(asked), request_of(asked), expected(world, asked)

    tried = service.dry_run(request)
    explained = present_explanation(tried.explanation)

    assert told(explained) == without(foreseen, behalf_of=None)
    if foreseen.codes:
        assert sent(lambda: service.send(request)) == Expected(None, None, None, (), foreseen.codes)
    else:
        assert sent(lambda: service.send(request)) == foreseen
    assert_steps_tell(explained, world, foreseen, asked.person)
    if asked.is_plain:
        assert present_explanation(service.explain(asked.scenario)) == explained


def assert_steps_tell(
    explained: dict[str, Any], world: Configuration, foreseen: Expected, person: Person
) -> None:
    """The steps say in words what the fields say, each problem is the reason of a step, and what stands still has no time."""
    steps = {step["question"]: step for step in explained["steps"]}
    reasons = {step["because"] for step in explained["steps"]}
    assert all(problem["message"] in reasons for problem in explained["problems"])
    account = world.find(foreseen.account)
    answer = steps["Which account sends?"]["answer"]
    if account is None:
        assert answer.startswith("None")
        return
    assert answer == f"{account.id.title()} <{account.address}>"
    assert (foreseen.from_ or "Nobody") in steps["Who is the mail from?"]["answer"]
    stands_still = bool(foreseen.codes) or account.is_paused or account.connector == "missing"
    assert (explained["next_slot_at"] is None) is stands_still
    assert explained["limits"]["rate_limit_per_minute"] == shared_limit(world, account.id, person)


def shared_limit(world: Configuration, account_id: str, person: Person) -> int:
    """The smallest limit among the accounts that are counted together; 0 = none."""
    own = next(each for each in world.accounts if each.id == account_id)
    identity = person.login if own.sends_as_user else ""
    counted = limit_key(own, identity)
    together = [own] if counted is None else [e for e in world.accounts if limit_key(e, identity) == counted]
    return min((each.rate_limit for each in together if each.rate_limit), default=0)


def limit_key(account: AccountSet, identity: str) -> tuple[str, str] | None:
    """What an account is counted with; None: it stands alone. What has no connector sends nothing that counts."""
    if account.connector == "missing":
        return None
    if account.group is not None:
        return ("group", account.group)
    mailbox = identity if account.sends_as_user else account.mailbox
    return (account.connector, mailbox) if mailbox else None
