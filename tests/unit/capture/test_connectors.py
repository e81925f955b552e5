import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import colander
import pytest

from mailhub.capture.connectors import connector_types
from mailhub.capture.folder import CaptureFolder
from mailhub.contract import (
    Address,
    Clock,
    Connector,
    ConnectorType,
    Misconfigured,
    Network,
    OutgoingMessage,
    Permanent,
    Recipient,
    Step,
    Transient,
    Uncertain,
    WireOptions,
)
from mailhub.contract.schema_hints import HINT_NAMES
from mailhub.testing.clock import START, FakeClock

AS_IT_IS = WireOptions()
CONTENT = b"From: ada@example.com\r\nTo: bob@example.com\r\nSubject: Invoice\r\n\r\nIt is due.\r\n"


@dataclass
class FakeMime:
    chunks: tuple[bytes, ...] = (CONTENT[:30], CONTENT[30:])
    is_utf8: bool = False
    error: Exception | None = None
    asked: list[WireOptions] = field(default_factory=list)

    def iter_bytes(self, options: WireOptions = AS_IT_IS) -> Iterator[bytes]:
        self.asked.append(options)
        yield from self.chunks
        if self.error is not None:
            raise self.error

    def size(self, options: WireOptions = AS_IT_IS) -> int:
        return sum(map(len, self.chunks))

    def needs_smtputf8(self) -> bool:
        return self.is_utf8


@dataclass
class FakeContext:
    error: Exception | None = None
    handed_over: list[str] = field(default_factory=list)
    watched: Path | None = None
    seen: list[list[str]] = field(default_factory=list)
    account_id: str = "account"
    account_address: str = "ada@example.com"
    sending_identity: str = ""
    hello_name: str = ""
    clock: Clock = field(default_factory=FakeClock)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("test"))

    @property
    def network(self) -> Network:
        raise AssertionError("mail that stays here needs no network")

    def report(self, step: Step) -> None:
        raise AssertionError("nothing to report")

    def hand_over(self, message: OutgoingMessage) -> None:
        self.handed_over.append(message.id)
        if self.watched is not None:
            self.seen.append(sorted(path.name for path in self.watched.glob("*.eml")))
        if self.error is not None:
            raise self.error


def message(mime: FakeMime | None = None, message_id: str = "AbC_-123") -> OutgoingMessage:
    return OutgoingMessage(
        id=message_id,
        attempt=1,
        message_id="<1@example.com>",
        date=START,
        from_=Address("ada@example.com"),
        envelope_from="bounces@example.com",
        recipients=(Recipient("bob@example.com", "to"), Recipient("secret@example.com", "bcc")),
        mime=mime or FakeMime(),
    )


def type_of(connector: str, data_dir: Path) -> ConnectorType:
    return next(each for each in connector_types(data_dir) if each.id == connector)


def make(connector: str, folder: Path | str, data_dir: Path = Path("/nowhere")) -> Connector:
    kind = type_of(connector, data_dir)
    return kind.make(kind.settings_schema().deserialize({"folder": str(folder)}))


BOTH = pytest.mark.parametrize("connector", ["capture", "file"])


@BOTH
def test_a_kind_says_that_nothing_leaves_this_machine(connector: str, tmp_path: Path) -> None:
    kind = type_of(connector, tmp_path)

    assert not kind.capabilities.delivers_outside
    assert kind.check_steps == ("folder", "send")
    assert kind.logo.startswith(b"<svg")
    assert b"script" not in kind.logo
    assert kind.use_when


@BOTH
def test_the_settings_have_the_folder_first_and_those_of_the_contract(connector: str, tmp_path: Path) -> None:
    schema = type_of(connector, tmp_path).settings_schema()

    settings = schema.deserialize({"folder": "mine"})

    assert next(iter(schema.children)).name == "folder"
    assert settings["folder"] == "mine"
    assert settings["sender_type"] == "specific"
    assert settings["on_uncertain"] == "resend"
    assert {"help"} <= HINT_NAMES & set(vars(schema["folder"]))


@BOTH
@pytest.mark.parametrize("folder", ["a\0b", "a\nb", "a\x7f", "x" * 1001])
def test_a_folder_no_file_system_has_is_refused(connector: str, folder: str, tmp_path: Path) -> None:
    with pytest.raises(colander.Invalid):
        type_of(connector, tmp_path).settings_schema().deserialize({"folder": folder})


def test_capture_goes_by_default_where_the_capture_program_looks(tmp_path: Path) -> None:
    kind = type_of("capture", tmp_path)

    kind.make(kind.settings_schema().deserialize({})).send(message(), FakeContext())

    assert CaptureFolder(tmp_path / "captured").numbers() == [1]


def test_file_has_no_folder_by_default(tmp_path: Path) -> None:
    with pytest.raises(colander.Invalid):
        type_of("file", tmp_path).settings_schema().deserialize({})


def test_a_folder_may_be_anywhere(tmp_path: Path) -> None:
    make("file", tmp_path / "far", data_dir=tmp_path / "data").send(message(), FakeContext())

    assert (tmp_path / "far" / "AbC_-123.eml").read_bytes() == CONTENT


def test_making_a_connector_touches_nothing(tmp_path: Path) -> None:
    make("file", tmp_path / "out")
    make("capture", tmp_path / "captured")

    assert list(tmp_path.iterdir()) == []


def test_capture_keeps_the_mail_and_its_whole_envelope(tmp_path: Path) -> None:
    outcome = make("capture", tmp_path).send(message(), FakeContext())

    kept = CaptureFolder(tmp_path).get(1)
    assert kept.content() == CONTENT
    assert kept.envelope is not None
    assert kept.envelope.mail_from == "bounces@example.com"
    assert kept.envelope.recipients == ("bob@example.com", "secret@example.com")
    assert kept.envelope.received_at == START
    assert kept.envelope.size_bytes == len(CONTENT)
    assert kept.envelope.source == "connector"
    assert kept.envelope.message_id == "AbC_-123"
    assert [each.status for each in outcome.recipients] == ["accepted", "accepted"]
    assert outcome.reply == "kept as 1"


def test_file_writes_the_same_mail_once_however_often_it_is_tried(tmp_path: Path) -> None:
    connector = make("file", tmp_path)

    connector.send(message(), FakeContext())
    connector.send(message(), FakeContext())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["AbC_-123.eml", "AbC_-123.json"]
    assert (tmp_path / "AbC_-123.eml").read_bytes() == CONTENT
    assert b"secret@example.com" in (tmp_path / "AbC_-123.json").read_bytes()


@pytest.mark.parametrize("message_id", ["../../etc/passwd", "", "a/b", ".", "a.b", "x" * 300])
def test_an_id_never_becomes_a_path(message_id: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        make("file", tmp_path).send(message(message_id=message_id), FakeContext())

    assert list(tmp_path.iterdir()) == []


@BOTH
def test_the_hub_is_told_right_before_the_mail_appears(connector: str, tmp_path: Path) -> None:
    context = FakeContext(watched=tmp_path)

    make(connector, tmp_path).send(message(), context)

    assert context.handed_over == ["AbC_-123"]
    assert context.seen == [[]]
    assert len(list(tmp_path.glob("*.eml"))) == 1


@BOTH
def test_a_hub_that_may_no_longer_send_stops_the_mail(connector: str, tmp_path: Path) -> None:
    with pytest.raises(Transient, match="lease"):
        make(connector, tmp_path).send(message(), FakeContext(error=Transient("the lease ran out")))

    assert list(tmp_path.glob("*.eml")) == []
    assert list(tmp_path.glob(".incoming-*")) == []


@BOTH
def test_a_damaged_attachment_ends_the_attempt_before_the_hand_over(connector: str, tmp_path: Path) -> None:
    context = FakeContext()
    with pytest.raises(Permanent, match="SHA-256"):
        make(connector, tmp_path).send(message(FakeMime(error=Permanent("wrong SHA-256"))), context)

    assert context.handed_over == []
    assert list(tmp_path.iterdir()) == []


@BOTH
@pytest.mark.parametrize("is_utf8", [False, True])
def test_headers_are_in_utf8_only_where_nothing_else_can_carry_them(
    connector: str, is_utf8: bool, tmp_path: Path
) -> None:
    mime = FakeMime(is_utf8=is_utf8)

    make(connector, tmp_path).send(message(mime), FakeContext())

    assert mime.asked == [WireOptions(eight_bit=False, smtputf8=is_utf8)]


@BOTH
def test_a_full_disk_is_tried_again(connector: str, tmp_path: Path) -> None:
    full = FakeMime(error=OSError(errno.ENOSPC, "No space left on device"))
    context = FakeContext()

    with pytest.raises(Transient, match="No space left"):
        make(connector, tmp_path).send(message(full), context)

    assert context.handed_over == []
    assert list(tmp_path.iterdir()) == []


@BOTH
def test_a_folder_that_is_a_file_is_wrong_in_the_settings(connector: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(Misconfigured, match="taken"):
        make(connector, tmp_path / "taken").send(message(), FakeContext())
    with pytest.raises(Misconfigured, match="taken"):
        make(connector, tmp_path / "taken" / "below").send(message(), FakeContext())


@BOTH
def test_a_folder_that_may_not_be_written_is_wrong_in_the_settings(
    connector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(Misconfigured, match="Permission denied"):
        make(connector, tmp_path).send(message(), FakeContext())


@BOTH
def test_an_error_after_the_hand_over_leaves_it_open_whether_the_mail_is_there(
    connector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail_for_folders(handle: int) -> None:
        if list(tmp_path.glob("*.eml")):
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    with pytest.raises(Uncertain, match="Input/output error"):
        make(connector, tmp_path).send(message(), FakeContext())


@BOTH
def test_the_mail_is_never_whole_in_memory(connector: str, tmp_path: Path) -> None:
    @dataclass
    class Watchful(FakeMime):
        def iter_bytes(self, options: WireOptions = AS_IT_IS) -> Iterator[bytes]:
            for _ in range(200):
                yield bytes(64 * 1024)
                written = max((path.stat().st_size for path in tmp_path.glob(".incoming-*")), default=0)
                self.lag = max(getattr(self, "lag", 0), self.given - written)
                self.given += 64 * 1024

        given = 0

    mime = Watchful()
    make(connector, tmp_path).send(message(mime), FakeContext())

    assert mime.given == 200 * 64 * 1024
    assert mime.lag <= 256 * 1024


@BOTH
def test_a_check_without_a_mail_tries_the_folder_and_leaves_it_empty(connector: str, tmp_path: Path) -> None:
    steps = list(make(connector, tmp_path / "new").check(None, FakeContext()))

    assert [(step.name, step.outcome) for step in steps] == [("folder", "ok")]
    assert str(tmp_path / "new") in steps[0].detail
    assert list((tmp_path / "new").iterdir()) == []


@BOTH
def test_a_check_with_a_mail_sends_it(connector: str, tmp_path: Path) -> None:
    steps = list(make(connector, tmp_path).check(message(), FakeContext()))

    assert [(step.name, step.outcome) for step in steps] == [("folder", "ok"), ("send", "ok")]
    assert len(list(tmp_path.glob("*.eml"))) == 1


@BOTH
def test_a_check_ends_with_the_first_failed_step(connector: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    [step] = make(connector, tmp_path / "taken").check(message(), FakeContext())

    assert (step.name, step.outcome) == ("folder", "failed")
    assert isinstance(step.error, Misconfigured)


@BOTH
def test_a_failed_sending_is_a_failed_step(connector: str, tmp_path: Path) -> None:
    broken = message(FakeMime(error=Permanent("wrong SHA-256")))

    folder, send = make(connector, tmp_path).check(broken, FakeContext())

    assert (folder.outcome, send.name, send.outcome) == ("ok", "send", "failed")
    assert isinstance(send.error, Permanent)
