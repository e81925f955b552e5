"""``Idempotency-Key``: the same call twice does its work once and answers the same (api.md, W2).

Where a call writes in the request's own transaction, its answer is kept there; where it hands a command to the writer
thread, inside that command. So what was done and its answer are in one commit, also when the process dies in between.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from mailhub.answers import Answered, RunsCommands
from mailhub.contract.clock import Clock
from mailhub.contract.texts import _
from mailhub.errors import HubError, Invalid, WrongState
from mailhub.store.group import WriteCommand
from mailhub.store.kept_answers import KeptAnswer, digest, kept_answers_of
from mailhub.store.root import HubRoot
from mailhub.store.shards import Shard

from .responses import ApiResponse, json_bytes, raw_json_response
from .revisions import entity_tag

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255


class HasAnswer(Protocol):
    """What a command returns that may be done under a key."""

    @property
    def answer(self) -> Answered: ...


R = TypeVar("R")
A = TypeVar("A", bound=HasAnswer)


class Replayed(HubError):
    """Not a failure: the call was answered before, and this is the answer."""

    code = "idempotency.replayed"

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__(_("This call was answered before."))
        self.answer = answer


@dataclass(frozen=True, slots=True)
class CallKey:
    """A caller's key for a call: ``key`` is the digest of user, path and key, ``body`` that of the body."""

    key: bytes
    body: bytes

    def require_new(self, hub: HubRoot, now: datetime) -> None:
        """Raises ``Replayed``; ``Invalid`` for another body; ``WrongState`` for an answer that must not be shown again."""
        answer = kept_answers_of(hub).find(self.key, now)
        if answer is None:
            return
        if answer.body_digest != self.body:
            text = _("This Idempotency-Key was used for another body. Use a new key for a new request.")
            raise Invalid.of("", "idempotency.mismatch", text)
        if answer.body is None:
            raise WrongState(
                _("This was done before, but its answer held a secret, which is shown only once."),
                code="idempotency.not_replayable",
            )
        raise Replayed(answer)

    def keep(
        self, hub: HubRoot, now: datetime, status: int, body: bytes | None, location: str | None
    ) -> None:
        """Keep an answer with what it tells of; ``body`` None for one with a secret."""
        kept_answers_of(hub).keep(self.key, KeptAnswer(self.body, status, body, location, now))


def require_key(header: str) -> None:
    """Raises ``Invalid`` for what is no key."""
    if not 1 <= len(header) <= LONGEST_KEY or not all("!" <= sign <= "~" for sign in header):
        text = _("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        raise Invalid.of("", "idempotency.invalid_key", text)


def call_key(header: str, user_id: str, path: str, content: bytes, secret: bytes) -> CallKey:
    """The key of a call. Raises ``Invalid`` for one that is no key.

    ``secret``: the hub's own; a body may hold a password, which a bare digest of it would let somebody guess at.
    """
    require_key(header)
    key = digest(user_id.encode(), path.encode(), header.encode())
    return CallKey(key, hmac.digest(secret, content, "sha256"))


class KeyedCommand(Generic[A]):
    """A write command that is done once for its key, and its answer kept with what it did."""

    def __init__(self, command: WriteCommand[A], key: CallKey, clock: Clock) -> None:
        self._command = command
        self._key = key
        self._clock = clock
        self.note = command.note

    def check(self, root: HubRoot) -> None:
        self._key.require_new(root, self._clock.now())
        self._command.check(root)

    def apply(self, root: HubRoot, shard: Shard) -> A:
        result = self._command.apply(root, shard)
        answer = result.answer
        self._key.keep(root, shard.now, answer.status, json_bytes(answer.body), answer.location)
        return result


class KeyedRunner:
    """Runs the command of one keyed call. Implements ``RunsCommands`` for commands whose result has an answer."""

    def __init__(self, runner: RunsCommands, key: CallKey, clock: Clock) -> None:
        self._runner = runner
        self._key = key
        self._clock = clock

    def execute(self, command: WriteCommand[R], timeout_seconds: float = 30.0) -> R:
        keyed: WriteCommand[R] = KeyedCommand(command, self._key, self._clock)  # type: ignore[type-var]  # see above
        return self._runner.execute(keyed, timeout_seconds)


def replay_response(answer: KeptAnswer) -> ApiResponse:
    """The answer as it was given, marked as a repetition."""
    response = raw_json_response(answer.body or b"", answer.status)
    response.headers[REPLAYED] = "true"
    if (revision := json.loads(answer.body or b"{}").get("revision")) is not None:
        response.headers["ETag"] = entity_tag(revision)
    if answer.location is not None:
        response.headers["Location"] = answer.location
    return response
