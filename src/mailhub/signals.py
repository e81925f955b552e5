"""How a program of ours ends: SIGTERM and SIGINT set an event instead of killing it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def until_signalled() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set. Call it from the main thread; the handlers before are put back."""
    stopped = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in ENDING_SIGNALS}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_at_sigterm() -> None:
    """Let SIGTERM end somebody else's program (``pserve``) by ``SystemExit``, so that what is due at exit is done.

    A handler that program has set stays, and nothing is done outside of the main thread, which cannot set any.
    """
    if current_thread() is main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_once)


def _exit_once(_number: int, _frame: FrameType | None) -> None:
    """Once: a second SIGTERM must not cut the closing short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)
