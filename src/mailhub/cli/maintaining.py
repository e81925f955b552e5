"""Following maintenance: its steps as they are taken, what came of it."""

import argparse
import sys
from collections.abc import Callable
from threading import Condition
from typing import Any

from mailhub.clock import SystemClock
from mailhub.contract.texts import _

from .client import ApiClient
from .command import client_of, print_json, print_sentence
from .exits import DONE, FAILED

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0

Run = dict[str, Any]


def maintain(args: argparse.Namespace, name: str, body: Any = None, *, tells_steps: bool = True) -> Run:
    """Have it done, by a running hub or in this process; how it ended. Raises ``CommandEnded``."""
    with client_of(args) as client:
        tell = _tell if tells_steps and not args.json else lambda _step: None
        return _follow(client, client.post(f"/maintenance/{name}", body), tell)


def _follow(client: ApiClient, run: Run, tell: Callable[[Run], None]) -> Run:
    clock, pause, seconds, told = SystemClock(), Condition(), FIRST_PAUSE_SECONDS, 0
    while True:
        for step in run["steps"][told:]:
            tell(step)
            told += 1
        if run["outcome"] is not None:
            return run
        with pause:
            clock.wait(pause, seconds)
        seconds = min(LONGEST_PAUSE_SECONDS, seconds * 1.3)
        run = client.get(f"/checks/{run['id']}")


def _tell(step: Run) -> None:
    """One line a step, on standard error: what comes of it is on standard output."""
    words = {
        "name": step["name"],
        "outcome": step["outcome"],
        "seconds": f"{step['duration_seconds']:.1f}",
        "detail": step["detail"],
    }
    print_sentence(sys.stderr, _("${name}: ${outcome} (${seconds} s) ${detail}", mapping=words))


def ended(args: argparse.Namespace, run: Run) -> int:
    """Print what came of it; the exit code."""
    if args.json:
        print_json(sys.stdout, run)
    else:
        _print_report(run)
    return DONE if run["outcome"] == "ok" else FAILED


def _print_report(run: Run) -> None:
    report = run["report"] or {"findings": [], "changes": []}
    for finding in report["findings"]:
        place = f"{finding['subject']}: " if finding["subject"] else ""
        mark = "" if finding["is_wrong"] else "(note) "
        print_sentence(sys.stdout, f"{mark}{finding['kind']}: {place}{finding['text']}")
    for change in report["changes"]:
        text = f": {change['text']}" if change["text"] else ""
        print_sentence(sys.stdout, f"{change['action']} {change['subject']} {change['name']}{text}")
    if run["error"] is not None:
        print_sentence(sys.stderr, run["error"]["message"])
