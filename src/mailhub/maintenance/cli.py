"""``mailhub pack``, ``check``, ``rotate-key``, ``export`` and ``import``."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

from mailhub.cli.command import Subparsers, add_command, print_json, print_sentence
from mailhub.cli.exits import DONE, FAILED, WRONG_USE, CommandEnded
from mailhub.cli.files import STANDARD_INPUT, read_secret, read_text
from mailhub.cli.maintaining import ended, maintain
from mailhub.contract.texts import _, plain


def add_parsers(subparsers: Subparsers) -> None:
    """All of them."""
    simple = (
        ("pack", _("let go of old revisions and unused records; the hub may go on"), pack),
        ("check", _("read every record and file, compare indexes and queues, tell what is wrong"), check),
        ("rotate-key", _("make a new secret key and be rid of the old one"), rotate_key),
    )
    for name, text, run in simple:
        add_command(subparsers, name, text).set_defaults(run=run)
    _add_export(subparsers)
    _add_import(subparsers)


def _add_export(subparsers: Subparsers) -> None:
    parser = add_command(subparsers, "export", _("write the configuration to a file"))
    parser.add_argument("file", metavar="FILE", help=plain(_("the file to write, - for standard output")))
    parser.add_argument(
        "--secrets",
        action="store_true",
        help=plain(_("with secrets, sealed to a passphrase that is asked for")),
    )
    _add_passphrase_file(parser)
    parser.set_defaults(run=export_configuration)


def _add_import(subparsers: Subparsers) -> None:
    parser = add_command(subparsers, "import", _("take the configuration of a file in"))
    parser.add_argument("file", metavar="FILE", help=plain(_("the file to read, - for standard input")))
    parser.add_argument(
        "--dry-run", action="store_true", help=plain(_("tell what would be changed, and change nothing"))
    )
    _add_passphrase_file(parser)
    parser.set_defaults(run=import_configuration)


def _add_passphrase_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="F",
        help=plain(_("read the passphrase from a file, - for standard input, instead of asking for it")),
    )


# -- pack, check, rotate-key -------------------------------------------------------------------------------------


def pack(args: argparse.Namespace) -> int:
    return ended(args, maintain(args, "pack"))


def check(args: argparse.Namespace) -> int:
    run = maintain(args, "check")
    code = ended(args, run)
    if code == DONE and not args.json:
        print_sentence(sys.stdout, _("Everything is as it should be."))
    return code


def rotate_key(args: argparse.Namespace) -> int:
    return ended(args, maintain(args, "rotate-key"))


# -- export ------------------------------------------------------------------------------------------------------


def export_configuration(args: argparse.Namespace) -> int:
    if args.passphrase_file is not None and not args.secrets:
        raise CommandEnded(_("A passphrase is for --secrets."), WRONG_USE)
    passphrase = _passphrase(args, is_new=True) if args.secrets else None
    run = maintain(args, "export", {"passphrase": passphrase}, tells_steps=False)
    if run["outcome"] != "ok":
        return ended(args, run)
    report = run["report"]
    _write(args.file, report["content"])
    for finding in report["findings"]:
        print_sentence(sys.stderr, f"{finding['subject']}: {finding['text']}")
    if args.json and args.file != STANDARD_INPUT:
        print_json(sys.stdout, {"file": args.file, "has_secrets": args.secrets})
    elif args.file != STANDARD_INPUT:
        print_sentence(sys.stdout, _("The configuration is in ${file}.", mapping={"file": args.file}))
    return DONE


def _write(name: str, content: str) -> None:
    """Whole or not at all, for its owner's eyes only. Raises ``CommandEnded``."""
    if name == STANDARD_INPUT:
        sys.stdout.write(content)
        return
    path = Path(name)
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(content)
        draft.replace(path)
    except OSError as error:
        words = {"file": name, "reason": error.strerror or str(error)}
        raise CommandEnded(_("${file} cannot be written: ${reason}.", mapping=words), FAILED) from error


# -- import ------------------------------------------------------------------------------------------------------


def import_configuration(args: argparse.Namespace) -> int:
    if args.file == args.passphrase_file == STANDARD_INPUT:
        raise CommandEnded(_("Standard input cannot be both, the file and the passphrase."), WRONG_USE)
    content = read_text(args.file)
    has_secrets = '"ciphertext":' in content
    passphrase = _passphrase(args, is_new=False) if has_secrets else None
    body: dict[str, Any] = {"content": content, "passphrase": passphrase, "dry_run": args.dry_run}
    run = maintain(args, "import", body, tells_steps=False)
    code = ended(args, run)
    if code == DONE and not args.json:
        _tell_end(run, is_dry_run=args.dry_run)
    return code


def _tell_end(run: dict[str, Any], *, is_dry_run: bool) -> None:
    if not run["report"]["changes"]:
        print_sentence(sys.stdout, _("Everything is as the file says; nothing was changed."))
    elif is_dry_run:
        print_sentence(sys.stdout, _("It would go well. Nothing was changed."))


# -- the passphrase ----------------------------------------------------------------------------------------------


def _passphrase(args: argparse.Namespace, *, is_new: bool) -> str:
    """From the file named, else asked for at the terminal, a new one twice. Raises ``CommandEnded``."""
    if args.passphrase_file is not None:
        return read_secret(args.passphrase_file)
    if not sys.stdin.isatty():
        raise CommandEnded(_("There is nobody to ask for the passphrase; use --passphrase-file."), WRONG_USE)
    passphrase = getpass.getpass(plain(_("Passphrase: ")))
    if is_new and getpass.getpass(plain(_("The same again: "))) != passphrase:
        raise CommandEnded(_("The two are not the same."), WRONG_USE)
    return passphrase
