"""What the connector suite needs to know of a connector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailhub.clock import SystemClock
from mailhub.contract.clock import Clock
from mailhub.contract.connector import Connector, ConnectorType, Network, Settings
from mailhub.contract.message import OutgoingMessage

from .context import RecordingContext
from .network import FakeNetwork
from .received import ReceivedMail


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorCase:
    """A connector, settings with which it works, and a look at what arrived.

    ``settings``: as a client sends them to the API. ``received``: all mails until now, in the order of their arrival.
    ``unusable_settings``: valid ones that lead nowhere (a port where nobody listens, a file where a folder belongs).
    ``network``: for connectors that talk to a server, usually ``LoopbackNetwork()``. ``sends_mime``: False for
    connectors whose provider makes the mail itself, so that its bytes are not the hub's.
    """

    type: ConnectorType
    settings: Mapping[str, Any]
    received: Callable[[], Sequence[ReceivedMail]]
    unusable_settings: Mapping[str, Any]
    network: Network = field(default_factory=FakeNetwork)
    clock: Clock = field(default_factory=SystemClock)
    sending_identity: str = ""
    sends_mime: bool = True

    def valid_settings(self) -> Settings:
        """The settings as the hub gives them to ``make``. Raises colander.Invalid."""
        validated: Settings = self.type.settings_schema().deserialize(dict(self.settings))
        return validated

    def make(self) -> Connector:
        """A connector that works."""
        return self.type.make(self.valid_settings())

    def make_unusable(self) -> Connector:
        """A connector whose settings lead nowhere."""
        return self.type.make(self.type.settings_schema().deserialize(dict(self.unusable_settings)))

    def context(self, on_hand_over: Callable[[OutgoingMessage], None] | None = None) -> RecordingContext:
        """A fresh context for a session."""
        return RecordingContext(
            sending_identity=self.sending_identity,
            clock=self.clock,
            network=self.network,
            on_hand_over=on_hand_over,
        )
