"""Use cases of people on mail that waits or has ended."""

from mailhub.contract.clock import Clock
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.store.writer import Writer
from mailhub.visibility.service import MessageReader

from .changing import CancelMessage, RetryMessage


class DeliveryService:
    """What a caller may do to the messages he can see. Each is judged by itself; when a call returns, it is on disk."""

    def __init__(self, identity: Identity, reader: MessageReader, writer: Writer, clock: Clock) -> None:
        self._identity = identity
        self._reader = reader
        self._writer = writer
        self._clock = clock

    def cancel(self, message_id: str) -> None:
        """Keep a waiting message from being sent.

        Raises ``Denied``, ``NotFound``, ``WrongState`` (code ``message.wrong_state``), ``StorageUnavailable``.
        """
        self._writer.execute(CancelMessage(message_id, self._owner_of(message_id)))

    def retry(self, message_id: str) -> None:
        """Try a message now, whether it failed, was cancelled or waits for later.

        Raises as ``cancel`` does, and ``WrongState`` with ``message.expired`` or ``account.not_found``.
        """
        self._writer.execute(RetryMessage(message_id, self._owner_of(message_id), self._clock.now()))

    def _owner_of(self, message_id: str) -> str:
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._reader.get(message_id).owner_id
