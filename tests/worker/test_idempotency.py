"""A key survives the process: what is done and its answer are one commit (W2)."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .hub_process import HubProcess
from .smtp_sink import SmtpSink

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(120)]

MESSAGE = {"to": ["ada@example.com"], "subject": "Invoice 1", "text": "Please pay."}


def post(hub: HubProcess, key: str) -> tuple[dict[str, Any], bool]:
    """The answer of a keyed call, and whether it was given before."""
    call = urllib.request.Request(
        f"http://127.0.0.1:{hub.port}/api/v1/messages",
        json.dumps(MESSAGE).encode(),
        {
            "Authorization": f"Bearer {hub.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        },
    )
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.load(answer), answer.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_after_kill_9_is_the_same_message(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "var", delivery_embedded="false") as hub, SmtpSink() as sink:
        hub.set_up()
        hub.start()
        hub.add_smtp_account(sink.port)
        first, _was_replayed = post(hub, "key-1")
        hub.kill()
        hub.wait()
        hub.start()

        again, was_replayed = post(hub, "key-1")
        other, was_other_replayed = post(hub, "key-2")

        assert (again, was_replayed) == (first, True)
        assert other["id"] != first["id"]
        assert not was_other_replayed
        assert len(hub.call("GET", "/messages").body["items"]) == 2
