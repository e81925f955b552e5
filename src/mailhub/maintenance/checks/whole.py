"""The whole check, a step for each part, in one view of the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from mailhub.contract.texts import Text, _
from mailhub.maintenance.report import Progress, Report
from mailhub.store.check import Finding, StoreCheck
from mailhub.store.database import Database
from mailhub.store.secrets import SecretBox

from .mail import MailCheck
from .queues import iter_queue_findings
from .setup import iter_setup_findings

MOST = 1_000
"""Findings that one part tells of at most: a fault that is everywhere is understood from fewer."""


@dataclass(frozen=True, slots=True)
class WholeCheck:
    """Reads everything and changes nothing."""

    database: Database
    box: SecretBox

    def __call__(self, progress: Progress) -> Report:
        """Raises ``StorageUnavailable``."""
        findings: list[Finding] = []
        with self.database.reading() as hub:
            with progress.step("read_records") as step:
                store = StoreCheck(hub)
                findings += _at_most(store.iter_findings())
                step.detail = _read(store)
            with progress.step("compare_messages") as step:
                mail = MailCheck(hub)
                findings += _at_most(mail.iter_findings())
                step.detail = _("${count} messages", mapping={"count": mail.messages})
            with progress.step("compare_queues"):
                findings += _at_most(iter_queue_findings(hub))
            with progress.step("compare_setup"):
                findings += _at_most(iter_setup_findings(hub, self.box))
        return Report(findings=tuple(findings))


def _read(store: StoreCheck) -> Text:
    return _(
        "${records} records, ${contents} bodies and files with ${bytes} bytes",
        mapping={"records": store.records, "contents": store.contents, "bytes": store.content_bytes},
    )


def _at_most(findings: Iterable[Finding]) -> list[Finding]:
    found = list(islice(findings, MOST + 1))
    if len(found) > MOST:
        found[MOST] = Finding("more_findings", "", _("There is more of it; mend this first and check again."))
    return found
