"""What ``make run`` starts: from an empty folder to a captured invoice, by the line it prints."""

import base64
import email
import email.policy
import json
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import mailparser
import pytest

from mailhub.cli import first_run
from tests.kit.commands import Commands, Ended, Process, ended, read_line
from tools import write_examples

pytestmark = [pytest.mark.enable_socket, pytest.mark.xdist_group("first run")]

ROOT = Path(__file__).parents[2]
ANY_PORTS = ("--port", "0", "--capture-port", "0", "--page-port", "0")
TUTORIAL = ROOT / "docs" / "tutorial" / "first-mail.md"
EXAMPLE = write_examples.first_invoice()


@dataclass(slots=True)
class Running:
    """Hub and capture server, and what they said."""

    process: Process
    text: str

    @property
    def curl(self) -> str:
        [line] = [line for line in self.text.splitlines() if line.startswith("curl ")]
        return line

    def address(self, what: str) -> str:
        found = re.search(rf"^{what} +(\S+)$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]


@pytest.fixture
def program(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "var", module="mailhub.cli.first_run")


def started(program: Commands, *arguments: str) -> Running:
    """Start it in the folder of the project, as make does, and wait for the end of its greeting."""
    process = program.start(*(arguments or ANY_PORTS), cwd=ROOT)
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ctrl-C"):
        lines.append(read_line(process))
        assert process.poll() is None, lines
    return Running(process, "".join(lines))


def end(running: Running, by: signal.Signals = signal.SIGTERM) -> Ended:
    running.process.send_signal(by)
    return ended(running.process)


@pytest.fixture
def running(program: Commands) -> Iterator[Running]:
    running = started(program)
    yield running
    if running.process.poll() is None:
        end(running)


def in_shell(line: str) -> Any:
    """Run the line as it was printed, in the folder where it was printed."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def api(running: Running, token: str, path: str) -> Any:
    request = Request(f"{running.address('hub')}/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=20) as answer:
        return json.load(answer)


def captured(running: Running) -> list[bytes]:
    """The mails that the capture page has."""
    page = running.address("capture page")
    with urlopen(f"{page}messages.json", timeout=20) as answer:
        listed = json.load(answer)
    found = []
    for each in listed["items"] if isinstance(listed, dict) else listed:
        with urlopen(f"{page}messages/{each['number']}.eml", timeout=20) as answer:
            found.append(answer.read())
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which the printed line calls")
def test_from_an_empty_folder_to_a_captured_invoice(program: Commands, running: Running) -> None:
    assert running.text.startswith("listening on http://127.0.0.1:")
    assert len(re.findall(r"one-time password \S+ \(shown this once\)", running.text)) == 1

    sent = in_shell(running.curl)
    # the account has one session and sends in order, so what is sent after it says that it has left
    for command, shown in tutorial_commands():
        done = Commands(program.data)(*shlex.split(command.replace("docs/", f"{ROOT}/docs/")))
        assert (done.code, neutral(done.out)) == (0, neutral(shown)), done.err

    token = (program.data / "first-token").read_text().strip()
    message = api(running, token, f"/messages/{sent['id']}")
    assert (message["status"], message["attempts"], message["scenario"]) == ("sent", 1, "sales-invoice")
    events = api(running, token, f"/messages/{sent['id']}/events")["items"]
    assert [each["event"] for each in events] == ["accepted", "sending", "sent"]
    assert {**events[-1], "at": ""} == {**json.loads(tutorial_blocks("json")[0]), "at": ""}
    newest, history = (in_shell(line) for line in tutorial_curls(program, running, sent["id"]))
    assert [each["status"] for each in newest["items"]] == ["sent"]
    assert history["items"] == events
    [content] = [each for each in captured(running) if b"Invoice 103001" in each]
    assert_is_the_example(content, message["message_id"])


def tutorial_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)


def tutorial_curls(program: Commands, running: Running, message_id: str) -> list[str]:
    """The lines that ask what became of the message, for where this hub is."""
    lines = [block.strip() for block in tutorial_blocks("sh") if block.startswith("curl -sS -H")]
    here = {
        "http://127.0.0.1:6543": running.address("hub"),
        "var/": f"{program.data}/",
        "/ID/": f"/{message_id}/",
    }
    for shown, real in here.items():
        lines = [line.replace(shown, real) for line in lines]
    return lines


def tutorial_commands() -> list[tuple[str, str]]:
    """The commands of the tutorial, each with the output that stands below it."""
    shape = r"^```sh\n\.venv/bin/mailhub (.*?)\n```\n\n```text\n(.*?)^```$"
    found = re.findall(shape, TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 3
    return found


def neutral(text: str) -> str:
    """An output without what is another one each time: ids and durations."""
    return re.sub(
        r"\d\.\d{3} s", "TIME", re.sub(r"\b[A-Za-z0-9_-]{22,24}(?= |$)", "ID", text, flags=re.MULTILINE)
    )


def test_the_greeting_is_the_one_of_the_tutorial(running: Running) -> None:
    ports = re.compile(r":\d+")

    def plain(text: str) -> list[str]:
        text = re.sub(r"password \S+", "password", ports.sub(":PORT", text))
        return re.sub(r"\$\(cat \S+\)", "$(cat FILE)", text).splitlines()

    assert plain(running.text) == plain(tutorial_blocks("text")[0])


def assert_is_the_example(content: bytes, message_id: str) -> None:
    """Two parsers, which share no code above the standard library's, find the same tree and the same files."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["Message-ID"] == message_id
    assert tree_of(mail) == {
        "multipart/mixed": [
            {"multipart/related": [{"multipart/alternative": ["text/plain", "text/html"]}, "image/png"]},
            "application/pdf",
        ]
    }
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert parts["image/png"]["Content-ID"] == "<logo>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert 'src="cid:logo"' in parts["text/html"].get_content()
    assert "Total" in parts["text/plain"].get_content()
    by_other = mailparser.parse_from_bytes(content)
    files = {each["filename"]: base64.b64decode(each["payload"]) for each in by_other.attachments}
    assert by_other.message_id == message_id
    for attached in EXAMPLE["attachments"]:
        name, wanted = attached["name"], base64.b64decode(attached["content"])
        assert parts[attached["content_type"]].get_filename() == name
        assert parts[attached["content_type"]].get_content() == wanted
        assert files[name] == wanted
    assert "".join(by_other.text_html).split() == parts["text/html"].get_content().split()
    assert "".join(by_other.text_plain).split() == parts["text/plain"].get_content().split()


def tree_of(part: Any) -> Any:
    """The types of a MIME tree."""
    assert isinstance(part, EmailMessage)
    if not part.is_multipart():
        return part.get_content_type()
    return {part.get_content_type(): [tree_of(each) for each in part.iter_parts()]}


def test_run_again_it_changes_nothing_and_says_the_same(program: Commands) -> None:
    ports = free_ports(3)
    arguments = ("--port", ports[0], "--capture-port", ports[1], "--page-port", ports[2])
    first = started(program, *arguments)
    token = (program.data / "first-token").read_text()
    before = what_there_is(program)
    assert end(first, signal.SIGINT).code == 0
    second = started(program, *arguments)
    assert second.curl == first.curl
    assert "password" not in second.text
    assert (program.data / "first-token").read_text() == token
    assert what_there_is(program) == before
    assert stat.S_IMODE((program.data / "first-token").stat().st_mode) == 0o600
    result = end(second)
    assert (result.code, result.err) == (0, "")


def what_there_is(program: Commands) -> list[Any]:
    commands = Commands(program.data)
    names = (("account", "list"), ("token", "list"), ("user", "list"))
    return [commands(*each, "--json").json for each in names]


def free_ports(number: int) -> list[str]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _each in range(number)]
    ports = [str(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports


def test_its_account_follows_the_port_of_the_capture_server(program: Commands) -> None:
    end(started(program))
    other = started(program)
    ended = Commands(program.data)("account", "test", "local capture")
    end(other)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("option", "variable"),
    [("--port", "PORT"), ("--capture-port", "CAPTURE_PORT"), ("--page-port", "PAGE_PORT")],
)
def test_a_port_in_use_is_named_before_anything_is_made(
    program: Commands, option: str, variable: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = ended(program.start(*ANY_PORTS, option, str(port), cwd=ROOT))
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"127.0.0.1:{port} is already in use. Stop the other program, or choose another port with "
        f"make run {variable}={port + 1}.\n"
    )
    assert not program.data.exists()


def test_a_second_one_on_the_same_folder_ends_with_4(program: Commands, running: Running) -> None:
    assert running.process.poll() is None
    second = ended(program.start(*ANY_PORTS, cwd=ROOT))
    assert (second.code, second.out) == (4, "")
    assert "is running on" in second.err


# -- what goes with it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-mail.md"])
def test_the_line_stands_in_the_documentation_as_it_is_printed(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    line = first_run.curl_line("http://127.0.0.1:6543", Path("var/first-token"))
    assert line in [each.strip() for each in (ROOT / page).read_text().splitlines()]


def test_make_run_takes_its_ports_from_variables() -> None:
    made = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "-n",
            "-o",
            "install",
            "run",
            "PORT=7000",
            "CAPTURE_PORT=2025",
            "PAGE_PORT=9025",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(made.stdout.replace("\\\n", " ").splitlines()[-1])
    assert words[1:5] == ["-m", "mailhub.cli.first_run", "--data", "var"]
    assert words[5:] == ["--port", "7000", "--capture-port", "2025", "--page-port", "9025"]


def test_the_example_is_made_of_the_files_beside_it() -> None:
    for path, text in write_examples.expected().items():
        assert path.read_text() == text, "run `make reference`"


def test_the_files_of_the_example_are_real() -> None:
    picture, document = (
        (write_examples.FILES / each["name"]).read_bytes() for each in EXAMPLE["attachments"]
    )
    assert_is_png(picture)
    assert_is_pdf(document)


def assert_is_png(content: bytes) -> None:
    """Signature and the checksum of every chunk (PNG, 5.3)."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    position, kinds = 8, []
    while position < len(content):
        length = int.from_bytes(content[position : position + 4])
        chunk = content[position + 4 : position + 8 + length]
        kinds.append(chunk[:4])
        assert int.from_bytes(content[position + 8 + length : position + 12 + length]) == zlib.crc32(chunk)
        position += 12 + length
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")


def assert_is_pdf(content: bytes) -> None:
    """Its table of objects leads to each of them (ISO 32000-1, 7.5.4)."""
    assert content.startswith(b"%PDF-1.4\n")
    found = re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)
    assert found is not None
    table = content[int(found[1]) :]
    entries = re.findall(rb"^(\d{10}) \d{5} n $", table, re.MULTILINE)
    assert len(entries) == 7
    for number, offset in enumerate(entries, 1):
        assert content[int(offset) :].startswith(b"%d 0 obj\n" % number)
