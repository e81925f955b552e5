"""Connectors that keep mail on this machine: ``capture`` (a folder that the capture page shows) and ``file``."""

import errno
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import colander

from mailhub.contract import (
    Capabilities,
    Connector,
    ConnectorType,
    DeliveryError,
    Misconfigured,
    OutgoingMessage,
    Permanent,
    SenderSettings,
    SendOutcome,
    SessionContext,
    Settings,
    Step,
    Transient,
    Uncertain,
    UncertainSettings,
    WireOptions,
)
from mailhub.contract.schema_hints import described_as, example, help_text
from mailhub.contract.texts import Text, _

from .atomic import IncomingFile, sync_folder, write_atomically
from .envelope import Envelope, envelope_to_json
from .folder import CaptureFolder
from .logos import CAPTURE_LOGO, FILE_LOGO

CAPTURED_FOLDER = "captured"
CHECK_STEPS = ("folder", "send")

_LONGEST_PATH = 1000
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_WRONG_FOLDER = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ENOENT,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EINVAL,
    }
)


def connector_types(data_dir: Path) -> list[ConnectorType]:
    """The two kinds of account; a folder that is not an absolute path lies under ``data_dir``."""
    return [_capture_type(data_dir), _file_type(data_dir)]


def _capture_type(data_dir: Path) -> ConnectorType:
    return ConnectorType(
        id="capture",
        title=_("Capture"),
        description=_("Keeps every mail on this machine and shows it at the page of `mailhub capture`."),
        use_when=_("You want to try things out and nothing may reach anybody."),
        logo=CAPTURE_LOGO,
        settings_schema=CaptureSettings,
        make=lambda settings: CaptureConnector(_folder(data_dir, settings)),
        capabilities=Capabilities(delivers_outside=False),
        check_steps=CHECK_STEPS,
        sort_order=80,
    )


def _file_type(data_dir: Path) -> ConnectorType:
    return ConnectorType(
        id="file",
        title=_("Files in a folder"),
        description=_("Writes every mail into a folder, as a file that mail programs can open (.eml)."),
        use_when=_("Another program takes the mail from a folder, or this machine has no network."),
        logo=FILE_LOGO,
        settings_schema=FileSettings,
        make=lambda settings: FileConnector(_folder(data_dir, settings)),
        capabilities=Capabilities(delivers_outside=False),
        check_steps=CHECK_STEPS,
        sort_order=90,
    )


@described_as({"pattern": r"^[^\x00-\x1f\x7f]*$"})
def _usable_path(node: colander.SchemaNode, value: str) -> None:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise colander.Invalid(node, _("A folder's name holds no control characters."))


def _folder_node(missing: object, **hints: object) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.String(),
        name="folder",
        title=_("Folder"),
        missing=missing,
        validator=colander.All(colander.Length(min=1, max=_LONGEST_PATH), _usable_path),
        # the settings of the kind stand before those that all kinds have
        insert_before="sender_type",
        **help_text(_("An absolute path, or a folder in the hub's data directory.")),
        **hints,
    )


class CaptureSettings(UncertainSettings, SenderSettings):
    """Where captured mail is kept; by default where ``mailhub capture`` shows it."""

    folder = _folder_node(CAPTURED_FOLDER)


class FileSettings(UncertainSettings, SenderSettings):
    """Where the files go."""

    folder = _folder_node(colander.required, **example("outgoing"))


def _folder(data_dir: Path, settings: Settings) -> Path:
    return data_dir / str(settings["folder"])


class _FolderConnector(Connector):
    """What both have in common: the folder, its check and the meaning of its errors."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: OutgoingMessage, context: SessionContext) -> SendOutcome:
        attempt = _Attempt(message, context)
        with _classified(self._folder, attempt):
            reply = self._put(attempt)
        return SendOutcome.accepted(message, reply)

    @abstractmethod
    def _put(self, attempt: "_Attempt") -> str:
        """Write the mail, calling ``attempt.hand_over`` right before it appears; what to say about it."""

    def check(self, message: OutgoingMessage | None, context: SessionContext) -> Iterator[Step]:
        step = _timed("folder", context, self._try_folder)
        yield step
        if message is not None and step.outcome == "ok":
            yield _timed("send", context, lambda: self.send(message, context).reply)

    def _try_folder(self) -> Text:
        with _classified(self._folder):
            _make(self._folder)
            with IncomingFile(self._folder) as probe:
                probe.write([b"mailhub checks whether it can write here\r\n"])
        return str(self._folder)


class CaptureConnector(_FolderConnector):
    """Puts mail into a capture folder, numbered, with its envelope."""

    def _put(self, attempt: "_Attempt") -> str:
        folder = CaptureFolder(self._folder)
        mail = folder.add(attempt.iter_bytes(), attempt.envelope(), before_visible=attempt.hand_over)
        return f"kept as {mail.number}"


class FileConnector(_FolderConnector):
    """Writes ``<message id>.eml``, and the envelope beside it as ``<message id>.json``.

    A second attempt at a message replaces the file by the same bytes, so an uncertain first one does no harm.
    """

    def _put(self, attempt: "_Attempt") -> str:
        name = _file_name(attempt.message.id)
        _make(self._folder)
        with IncomingFile(self._folder) as incoming:
            size_bytes = incoming.write(attempt.iter_bytes())
            envelope = attempt.envelope().with_size(size_bytes)
            # first the envelope: who finds the mail finds that too
            write_atomically(self._folder / f"{name}.json", envelope_to_json(envelope))
            attempt.hand_over()
            incoming.publish(self._folder / f"{name}.eml")
        sync_folder(self._folder)
        return f"written as {name}.eml"


@dataclass(slots=True)
class _Attempt:
    message: OutgoingMessage
    context: SessionContext
    is_handed_over: bool = False

    def hand_over(self) -> None:
        self.context.hand_over(self.message)
        self.is_handed_over = True

    def iter_bytes(self) -> Iterator[bytes]:
        mime = self.message.mime
        # 7 bit wherever it can be: a file may be opened by any program
        return mime.iter_bytes(WireOptions(smtputf8=mime.needs_smtputf8()))

    def envelope(self) -> Envelope:
        message = self.message
        return Envelope(
            mail_from=message.envelope_from,
            recipients=tuple(each.address for each in message.recipients),
            received_at=self.context.clock.now(),
            source="connector",
            smtputf8=message.mime.needs_smtputf8(),
            message_id=message.id,
        )


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _file_name(message_id: str) -> str:
    if _FILE_NAME.fullmatch(message_id) is None:
        raise Permanent(_("The message's id cannot be the name of a file."))
    return message_id


@contextmanager
def _classified(folder: Path, attempt: _Attempt | None = None) -> Iterator[None]:
    """Turn what the file system says into the classes of the contract."""
    try:
        yield
    except OSError as error:
        values = {"folder": str(folder), "error": error.strerror or str(error)}
        if attempt is not None and attempt.is_handed_over:
            raise Uncertain(_("Writing to ${folder} ended with: ${error}.", mapping=values)) from error
        if error.errno in _WRONG_FOLDER:
            text = _(
                "The folder ${folder} cannot be used: ${error}. Choose another, or allow writing.",
                mapping=values,
            )
            raise Misconfigured(text) from error
        raise Transient(_("${folder} cannot be written to now: ${error}.", mapping=values)) from error


def _timed(name: str, context: SessionContext, act: Callable[[], Text]) -> Step:
    started = context.clock.monotonic()
    try:
        detail = act()
    except DeliveryError as error:
        return Step(name, "failed", context.clock.monotonic() - started, error.message, error)
    return Step(name, "ok", context.clock.monotonic() - started, detail)
