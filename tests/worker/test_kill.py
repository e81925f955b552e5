"""``kill -9`` at any step of a delivery: nothing accepted is lost, and doubles are only what was on the wire (W1 to W7)."""

import http.client
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest

from .hub_process import FINAL, HubProcess
from .smtp_sink import STAGES, SmtpSink, Stage

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]

MESSAGES = 300
KILLS = 8
CALLERS = 6


class Killer:
    """Kills the hub at chosen (mail number, stage) points."""

    def __init__(self, hub: HubProcess, chance: random.Random) -> None:
        self._hub = hub
        self._lock = Lock()
        numbers = sorted(chance.sample(range(5, MESSAGES), KILLS))
        self.points = {number: chance.choice(STAGES) for number in numbers}
        self.died = Event()
        self.kills = 0

    def __call__(self, number: int, stage: Stage) -> None:
        with self._lock:
            if self.points.get(number) != stage:
                return
            del self.points[number]
            self.kills += 1
            self._hub.kill()
            self.died.set()


class Crowd:
    """Callers that send until enough messages are accepted, whatever happens to the hub meanwhile."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub
        self._lock = Lock()
        self._next = 0
        self.accepted: dict[str, str] = {}
        self.back = Event()
        self.back.set()

    def run(self) -> None:
        while len(self.accepted) < MESSAGES:
            with self._lock:
                self._next += 1
                number = self._next
            self.back.wait(60)
            try:
                answer = self._hub.call("POST", "/messages", _message(number))
            except (OSError, http.client.HTTPException):
                # no answer: the message may be stored or not, and nobody was told that it is
                continue
            assert answer.status == 202, answer
            with self._lock:
                self.accepted[answer.body["id"]] = answer.body["message_id"]


def _message(number: int) -> dict[str, Any]:
    return {"to": [f"customer{number}@example.com"], "subject": f"Invoice {number}", "text": "Please pay."}


@pytest.mark.parametrize("seed", [20261124, 7])
def test_every_accepted_message_is_sent_whenever_the_hub_is_killed(tmp_path: Path, seed: int) -> None:
    settings: dict[str, Any] = {
        "retry_first_seconds": 0.1,
        "delivery_lease_seconds": 5,
        "log_level": "warning",
    }
    with HubProcess(tmp_path / "var", **settings) as hub, SmtpSink() as sink:
        hub.set_up()
        hub.start()
        hub.add_smtp_account(sink.port)
        killer, crowd = Killer(hub, random.Random(seed)), Crowd(hub)
        sink.on_stage = killer
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(crowd.run) for _number in range(CALLERS)]
            while not all(caller.done() for caller in callers):
                if killer.died.wait(0.1):
                    _restart(hub, killer, crowd)
        for caller in callers:
            caller.result()
        messages = _wait_until_final(hub, killer, crowd)
        assert killer.kills >= KILLS // 2, "the hub was hardly killed at all"
        _judge(hub, crowd.accepted, messages, sink, killer.kills)
        assert hub.stop() == 0


def _restart(hub: HubProcess, killer: Killer, crowd: Crowd) -> None:
    crowd.back.clear()
    hub.wait()
    killer.died.clear()
    hub.start()
    crowd.back.set()


def _wait_until_final(hub: HubProcess, killer: Killer, crowd: Crowd) -> dict[str, Any]:
    """Every accepted message as it ended."""
    found: dict[str, Any] = {}
    pause = Event()
    for message_id in crowd.accepted:
        while message_id not in found:
            if killer.died.is_set():
                _restart(hub, killer, crowd)
            try:
                answer = hub.call("GET", f"/messages/{message_id}")
            except (OSError, http.client.HTTPException):
                killer.died.wait(1)
                continue
            assert answer.status == 200, f"message {message_id} was accepted and is lost"
            if answer.body["status"] in FINAL:
                found[message_id] = answer.body
            else:
                pause.wait(0.05)
    return found


def _judge(
    hub: HubProcess, accepted: dict[str, str], messages: dict[str, Any], sink: SmtpSink, kills: int
) -> None:
    """Jepsen's total queue: lost, duplicated, unexpected; and "sent" means that the server has it."""
    copies = Counter(mail.message_id for mail in sink.mails)
    assert {each["status"] for each in messages.values()} == {"sent"}
    lost = [message_id for message_id in accepted.values() if not copies[message_id]]
    assert not lost
    doubled = [each for each in messages.values() if copies[each["message_id"]] > 1]
    for each in doubled:
        events = hub.call("GET", f"/messages/{each['id']}/events").body["items"]
        assert any(event["possible_duplicate"] for event in events), (
            "a double that the history does not tell of"
        )
    # three sessions at most were on the wire at each kill
    assert len(doubled) <= 3 * kills
