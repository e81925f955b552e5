"""Nobody is told "accepted" before the database and every file it names are on disk (reliability.md W1, W2)."""

from pathlib import Path

import pytest

from .hub_process import HubProcess
from .smtp_sink import SmtpSink
from .system_calls import TRACED, SystemCall, read_trace

pytestmark = [
    pytest.mark.xdist_group("durability"),
    pytest.mark.enable_socket,
    pytest.mark.system("strace"),
    pytest.mark.timeout(120),
]

MESSAGES = 20
BIG = 200_000


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SystemCall]]:
    """The system calls of a hub that accepts messages, some of them with a file, and delivers none."""
    folder = tmp_path_factory.mktemp("durability")
    written = folder / "calls"
    with HubProcess(folder / "var", delivery_embedded="false") as hub, SmtpSink() as sink:
        hub.set_up()
        hub.start(prefix=("strace", "-f", "-y", "-s", "64", "-e", f"trace={TRACED}", "-o", str(written)))
        hub.add_smtp_account(sink.port)
        for number in range(MESSAGES):
            answer = hub.call("POST", "/messages", _message(number))
            assert answer.status == 202, answer
        hub.stop()
    return hub.data, read_trace(written)


def _message(number: int) -> dict[str, object]:
    message: dict[str, object] = {
        "to": ["ada@example.com"],
        "subject": f"Invoice {number}",
        "text": "Please pay.",
    }
    if number % 2:
        content = "QUJD" * (BIG // 4)
        message["attachments"] = [{"name": "invoice.bin", "content": content}]
    return message


def _accepted(calls: list[SystemCall]) -> list[SystemCall]:
    return [call for call in calls if call.answers(202)]


def test_every_202_is_in_the_trace(trace: tuple[Path, list[SystemCall]]) -> None:
    assert len(_accepted(trace[1])) == MESSAGES


def test_a_202_comes_after_the_database_was_written_and_then_synced(
    trace: tuple[Path, list[SystemCall]],
) -> None:
    data, calls = trace
    database = str(data / "hub.fs")
    before = 0
    for answer in _accepted(calls):
        writes = [c for c in calls if c.is_write and c.path == database and before < c.began < answer.began]
        assert writes, "an answer without anything written since the last one"
        last = writes[-1].ended
        assert any(
            c.is_sync and c.path == database and last < c.began and c.ended < answer.began for c in calls
        )
        before = answer.began


def test_a_202_comes_after_the_files_it_names_and_their_folder_were_synced(
    trace: tuple[Path, list[SystemCall]],
) -> None:
    data, calls = trace
    blobs = [c for c in calls if c.new_name.startswith(str(data / "blobs")) and c.new_name.endswith(".blob")]
    assert len(blobs) == MESSAGES // 2
    answers = _accepted(calls)
    for blob in blobs:
        answer = next(each for each in answers if each.began > blob.began)
        folder = str(Path(blob.new_name).parent)
        syncs = [c for c in calls if c.is_sync and c.ended < answer.began]
        assert any(c.path == blob.new_name for c in syncs), "the file was not synced"
        assert any(c.path == folder and c.began > blob.ended for c in syncs), "its folder was not synced"
