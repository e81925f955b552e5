"""A hub that looks as after some days of work: accounts in every state, scenarios, mail in every state, at a fixed time.

Time stands still at ``NOW`` and nothing leaves this machine, so that a page looks the same whenever it is made.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import mailhub_smtp
from mailhub.app import Hub, Surroundings
from mailhub.builtin import builtin_plugins
from mailhub.cli.http_server import HttpServer
from mailhub.contract import hookimpl
from mailhub.contract.clock import Clock
from mailhub.contract.connector import Connector, ConnectorType, SessionContext, Step
from mailhub.contract.errors import AuthenticationFailed, DeliveryError, Uncertain
from mailhub.contract.message import OutgoingMessage
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.people.permissions import PERMISSION_SETS
from mailhub.people.service import TokensService, UsersService
from mailhub.pluginhost.host import PluginHost
from mailhub.pluginhost.loading import load_plugins
from mailhub.settings import Settings
from mailhub.testing import FakeClock, FakeEntropy, FakeProvider
from mailhub.testing.fake_connector import FakeConnector
from mailhub_smtp.plugin import SMTP
from tests.kit.hub import Api
from tools import write_examples

LOGIN, PASSWORD = "mara", "plum-ladder-91-otter"
NOW = datetime(2026, 11, 24, 9, 42, tzinfo=UTC)
WAIT_SECONDS = 20.0
DEAD_SERVER = "smtp.support.nordwind.example"
ENDED = frozenset({"sent", "failed", "in_doubt", "cancelled"})

CUSTOMERS = (
    ("Ingrid Halvorsen", "ingrid@halvorsen-boats.example"),
    ("Paolo Rossi", "paolo@caffe-rossi.example"),
    ("Jürgen Müller", "buchhaltung@mueller-soehne.example"),
    ("Claire Lumière", "compta@lumiere.example"),
    ("Tom Greenfield", "tom@greenfield-farm.example"),
    ("Oakline Furniture", "accounts@oakline.example"),
    ("Ewa Kowalska", "studio@kowalska.example"),
    ("Tidewater Clinic", "purchasing@tidewater.example"),
)
LETTER = """<p>Dear {name},</p><p>{sentence}</p>
<table style="border-collapse: collapse"><tr style="background: #eef3fa"><th style="padding: 6px 16px; text-align: left">Item</th>
<th style="padding: 6px 16px; text-align: right">Amount</th></tr>
<tr><td style="padding: 6px 16px">Deck varnish, 5 l</td><td style="padding: 6px 16px; text-align: right">128.00</td></tr>
<tr><td style="padding: 6px 16px">Delivery</td><td style="padding: 6px 16px; text-align: right">14.50</td></tr>
<tr><td style="padding: 6px 16px"><b>Total</b></td>
<td style="padding: 6px 16px; text-align: right"><b>142.50</b></td></tr></table>
<p>Kind regards,<br>Mara Lindqvist<br><span style="color: #5b6b80">Nordwind Trading</span></p>"""
KINDS = (
    ("sales-invoice", "Invoice {number}", "please find attached the invoice for your last order."),
    (
        "sales-order",
        "Order confirmation {number}",
        "thank you for your order. It leaves our warehouse this week.",
    ),
    ("sales-quote", "Quote {number}", "as discussed, here is our quote. It is valid for 30 days."),
    ("customer-statement", "Statement of account, {number}", "this is where your account stands today."),
)


class SampleConnector(FakeConnector):
    """SMTP by its settings; its mail goes to a provider in this process."""

    look_up = Connector.look_up

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        server, port = self.settings["server"], self.settings["port"]
        yield Step("resolve", "ok", 0.012, detail=f"{server}: 203.0.113.25")
        yield Step("connect", "ok", 0.031, detail=f"220 {server} ESMTP")
        yield Step("tls", "ok", 0.048, detail=f"TLS 1.3, port {port}")
        try:
            self.provider.sign_in(context)
        except DeliveryError as error:
            yield Step("authenticate", "failed", 0.212, detail=error.message, error=error)
            return
        yield Step("authenticate", "ok", 0.094, detail="PLAIN")
        if message is not None:
            self.provider.take(message, context)
            yield Step("send", "ok", 0.120, detail="250 2.0.0 queued")


class Providers:
    """What stands behind the servers' names."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._by_server: dict[str, FakeProvider] = {}

    def of(self, server: str) -> FakeProvider:
        return self._by_server.setdefault(server, FakeProvider(spool=self._spool))

    def plugin(self) -> ModuleType:
        """The plugin of SMTP, which leads to them; a module in its package, so that its translations are found."""
        smtp = replace(SMTP, make=lambda settings: SampleConnector(self.of(settings["server"]), settings))

        @hookimpl
        def mailhub_register_connectors() -> list[ConnectorType]:
            return [smtp]

        module = ModuleType("mailhub_smtp.sample")
        module.__package__, module.__file__ = mailhub_smtp.__name__, mailhub_smtp.__file__
        vars(module).update(plugin_name="smtp", mailhub_register_connectors=mailhub_register_connectors)
        return module


@dataclass
class SampleHub:
    """What the pages show, and the ids of what has an address: ``ids["failed"]``, ``ids["billing"]`` ..."""

    hub: Hub
    clock: FakeClock
    providers: Providers
    api: Api
    user_id: str
    url: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def advance_to(self, at: datetime) -> None:
        self.clock.advance((at - self.clock.now()).total_seconds())

    def speak(self, language: str) -> None:
        """Have the pages in this language from now on."""
        self._change_me({"language": language})

    def _change_me(self, values: dict[str, str]) -> None:
        self.api.app.patch_json("/api/v1/me", values, headers={"If-Match": self._etag("/me")})

    def _etag(self, path: str) -> str:
        found: str = self.api.get(path).headers["ETag"]
        return found

    def account(self, name: str, address: str, server: str, **fields: Any) -> str:
        settings = {
            "server": server,
            "port": 587,
            "security": "starttls",
            "authentication": "basic",
            "user_name": address,
            "password": "not-a-real-one",
            **fields.pop("settings", {}),
        }
        body = {"connector": "smtp", "name": name, "address": address, "settings": settings, **fields}
        made: str = self.api.post("/accounts", body, 201).json["id"]
        return made

    def send(self, number: int, *, subject: str | None = None, **fields: Any) -> str:
        """Have a message accepted; its id. ``number`` chooses its customer and what it is about."""
        scenario, title, sentence = KINDS[number % len(KINDS)]
        name, address = CUSTOMERS[number % len(CUSTOMERS)]
        body = {
            "scenario": scenario,
            "to": [{"name": name, "address": address}],
            "subject": subject or title.format(number=103000 + number),
            "html": LETTER.format(name=name, sentence=sentence),
            "related": [
                {"kind": scenario, "id": str(103000 + number), "title": title.format(number=103000 + number)}
            ],
            **fields,
        }
        status = 201 if body.get("draft") else 202
        message_id: str = self.api.post("/messages", body, status).json["id"]
        return message_id

    def wait_for(self, message_id: str, *statuses: str) -> None:
        """Until a message is so; raises AssertionError when it does not come to be."""
        ends_at = time.monotonic() + WAIT_SECONDS
        while (status := self.api.get(f"/messages/{message_id}").json["status"]) not in (statuses or ENDED):
            assert time.monotonic() < ends_at, status
            # what is due a moment later would wait for ever
            self.clock.advance(0.01)
            time.sleep(0.01)


@contextmanager
def sample_hub(folder: Path) -> Iterator[SampleHub]:
    """A hub with all that, listening at ``url``."""
    spool = folder / "spool"
    spool.mkdir()
    providers = Providers(spool)
    plugin = providers.plugin()
    clock = FakeClock(NOW - timedelta(days=4, hours=2))
    settings = Settings(data_dir=str(folder / "var"), store_uri="memory://", store_sessions_uri="memory://")
    surroundings = Surroundings(
        clock=clock,
        entropy=FakeEntropy(6),
        hash_profile=CHEAPEST_PROFILE,
        plugins=lambda *given: _host(plugin, *given),
    )
    hub = Hub.open(settings, surroundings, create=True)
    try:
        application = hub.wsgi_app()
        user_id = _make_people(hub)
        token = hub.run(lambda work: work.service(TokensService).create_token(_token(user_id)).text, "sample")
        sample = SampleHub(hub, clock, providers, Api(application, token), user_id)
        hub.start_delivery()
        fill(sample)
        server = HttpServer(application, settings, threads=8, host="127.0.0.1")
        server.start()
        sample.url = server.url
        try:
            yield sample
        finally:
            server.stop_listening()
            server.stop()
    finally:
        hub.close()


def _host(plugin: ModuleType, data_dir: Path, _settings: Settings, clock: Clock) -> PluginHost:
    builtins = [*builtin_plugins(data_dir), plugin]
    return load_plugins([], builtins=builtins, clock=clock, log=logging.getLogger("mailhub.plugins"))


def _token(user_id: str) -> dict[str, Any]:
    fields: dict[str, Any] = dict.fromkeys(("scopes", "scenarios", "accounts", "networks", "expires_at"))
    return {**fields, "user": user_id, "name": "ERP"}


def _make_people(hub: Hub) -> str:
    def make(login: str, name: str, *sets: str) -> str:
        fields = {
            "login": login,
            "name": name,
            "contact_email": f"{login}@nordwind.example",
            "kind": "internal",
            "is_licensed": True,
            "permission_sets": list(sets),
            "language": "en",
            "time_zone": "Europe/Zurich",
            "is_active": True,
            "password": PASSWORD,
        }
        return hub.run(lambda work: work.service(UsersService).create_user(fields).user.id, "sample")

    make("tom", "Tom Berger", "email-edit")
    return make(LOGIN, "Mara Lindqvist", *PERMISSION_SETS)


# -- what there is ---------------------------------------------------------------------------------------------------------


def fill(sample: SampleHub) -> None:
    """Four days of accounts, scenarios and mail, up to ``NOW``."""
    _add_accounts(sample)
    _add_scenarios(sample)
    _add_history(sample)
    sample.advance_to(NOW - timedelta(minutes=3))
    _add_what_waits(sample)
    _add_drafts(sample)
    for _look in range(10):
        # lanes find out one after the other why their mail waits
        sample.clock.advance(1)
        time.sleep(0.1)
    sample.advance_to(NOW)


def _add_accounts(sample: SampleHub) -> None:
    account, ids = sample.account, sample.ids
    ids["billing"] = account(
        "Billing",
        "billing@nordwind.example",
        "smtp.nordwind.example",
        is_default=True,
        rate_limit_per_minute=600,
    )
    ids["sales"] = account(
        "Sales", "sales@nordwind.example", "smtp.sales.nordwind.example", settings={"on_uncertain": "hold"}
    )
    ids["newsletter"] = account(
        "Newsletter", "news@nordwind.example", "smtp.bulk.example", rate_limit_per_minute=1
    )
    ids["support"] = account("Support", "support@nordwind.example", DEAD_SERVER)
    ids["purchasing"] = account("Purchasing", "purchasing@nordwind.example", "smtp.nordwind.example")
    body = {
        "connector": "capture",
        "name": "Test environment",
        "address": "test@nordwind.example",
        "settings": {},
    }
    ids["capture"] = sample.api.post("/accounts", body, 201).json["id"]


def _add_scenarios(sample: SampleHub) -> None:
    put, ids = sample.api.app.put_json, sample.ids
    sample.api.post("/scenarios", {"id": "harbour-report", "title": "Harbour report"}, 201)
    assigned = {
        "sales": ["sales-quote", "sales-order", "harbour-report"],
        "support": ["service-order", "service-quote"],
        "newsletter": ["interaction-template"],
        "purchasing": ["purchase-order", "vendor-remittance"],
    }
    for account, scenarios in assigned.items():
        put(f"/api/v1/accounts/{ids[account]}/scenarios", {"scenarios": scenarios})
    document = (write_examples.FILES / "invoice-103001.pdf").read_bytes()
    for name, is_default in (
        ("Terms and conditions.pdf", True),
        ("Bank details.pdf", True),
        ("Price list.pdf", False),
    ):
        upload = sample.api.upload(document).json["id"]
        body = {"upload": upload, "name": name, "is_default": is_default}
        sample.api.post("/scenarios/sales-invoice/attachments", body, 201)


def _add_history(sample: SampleHub) -> None:
    """What was sent, and what came of it otherwise."""
    sales = sample.providers.of("smtp.sales.nordwind.example")
    billing = sample.providers.of("smtp.nordwind.example")
    billing.refuse("purchasing@tidewater.example", "550", "5.1.1 User unknown")
    sales.defer("paolo@caffe-rossi.example", "452", "4.2.2 Mailbox full")
    began = sample.clock.now()
    for number in range(34):
        sample.advance_to(began + timedelta(hours=2.7 * number, minutes=7 * (number % 5)))
        scenario = KINDS[number % len(KINDS)][0]
        if "paolo" in CUSTOMERS[number % len(CUSTOMERS)][1] and scenario != "sales-invoice":
            continue
        more: dict[str, Any] = {}
        if number % 8 == 2:
            more = {"cc": ["warehouse@nordwind.example"]}
        if number == 16:
            more = {"cc": ["purchasing@tidewater.example"]}
        message_id = sample.send(number, **more)
        sample.wait_for(message_id)
        sample.ids["sent"] = message_id if number == 28 else sample.ids.get("sent", message_id)
        if number == 31:
            sample.ids["failed"] = message_id
    sales.fail(Uncertain("The connection ended before the server answered."), after_hand_over=True)
    sample.ids["in_doubt"] = sample.send(34, scenario="sales-order", subject="Order confirmation 103034")
    sample.wait_for(sample.ids["in_doubt"])


def _add_what_waits(sample: SampleHub) -> None:
    """Each for another reason."""
    ids = sample.ids
    support = sample.providers.of(DEAD_SERVER)
    support.fail(AuthenticationFailed("535 5.7.8 Error: authentication failed"), times=None)
    ids["held"] = sample.send(40, scenario="service-order", subject="Service order 2207: engine check")
    sample.send(41, scenario="service-quote", subject="Service quote 2208: new rigging")
    sample.api.act(f"/accounts/{ids['purchasing']}/pause")
    for number in (42, 43):
        sample.send(number, scenario="purchase-order", subject=f"Purchase order {4100 + number}")
    for number in range(44, 50):
        sample.send(number, scenario="interaction-template", subject="Winter storage: book your berth now")
    later = (NOW + timedelta(days=1)).isoformat()
    ids["scheduled"] = sample.send(51, subject="Statement of account, November", send_at=later)
    in_december = (NOW + timedelta(days=30)).isoformat()
    sample.send(55, subject="Statement of account, December", send_at=in_december)
    ids["retry"] = sample.send(1, scenario="sales-order", subject="Order confirmation 103056")
    ids["cancelled"] = sample.send(6, scenario="sales-quote", subject="Quote 103057", send_at=later)
    sample.api.act(f"/messages/{ids['cancelled']}/cancel")


def _add_drafts(sample: SampleHub) -> None:
    sample.ids["draft"] = sample.send(0, draft=True, subject="Invoice 103058 and our new bank details")
    sample.send(3, draft=True, to=[{"name": "Claire Lumière", "address": "compta@lumiere"}], subject="")
    sample.send(5, draft=True, subject="Quote 103060, second version")
