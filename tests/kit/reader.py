"""A reader of the documentation: follows a page's steps at a running hub and compares what it answers with what is shown."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailhub.app import Hub, Surroundings
from mailhub.people.passwords import CHEAPEST_PROFILE
from mailhub.people.service import PageSessions, TokensService, UsersService
from mailhub.services import Work
from mailhub.settings import Settings
from tests.kit.shell import Shell, Told
from tests.kit.shown import differences, is_text
from tests.worker.hub_process import HubProcess
from tests.worker.smtp_sink import SmtpSink, Stage
from tools.call_examples import ShownAnswer, Step, call_of, curl_lines
from tools.pages import ROOT

FILES = ROOT / "docs" / "examples" / "first-invoice"
LOST = "grace@example.com"
"""Mail to her is taken by the server, which then says nothing."""
PLAN_BYTES = 8 * 1024 * 1024
PATIENCE_SECONDS = 15.0
CAPTURE_PORT = '"port": 1025'
HUBS = ("http://127.0.0.1:6543", "https://mail.example.com")
"""What pages name; the servers of the tests listen on free ports."""


class Reader:
    """Someone with a shell beside a hub, in a folder with the files of the examples."""

    def __init__(self, shell: Shell, capture_port: int) -> None:
        self.shell = shell
        self._port = f'"port": {capture_port}'
        self._patience_seconds = PATIENCE_SECONDS

    def follow_all(self, steps: Sequence[Step], *, stays: bool) -> dict[Step, list[str]]:
        """What is not as it is shown, of each step. ``stays``: what was learnt is still known after the last."""
        before = dict(self.shell.variables)
        found = {step: self.follow(step) for step in steps}
        if not stays:
            self.shell.variables = before
        return found

    def follow(self, step: Step) -> list[str]:
        """Do what a step says; what is not as the page shows it. A GET is repeated until it is."""
        ends_at = time.monotonic() + self._patience_seconds
        while (found := self._once(step)) and _may_repeat(step):
            if time.monotonic() > ends_at:
                self._patience_seconds /= 2  # so that many mistakes do not wait for ever
                break
            time.sleep(0.05)
        return found

    def _once(self, step: Step) -> list[str]:
        try:
            told = self.shell.run(self._here(step.commands))
        except AssertionError as error:
            return [str(error)]
        if step.answer is not None:
            return list(self._differences(step.answer, told))
        return [f"{told.status}: {_text(told)}"] if told.status >= 400 else []

    def _here(self, text: str) -> str:
        for hub in HUBS:
            text = text.replace(hub, self.shell.variables["HUB"])
        return text.replace(CAPTURE_PORT, self._port)

    def _differences(self, shown: ShownAnswer, told: Told) -> Iterator[str]:
        if told.status != shown.status:
            yield f"{told.status} is not {shown.status}: {_text(told)}"
            return
        names = dict(self.shell.variables)
        found = [*_headers(shown, told, names), *self._body(shown, told, names)]
        if not found:
            self.shell.variables = names
        yield from found

    def _body(self, shown: ShownAnswer, told: Told, names: dict[str, str]) -> Iterator[str]:
        text = self._here(shown.text).strip()
        if text and "json" in shown.headers.get("Content-Type", ""):
            yield from differences(ShownAnswer(0, {}, text).json, told.json, names)
        elif text and not is_text(text, _text(told), names):
            yield f"{_text(told)}\nis not\n{text}"


def _text(told: Told) -> str:
    return told.out.decode(errors="replace").replace("\r\n", "\n").strip()


def _headers(shown: ShownAnswer, told: Told, names: dict[str, str]) -> Iterator[str]:
    for name, value in shown.headers.items():
        given: Any = told.headers.get(name.lower())
        if given is None or not is_text(value, given, names):
            yield f"{name}: {given!r} is not {value!r}"


def _may_repeat(step: Step) -> bool:
    return all(call_of(line)[0] == "GET" for line in curl_lines(step.commands))


# -- what is there before the first page is opened -------------------------------------------------------------------


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """A reader beside a new hub, whose only user has a token and a session at the pages."""
    data = folder / "reader" / "var"
    with SmtpSink() as sink, HubProcess(data) as hub:
        sink.on_stage = lambda _number, stage: _lose(sink, stage)
        token = _set_up(data)
        _put_files(data.parent, token)
        hub.start()
        variables = {"HUB": f"http://127.0.0.1:{hub.port}", "TOKEN": token}
        yield Reader(Shell(data.parent, variables), sink.port)


def _lose(sink: SmtpSink, stage: Stage) -> None:
    if stage == "dot" and LOST in sink.mails[-1].recipients:
        raise ConnectionResetError


def _set_up(data: Path) -> str:
    """As ``mailhub init``, ``mailhub token create`` and signing in at the pages do; the token."""
    hub = Hub.open(Settings(data_dir=str(data)), Surroundings(hash_profile=CHEAPEST_PROFILE), create=True)
    try:
        return hub.run(_first_user, "init")
    finally:
        hub.close()


def _first_user(work: Work) -> str:
    made = work.service(UsersService).create_first_administrator("admin", None)
    assert made is not None
    work.service(PageSessions).begin(made.user, "192.0.2.7", "Firefox")
    fields: dict[str, Any] = dict.fromkeys(("scopes", "scenarios", "accounts", "networks", "expires_at"))
    return work.service(TokensService).create_token({**fields, "user": made.user.id, "name": ""}).text


def _put_files(folder: Path, token: str) -> None:
    for name in ("invoice-103001.pdf", "logo.png"):
        shutil.copy(FILES / name, folder)
    shutil.copy(FILES / "invoice-103001.pdf", folder / "terms.pdf")
    (folder / "plan.pdf").write_bytes(bytes(PLAN_BYTES))
    (folder / "var" / "first-token").write_text(f"{token}\n")
