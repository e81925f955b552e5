"""Use cases of people on mail that waits or has ended."""

from mailhub.accounts.model import accounts_of
from mailhub.answers import Answered, RunsCommands
from mailhub.contract.clock import Clock
from mailhub.messages.model import Message
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.pluginhost.host import PluginHost
from mailhub.store.root import HubRoot
from mailhub.store.writer import Writer
from mailhub.visibility.service import MessageReader

from .changing import CancelMessage, RetryMessage
from .deleting import DeleteMessage
from .holding import Hold, hold_of
from .model import delivery_of
from .resolving import Resolution, ResolveMessage
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
        runner: RunsCommands,
        plugins: PluginHost,
        clock: Clock,
    ) -> None:
        self._hub = hub
        self._identity = identity
        self._reader = reader
        self._writer = writer
        self._runner = runner
        self._plugins = plugins
        self._clock = clock

    def cancel(self, message_id: str) -> None:
        """Keep a waiting message from being sent.

        Raises ``Denied``, ``NotFound``, ``WrongState`` (code ``message.wrong_state``), ``StorageUnavailable``.
        """
        self._runner.execute(CancelMessage(message_id, self._get(message_id).owner_id))

    def retry(self, message_id: str) -> Answered:
        """Try a message now, whether it failed, was cancelled or waits for later.

        Raises as ``cancel`` does, and ``WrongState`` with ``message.expired`` or ``account.not_found``.
        """
        message = self._get(message_id)
        command = RetryMessage(message_id, message.owner_id, self._clock.now(), self._is_loaded(message))
        return self._runner.execute(command).answer

    def resolve(self, message_id: str, outcome: Resolution) -> Answered:
        """Say what became of a message that is in doubt.

        Raises as ``cancel`` does; for ``resend`` also as ``retry`` does.
        """
        message = self._get(message_id)
        command = ResolveMessage(
            message_id,
            message.owner_id,
            outcome,
            self._identity.login,
            self._clock.now(),
            self._is_loaded(message),
        )
        return self._runner.execute(command).answer

    def delete(self, message: Message) -> None:
        """Delete a message as the caller has seen it: a draft, or one that failed or was cancelled.

        Raises as ``cancel`` does, and ``RevisionStale``.
        """
        self._identity.require(Permission.MESSAGES_WRITE)
        self._runner.execute(DeleteMessage(message.id, message.owner_id, message.revision, self._identity))

    def waiting_for(self, message: Message) -> WaitingFor | None:
        """Why a waiting message has not left yet; None when nothing keeps it, and for one that does not wait."""
        account = accounts_of(self._hub).find(message.account_id)
        return waiting_for(
            self._hub,
            message,
            account,
            delivery_of(self._hub).find_lane(message.lane_id),
            self._is_loaded(message),
            self._writer.clock.now(),
        )

    def hold(self, message: Message) -> Hold | None:
        """As ``waiting_for``, with until when and by which limit, as far as that is known."""
        return hold_of(
            self._hub,
            message,
            accounts_of(self._hub).find(message.account_id),
            delivery_of(self._hub).find_lane(message.lane_id),
            self._is_loaded(message),
            self._writer.clock.now(),
        )

    def _is_loaded(self, message: Message) -> bool:
        """Is the connector of its account there."""
        account = accounts_of(self._hub).find(message.account_id)
        return account is not None and self._plugins.find_connector(account.connector) is not None

    def _get(self, message_id: str) -> Message:
        self._identity.require(Permission.MESSAGES_WRITE)
        return self._reader.get(message_id)
