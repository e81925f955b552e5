"""One SMTP transaction: MAIL, RCPT for each recipient, DATA, the content, the final dot."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mailhub.contract import DeliveryError, OutgoingMessage, Transient, Uncertain
from mailhub.contract.texts import Text

from .answers import Answers
from .connection import Connection, Lost
from .dots import FINAL_DOT, transparent
from .envelope import Envelope
from .reply import Reply
from .texts import _
from .verdicts import concerns_all, refusal, too_many_recipients

DATA: Final = b"DATA\r\n"
PACKET_BYTES: Final = 65_536


class Stale(Exception):
    """The connection broke before the server had accepted MAIL, so the transaction may begin again on another one."""

    def __init__(self, error: DeliveryError) -> None:
        super().__init__(str(error))
        self.error = error


class Transaction:
    """Used once. ``overflow``: paths that the server wants in a transaction of their own."""

    def __init__(
        self,
        connection: Connection,
        envelope: Envelope,
        paths: Sequence[str],
        answers: Answers,
        hand_over: Callable[[], None],
    ) -> None:
        self.overflow: list[str] = []
        self.mail_reply: Reply | None = None
        self._connection = connection
        self._envelope = envelope
        self._paths = paths
        self._rcpt_commands = [b"RCPT TO:<%b>\r\n" % path.encode() for path in paths]
        self._answers = answers
        self._hand_over = hand_over
        self._accepted: list[str] = []
        self._is_open = False
        self._is_pipelined = connection.extensions.pipelining
        self._unread = 0

    def run(self, message: OutgoingMessage) -> DeliveryError | None:
        """Send the message to these paths; returns the error that ends the whole attempt, if there is one.

        Answers of single recipients go into ``answers``. Raises Stale, what ``hand_over`` raises, and what making the
        content raises; after the last two the connection is closed without the final dot.
        """
        try:
            ending = self._steps(message)
        except Lost as lost:
            ending = Transient(lost.reason)
            if self.mail_reply is None:
                raise Stale(ending) from lost
        except BaseException:
            # in the middle of DATA only hanging up keeps half a message from being delivered
            self._connection.close()
            raise
        self._leave()
        return ending

    def _steps(self, message: OutgoingMessage) -> DeliveryError | None:
        if self._is_pipelined:
            self._send_envelope()
        ending = self._mail() or self._rcpts()
        if ending is None and self._accepted:
            return self._data(message)
        self._skip_data()
        return ending

    def _send_envelope(self) -> None:
        commands = [self._envelope.mail, *self._rcpt_commands, DATA]
        self._connection.send(b"".join(commands), self._connection.timeouts.mail)
        self._unread = len(commands)

    def _mail(self) -> DeliveryError | None:
        reply = self._answer(self._envelope.mail, self._connection.timeouts.mail)
        if reply.code == 421:
            raise Stale(refusal(reply))
        self.mail_reply = reply
        self._is_open = reply.is_success
        return None if reply.is_success else self._refusal(reply)

    def _rcpts(self) -> DeliveryError | None:
        timeout = self._connection.timeouts.rcpt
        for path, command in zip(self._paths, self._rcpt_commands, strict=True):
            reply = self._answer(command, timeout)
            if reply.is_success:
                self._accepted.append(path)
            elif concerns_all(reply):
                return self._refusal(reply)
            elif too_many_recipients(reply) and self._accepted:
                self.overflow.append(path)
            else:
                self._answers.by_reply(path, reply)
        return None

    def _data(self, message: OutgoingMessage) -> DeliveryError | None:
        reply = self._answer(DATA, self._connection.timeouts.data)
        if reply.code != 354:
            return self._refusal(reply)
        try:
            self._send_content(message.mime.iter_bytes(self._envelope.options))
        except Lost:
            last_words = self._connection.last_words()
            if last_words is None or last_words.code < 400:
                raise
            return self._refusal(last_words)
        return self._after_dot()

    def _send_content(self, chunks: Iterable[bytes]) -> None:
        connection, block = self._connection, self._connection.timeouts.block
        packet: list[bytes] = []
        length = 0
        for piece in transparent(chunks):
            # the last piece is the final dot, so what is sent here never ends the message
            if length >= PACKET_BYTES:
                connection.send(b"".join(packet), block)
                packet, length = [], 0
            packet.append(piece)
            length += len(piece)
        self._hand_over()
        connection.send_last(b"".join(packet), block)

    def _after_dot(self) -> DeliveryError | None:
        self._is_open = False
        try:
            reply = self._connection.reply(self._connection.timeouts.dot)
        except Lost as lost:
            return self._uncertain(lost.reason)
        if reply.is_success:
            self._answers.accept(self._accepted, reply)
            return None
        if reply.is_transient or reply.is_permanent:
            return refusal(reply)
        self._connection.is_over = True
        return self._uncertain(
            _("The server gave an answer that does not fit: ${reply}", mapping={"reply": str(reply)})
        )

    def _uncertain(self, reason: Text) -> Uncertain:
        sentence = _(
            "The message was handed over, but its acceptance was not confirmed. ${reason}",
            mapping={"reason": reason},
        )
        error = Uncertain(sentence)
        self._answers.by_error(self._accepted, error)
        return error

    def _skip_data(self) -> None:
        """Read what a pipelined DATA brings; a server that says 354 nevertheless gets an empty message, refused by 554."""
        timeouts = self._connection.timeouts
        with contextlib.suppress(Lost):
            while self._unread and not self._connection.is_over:
                is_data = self._unread == 1
                reply = self._answer(b"", timeouts.data if is_data else timeouts.rcpt)
                if is_data and reply.code == 354:
                    self._connection.send(FINAL_DOT, timeouts.block)
                    self._connection.reply(timeouts.dot)
                    self._is_open = False

    def _leave(self) -> None:
        connection = self._connection
        if self._is_open and not connection.is_over:
            with contextlib.suppress(Lost):
                connection.is_over = not connection.ask(b"RSET", connection.timeouts.rset).is_success
        # an answer nobody asked for would be taken for the next message's
        if connection.is_over or connection.has_unread:
            connection.close()

    def _answer(self, command: bytes, timeout_seconds: float) -> Reply:
        if self._is_pipelined:
            self._unread -= 1
        else:
            self._connection.send(command, timeout_seconds)
        return self._connection.reply(timeout_seconds)

    def _refusal(self, reply: Reply) -> DeliveryError:
        if not (reply.is_transient or reply.is_permanent):
            self._connection.is_over = True
        return refusal(reply)
