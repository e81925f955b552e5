"""What the hub gives to a sending session, and what it learns from it."""

import logging
from collections.abc import Callable

from mailhub.contract.clock import Clock
from mailhub.contract.connector import Network, Step
from mailhub.contract.errors import Transient
from mailhub.contract.message import OutgoingMessage
from mailhub.contract.texts import _

from .journal import Journal
from .reports import StepReport


class LeaseEnded(Transient):
    """The worker's lease would not last to the end of this attempt: it is handed back, not counted."""

    code = "delivery.lease_ended"

    def __init__(self) -> None:
        super().__init__(_("This worker may not send now; the message goes back into its queue."))


class HubSessionContext:
    """Implements ``mailhub.contract.SessionContext`` for one sending session of a worker."""

    def __init__(
        self,
        *,
        account_id: str,
        account_address: str,
        sending_identity: str,
        clock: Clock,
        network: Network,
        may_send: Callable[[], bool],
        started: Callable[[str, int], None],
        hello_name: str = "",
    ) -> None:
        self.account_id = account_id
        self.account_address = account_address
        self.sending_identity = sending_identity
        self.hello_name = hello_name
        self.clock = clock
        self.network = network
        self.log = logging.LoggerAdapter(logging.getLogger("mailhub.connector"), {"account": account_id})
        self._may_send = may_send
        self._started = started
        self._steps: list[StepReport] = []
        self._handed_over: tuple[str, int] | None = None

    def begin(self) -> None:
        """A new attempt begins: an earlier one may have had its number. Raises ``LeaseEnded`` when it may not."""
        self._handed_over = None
        self._steps = []
        if not self._may_send():
            raise LeaseEnded

    def report(self, step: Step) -> None:
        self._steps.append(StepReport.of(step))

    def hand_over(self, message: OutgoingMessage) -> None:
        if not self._may_send():
            raise LeaseEnded
        key = (message.id, message.attempt)
        if key != self._handed_over:
            self._started(*key)
            self._handed_over = key

    def was_handed_over(self, message: OutgoingMessage) -> bool:
        """True when the attempt has passed its point of no return."""
        return (message.id, message.attempt) == self._handed_over

    def take_steps(self) -> tuple[StepReport, ...]:
        """The steps reported since the last call."""
        steps, self._steps = tuple(self._steps), []
        return steps


def journal_started(journal: Journal) -> Callable[[str, int], None]:
    """Note the final step of an attempt, or refuse it when it cannot be noted (disk full)."""

    def started(message_id: str, attempt: int) -> None:
        try:
            journal.started(message_id, attempt)
        except OSError as error:
            raise LeaseEnded from error

    return started
