"""A session's context that remembers what it was told."""

import logging
from collections.abc import Callable

from mailhub.contract.clock import Clock
from mailhub.contract.connector import Network, Step
from mailhub.contract.message import OutgoingMessage

from .clock import FakeClock
from .network import FakeNetwork


class RecordingContext:
    """Implements ``mailhub.contract.SessionContext``.

    ``steps``: what was reported. ``handed_over``: the messages of which the connector said that they go out now.
    ``on_hand_over``: called then; what it raises is what the connector sees (the hub raises ``Transient``).
    """

    def __init__(
        self,
        *,
        account_id: str = "account-1",
        account_address: str = "sales@example.com",
        sending_identity: str = "",
        hello_name: str = "",
        clock: Clock | None = None,
        network: Network | None = None,
        log: logging.Logger | None = None,
        on_hand_over: Callable[[OutgoingMessage], None] | None = None,
    ) -> None:
        self.account_id = account_id
        self.account_address = account_address
        self.sending_identity = sending_identity
        self.hello_name = hello_name
        self.clock: Clock = clock or FakeClock()
        self.network: Network = network or FakeNetwork()
        self.log = log or logging.getLogger("mailhub.testing")
        self.on_hand_over = on_hand_over
        self.steps: list[Step] = []
        self.handed_over: list[OutgoingMessage] = []

    def report(self, step: Step) -> None:
        self.steps.append(step)

    def hand_over(self, message: OutgoingMessage) -> None:
        self.handed_over.append(message)
        if self.on_hand_over is not None:
            self.on_hand_over(message)
