"""Random configurations of accounts, scenarios and people, and what behaviour.md says a message gets under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from BTrees.OOBTree import OOBTree
from hypothesis import strategies as st

from mailhub.accounts.model import Account, Accounts
from mailhub.contract import hookimpl
from mailhub.contract.connector import Capabilities, ConnectorType
from mailhub.scenarios.model import Assignment, ScenarioAttachment, Scenarios
from mailhub.store.content import store_content
from mailhub.store.root import HubRoot
from mailhub.strict_values import strict_values
from mailhub.testing import FakeProvider, fake_connector_type
from mailhub.testing.clock import START
from mailhub.testing.fake_connector import FakeSettings

T = TypeVar("T")
SCENARIO = "sales-invoice"
ACCOUNTS = ("billing", "sales", "service")
GONE = "gone"
BOSS, PARTNER = "boss@example.org", "partner@example.net"


@dataclass(frozen=True)
class AccountSet:
    """An account as somebody set it up. ``allows``: None = no other sender."""

    id: str
    connector: str = "fake"
    is_current_user: bool = False
    substitute: str | None = None
    mode: str = "send_as"
    allows: tuple[str, ...] | None = None
    rate_limit: int = 0
    group: str | None = None
    mailbox: str = ""
    sends_as_user: bool = False
    is_closing: bool = False
    is_paused: bool = False

    @property
    def address(self) -> str:
        return f"{self.id}@example.com"

    def allows_sender(self, address: str) -> bool:
        return self.allows is not None and (address in self.allows or address.split("@")[1] in self.allows)


@dataclass(frozen=True)
class Assigned:
    """The scenario's own account, which may be gone."""

    account: str
    substitute: str | None = None
    mode: str | None = None


@dataclass(frozen=True)
class Person:
    """Whose message it is."""

    login: str
    contact_email: str
    kind: str = "internal"
    is_licensed: bool = True


PEOPLE = (
    Person("ada", "ada@example.com"),
    Person("bob", ""),
    Person("gus", "gus@example.com", kind="guest"),
    Person("leo", PARTNER, is_licensed=False),
)


@dataclass(frozen=True)
class Configuration:
    """All that decides how a message goes. ``kept``: the files that a plugin leaves; None: all."""

    accounts: tuple[AccountSet, ...]
    default: str | None
    assigned: Assigned | None
    files: tuple[bool, ...]
    kept: frozenset[str] | None

    def find(self, account_id: str | None) -> AccountSet | None:
        """An account that takes mail."""
        return next((each for each in self.accounts if each.id == account_id and not each.is_closing), None)


@dataclass(frozen=True)
class Asked:
    """What a message says. ``bound``: the accounts of the token."""

    person: Person
    scenario: str = SCENARIO
    account: str | None = None
    sender: str | None = None
    is_wanted: bool = True
    bound: frozenset[str] | None = None

    @property
    def is_plain(self) -> bool:
        """Does it name nothing but its scenario, as the explanation of a scenario supposes."""
        return self.account is None and self.sender is None and self.is_wanted


@dataclass(frozen=True)
class Expected:
    """What comes of it."""

    account: str | None
    from_: str | None
    behalf_of: str | None
    files: tuple[str, ...]
    codes: tuple[str, ...]


# -- what behaviour.md says ------------------------------------------------------------------------------------------


def expected(world: Configuration, asked: Asked) -> Expected:
    """SC1 to SC7, SM2, SM10, DA2, GR2, PR3, told once more and in another way."""
    files = expected_files(world, asked)
    account, assigned, code = expected_account(world, asked)
    if account is None:
        return Expected(None, None, None, files, (code,))
    if asked.bound is not None and account.id not in asked.bound:
        return Expected(None, None, None, files, ("permission.denied",))
    from_, behalf_of, refusal = expected_sender(account, assigned, asked)
    codes = () if refusal is None else (refusal,)
    is_served = asked.person.kind == "internal" and asked.person.is_licensed
    if account.connector == "picky" and not is_served:
        codes = (*codes, "sender.not_allowed")
    return Expected(account.id, from_, behalf_of, files, codes)


def expected_account(world: Configuration, asked: Asked) -> tuple[AccountSet | None, Assigned | None, str]:
    assigned = world.assigned if asked.scenario == SCENARIO else None
    if asked.account is not None:
        return world.find(asked.account), assigned, "account.not_found"
    own = None if assigned is None else world.find(assigned.account)
    if own is not None:
        return own, assigned, ""
    return world.find(world.default), None, "account.none_for_scenario"


def expected_sender(
    account: AccountSet, assigned: Assigned | None, asked: Asked
) -> tuple[str | None, str | None, str | None]:
    own = asked.person.contact_email if account.is_current_user else account.address
    if not own:
        return None, None, "sender.no_contact_email"
    named, mode, needs_leave = account.substitute, account.mode, False
    if assigned is not None and assigned.substitute is not None:
        named, mode, needs_leave = assigned.substitute, assigned.mode or account.mode, True
    if asked.sender is not None:
        named, mode, needs_leave = asked.sender, account.mode, asked.sender != own
    if needs_leave and named is not None and not account.allows_sender(named):
        return None, None, "sender.not_allowed"
    if named is None or named == own:
        return own, None, None
    return named, own if mode == "on_behalf" else None, None


def expected_files(world: Configuration, asked: Asked) -> tuple[str, ...]:
    if not asked.is_wanted or asked.scenario != SCENARIO:
        return ()
    names = [file_name(number) for number, is_default in enumerate(world.files) if is_default]
    return tuple(name for name in names if world.kept is None or name in world.kept)


def file_name(number: int) -> str:
    return f"file-{number}.txt"


# -- making it so ----------------------------------------------------------------------------------------------------


class ConfigurationPlugin:
    """Brings the picky connector, and leaves of default files what ``kept`` says."""

    plugin_name = "configuration"

    def __init__(self) -> None:
        self.kept: frozenset[str] | None = None
        self._provider = FakeProvider()

    @hookimpl
    def mailhub_register_connectors(self) -> Sequence[ConnectorType]:
        internal = Capabilities(user_kinds=frozenset({"internal"}), needs_licensed_user=True)
        return [
            fake_connector_type(self._provider, id="picky", telemetry_prefix="picky", capabilities=internal)
        ]

    @hookimpl
    def mailhub_filter_default_attachments(self) -> Any:
        return self.kept


def set_up(root: HubRoot, world: Configuration) -> None:
    """Put this configuration into a hub, in place of any other."""
    root.accounts = accounts = Accounts()
    for each in world.accounts:
        accounts.add(_account(each))
    accounts.default.account_id = world.default
    root.scenarios = scenarios = Scenarios()
    if world.assigned is not None:
        scenarios.assignments[SCENARIO] = assignment = Assignment(world.assigned.account)
        assignment.substitute_sender = world.assigned.substitute
        assignment.substitute_mode = world.assigned.mode
    if world.files:
        scenarios.attachments[SCENARIO] = OOBTree()
    for number, is_default in enumerate(world.files):
        name = file_name(number)
        scenarios.attachments[SCENARIO][name] = ScenarioAttachment(
            name, name=name, content_type="text/plain", content=store_content(b"x"), is_default=is_default
        )


def _account(drawn: AccountSet) -> Account:
    settings = {
        **_DEFAULTS,
        "sender_type": "current_user" if drawn.is_current_user else "specific",
        "substitute_sender": drawn.substitute,
        "substitute_mode": drawn.mode,
        "allow_sender_override": drawn.allows is not None,
        "allowed_senders": list(drawn.allows or ()),
        "mailbox": drawn.mailbox,
        "sends_as_user": drawn.sends_as_user,
    }
    account = Account(
        drawn.id,
        connector=drawn.connector,
        name=drawn.id.title(),
        address=drawn.address,
        settings=settings,
        secrets={},
        rate_limit_per_minute=drawn.rate_limit,
        limit_group=drawn.group,
        created_at=START,
    )
    account.sends_as_user = drawn.sends_as_user
    account.state.is_closing = drawn.is_closing
    account.state.paused_at = START if drawn.is_paused else None
    return account


_DEFAULTS = strict_values(FakeSettings(), {"server": "fake.example"})

# -- drawing ---------------------------------------------------------------------------------------------------------

_SENDERS = (None, None, BOSS, PARTNER, "billing@example.com", "ada@example.com")
_ALLOWED = (None, (), (BOSS,), ("example.net",), (BOSS, "example.net", "example.com"))
_MODES = ("send_as", "on_behalf")
_RARELY = (False, False, False, True)
_EITHER = (False, True)


class Choices:
    """Reads bytes as choices, one byte a choice: drawing one value is much faster than drawing fifty."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def of(self, *options: T) -> T:
        """One of the options; the first for the byte 0."""
        return options[next(self._data) % len(options)]

    def some(self, names: Sequence[str]) -> frozenset[str]:
        return frozenset(name for name in names if self.of(*_EITHER))


def worlds() -> st.SearchStrategy[tuple[Configuration, Asked]]:
    """Zero to three accounts, an assignment or none, a default or none, some files; and what a message says."""
    return st.binary(min_size=64, max_size=64).map(lambda data: _world(Choices(data)))


def _world(choices: Choices) -> tuple[Configuration, Asked]:
    return _configuration(choices), _asked(choices)


def _configuration(choices: Choices) -> Configuration:
    names = [file_name(number) for number in range(3)]
    return Configuration(
        accounts=tuple(_account_set(choices, each) for each in ACCOUNTS if choices.of(True, True, False)),
        default=choices.of(None, *ACCOUNTS, GONE),
        assigned=choices.of(None, _assigned(choices)),
        files=tuple(choices.of(*_EITHER) for _number in range(choices.of(0, 1, 2, 3))),
        kept=choices.of(None, None, choices.some(names)),
    )


def _assigned(choices: Choices) -> Assigned:
    return Assigned(
        account=choices.of(*ACCOUNTS, GONE),
        substitute=choices.of(*_SENDERS),
        mode=choices.of(None, *_MODES),
    )


def _account_set(choices: Choices, account_id: str) -> AccountSet:
    return AccountSet(
        id=account_id,
        connector=choices.of("fake", "fake", "picky", "missing"),
        is_current_user=choices.of(*_EITHER),
        substitute=choices.of(*_SENDERS),
        mode=choices.of(*_MODES),
        allows=choices.of(*_ALLOWED),
        rate_limit=choices.of(0, 5, 30),
        group=choices.of(None, None, "shared"),
        mailbox=choices.of("", "box@example.com"),
        sends_as_user=choices.of(*_EITHER),
        is_closing=choices.of(*_RARELY),
        is_paused=choices.of(*_RARELY),
    )


def _asked(choices: Choices) -> Asked:
    return Asked(
        person=choices.of(*PEOPLE),
        scenario=choices.of(SCENARIO, SCENARIO, SCENARIO, "default"),
        account=choices.of(None, None, None, *ACCOUNTS, GONE),
        sender=choices.of(None, *_SENDERS),
        is_wanted=choices.of(True, True, True, False),
        bound=choices.of(None, None, choices.some(ACCOUNTS)),
    )
