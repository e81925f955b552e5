"""``mailhub evolve``: the steps that bring the data to the form of this release."""

import argparse
import sys
from typing import Any

from mailhub.contract.texts import _, plain
from mailhub.errors import HubError
from mailhub.settings import Settings
from mailhub.store.problems import DatabaseLocked

from .command import print_json, print_sentence, print_table
from .exits import CONFLICT, DONE, FAILED, CommandEnded
from .local_socket import is_listening
from .opening import WAIT_SECONDS, refuse_empty_folder
from .settings import load_settings, socket_path

COLUMNS = {"name": _("Step"), "kind": _("Kind"), "state": _("State"), "text": _("What it does")}


def evolve(settings: Settings, *, only_list: bool, is_dry_run: bool) -> dict[str, Any]:
    """``{"items": [...], "taken": [names], "dry_run": ...}``. Raises ``CommandEnded``, with 4 while a hub runs."""
    from mailhub.app.evolving import opened_evolution

    if is_listening(socket_path(settings)):
        raise CommandEnded(
            _("A hub is running on ${data}. Stop it first.", mapping={"data": settings.data_dir}), CONFLICT
        )
    refuse_empty_folder(settings)
    is_trial = is_dry_run or only_list
    try:
        with opened_evolution(settings, wait_seconds=WAIT_SECONDS, is_trial=is_trial) as evolution:
            taken = [] if only_list else evolution.run(lambda _step, _number: None)
            items = [_presented(state) for state in evolution.states()]
    except DatabaseLocked as error:
        raise CommandEnded(error.message, CONFLICT) from error
    except HubError as error:
        raise CommandEnded(error.message, FAILED) from error
    return {"items": items, "taken": taken, "dry_run": is_dry_run}


def _presented(state: Any) -> dict[str, Any]:
    done = state.done
    return {
        "name": state.step.name,
        "kind": state.step.kind,
        "text": plain(state.step.text),
        "state": state.state,
        "done_at": None if done is None or done.at is None else done.at.isoformat().replace("+00:00", "Z"),
        "done_by": None if done is None else done.release,
    }


def run(args: argparse.Namespace) -> int:
    """The command."""
    settings = load_settings(args.config, args.data)
    result = evolve(settings, only_list=args.list, is_dry_run=args.dry_run)
    if args.json:
        print_json(sys.stdout, result)
    elif args.list:
        print_table(sys.stdout, COLUMNS, result["items"], _("There are no steps."))
    else:
        _print_taken(result)
    return DONE


def _print_taken(result: dict[str, Any]) -> None:
    texts = {item["name"]: item["text"] for item in result["items"]}
    for name in result["taken"]:
        print_sentence(sys.stdout, f"{name}: {texts[name]}")
    if not result["taken"]:
        print_sentence(sys.stdout, _("The data have the form of this release already."))
    elif result["dry_run"]:
        print_sentence(sys.stdout, _("It would go well. Nothing was changed."))
    else:
        print_sentence(sys.stdout, _("The data have the form of this release now."))
