"""``mailhub send``: queue one mail, and, where asked, wait for what becomes of it."""

import argparse
import base64
import mimetypes
import sys
from pathlib import Path
from typing import Any

from mailhub.cli.client import ApiClient
from mailhub.cli.command import Subparsers, add_command, client_of, print_json, print_sentence
from mailhub.cli.delivering import follow, why_waiting
from mailhub.cli.exits import DONE, FAILED
from mailhub.cli.files import open_file, read_text
from mailhub.cli.recipients import addresses
from mailhub.contract.texts import Text, _, plain

ENCODED_AT_MOST_BYTES = 1024 * 1024
"""Larger files go ahead as uploads, streamed, and so does what would make the call too large."""
ENCODED_IN_ALL_BYTES = 8 * 1024 * 1024

Message = dict[str, Any]


def add_parser(subparsers: Subparsers) -> None:
    """Add ``send``."""
    parser = add_command(subparsers, "send", _("queue one mail, and with --wait see it leave"))
    argument = parser.add_argument
    argument("--scenario", default="default", metavar="S", help=plain(_("what the mail is for (default)")))
    several = _("addresses separated by , or ;")
    argument("--to", action="append", default=[], metavar="A", help=plain(several))
    argument("--cc", action="append", default=[], metavar="A", help=plain(several))
    argument("--bcc", action="append", default=[], metavar="A", help=plain(several))
    argument("--subject", default="", metavar="T", help=plain(_("subject of the mail")))
    argument("--html-file", metavar="F", help=plain(_("HTML of the mail, in UTF-8; - for standard input")))
    plain_text = parser.add_mutually_exclusive_group()
    plain_text.add_argument("--text-file", metavar="F", help=plain(_("its plain text, in UTF-8; - likewise")))
    plain_text.add_argument("--text", metavar="T", help=plain(_("its plain text")))
    argument(
        "--attach",
        action="append",
        default=[],
        type=Path,
        metavar="F",
        help=plain(_("a file, as often as needed")),
    )
    argument("--user", metavar="L", help=plain(_("login of who sends (the first administrator)")))
    argument(
        "--wait",
        action="store_true",
        help=plain(_("wait until it has left or failed; deliver it if no hub runs")),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    request = _request(args)
    with client_of(args) as client:
        acting = client.as_user(args.user)
        request["attachments"] = _attachments(acting, args.attach)
        message = acting.post("/messages", request)
        if args.wait:
            message = follow(acting, message, _tell)
    _print(message, as_json=args.json)
    return _outcome(message) if args.wait else DONE


def _request(args: argparse.Namespace) -> dict[str, Any]:
    """The body of the call. What was not given is not named: what is missing then, the API says."""
    html = None if args.html_file is None else read_text(args.html_file)
    text = args.text if args.text_file is None else read_text(args.text_file)
    given = {"html": html, "text": text}
    kinds = {kind: addresses(getattr(args, kind)) for kind in ("to", "cc", "bcc")}
    return {
        "scenario": args.scenario,
        **kinds,
        "subject": args.subject,
        **{name: value for name, value in given.items() if value is not None},
    }


def _attachments(client: ApiClient, paths: list[Path]) -> list[dict[str, Any]]:
    room = ENCODED_IN_ALL_BYTES
    made = []
    for path in paths:
        attachment, encoded_bytes = _attachment(client, path, min(room, ENCODED_AT_MOST_BYTES))
        made.append(attachment)
        room -= encoded_bytes
    return made


def _attachment(client: ApiClient, path: Path, encode_at_most: int) -> tuple[dict[str, Any], int]:
    """A file as the API takes it, and how many of its bytes are in the call itself."""
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    described = {"name": path.name, "content_type": content_type}
    with open_file(path) as stream:
        content = stream.read(encode_at_most + 1)
        if len(content) <= encode_at_most:
            return described | {"content": base64.b64encode(content).decode("ascii")}, len(content)
        length = stream.seek(0, 2)
        stream.seek(0)
        return described | {"upload": client.upload(stream, length)["id"]}, 0


def _tell(text: Text) -> None:
    sys.stderr.write(plain(text) + "\n")


def _print(message: Message, *, as_json: bool) -> None:
    if as_json:
        print_json(sys.stdout, message)
    else:
        words = {"id": message["id"], "status": message["status"]}
        print_sentence(sys.stdout, _("Message ${id} is ${status}.", mapping=words))


def _outcome(message: Message) -> int:
    """Say what went wrong; 0 for a mail that was sent, if only to some."""
    for recipient in message.get("recipients", []):
        if recipient["outcome"] in ("refused", "deferred"):
            _tell(f"{recipient['address']}: {recipient['detail'] or recipient['code']}")
    if message["status"] == "sent":
        return DONE
    if message["waiting_for"] is not None:
        _tell(why_waiting(message))
    elif message["error"] is not None:
        _tell(message["error"]["message"])
    return FAILED
