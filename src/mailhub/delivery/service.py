"""Use cases of people on mail that waits or has ended."""

from mailhub.accounts.model import accounts_of
from mailhub.contract.clock import Clock
from mailhub.messages.model import Message
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot
from mailhub.store.writer import Writer
from mailhub.visibility.service import MessageReader

from .changing import CancelMessage, RetryMessage
from .model import delivery_of
from .waiting import WaitingFor, waiting_for


class DeliveryService:
    """What a caller may do to the messages he can see. Each is judged by itself; when a call returns, it is on disk."""

    def __init__(
        self,
        hub: HubRoot,
        *,
        identity: Identity,
        reader: MessageReader,
        writer: Writer,
        plugins: PluginHost,
        clock: Clock,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._reader = reader
        self._writer = writer
        self._plugins = plugins
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

    def waiting_for(self, message: Message) -> WaitingFor | None:
        """Why a waiting message has not left yet; None when nothing keeps it, and for one that does not wait."""
        account = accounts_of(self._hub).find(message.account_id)
        return waiting_for(
            self._hub,
            message,
            account,
            delivery_of(self._hub).find_lane(message.lane_id),
            account is not None and self._plugins.find_connector(account.connector) is not None,
            self._writer.clock.now(),
        )

    def _owner_of(self, message_id: str) -> str:
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._reader.get(message_id).owner_id
