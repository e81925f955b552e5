"""Taking a configuration in: all of it checked by the rules of the API, all mistakes told at once, one transaction.

The use cases that the API calls do the work, so an import can do nothing that a person could not, and is audited the
same. Run again, it finds everything as it should be and changes nothing. What the file does not name stays.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from mailhub.contract.texts import _
from mailhub.errors import Invalid
from mailhub.maintenance.report import Change, Progress, Report
from mailhub.people.identity import Identity
from mailhub.people.permissions import Permission
from mailhub.services import Work
from mailhub.store.content import StagedContent
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox
from mailhub.strict_values import strict_values

from . import accounts, company, people, scenarios
from .context import ImportContext
from .files import Staging
from .passphrase import opened_secrets
from .schema import ConfigurationFile

NOTE: Final = "import configuration"


class _Tried(Exception):
    """Everything went well, and nothing of it is to be kept."""


@dataclass(frozen=True, slots=True)
class ConfigurationImport:
    """``content``: the file. ``is_dry_run``: tell what it would change, and change nothing. ``make_work``: a unit of work
    for this identity."""

    database: Database
    box: SecretBox
    make_work: Callable[[HubRoot, Identity], Work]
    identity: Identity
    content: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)
    is_dry_run: bool = False

    def __call__(self, progress: Progress) -> Report:
        """Raises ``Denied``, ``Invalid`` with every mistake at its place in the file, ``StorageUnavailable``."""
        self.identity.require(Permission.SETUP_WRITE)
        self.identity.require(Permission.PEOPLE_ADMIN)
        with progress.step("read"):
            document = read_document(self.content)
        with progress.step("open_secrets"):
            secrets = self._secrets(document)
        with progress.step("compare" if self.is_dry_run else "change") as step, ExitStack() as stack:
            staged = _staged(document, Staging(self.database, stack))
            changes = self._run(document, secrets, staged)
            step.detail = _(
                "${count} changes", mapping={"count": sum(each.action != "note" for each in changes)}
            )
        return Report(changes=changes)

    def _secrets(self, document: Mapping[str, Any]) -> dict[str, str]:
        sealed = document["secrets"]
        if sealed is None:
            return {}
        if self.passphrase is None:
            text = _("The file has secrets; the passphrase that they were sealed with is needed.")
            raise Invalid.of("/passphrase", "schema.required", text)
        return opened_secrets(sealed, self.passphrase)

    def _run(
        self, document: Mapping[str, Any], secrets: dict[str, str], staged: "_Staged"
    ) -> tuple[Change, ...]:
        told: list[tuple[Change, ...]] = []

        def apply(hub: HubRoot) -> None:
            context = ImportContext(self.make_work(hub, self.identity), secrets, self.box)
            _apply(context, document, staged)
            context.raise_all()
            told[:] = [tuple(context.changes)]
            if self.is_dry_run:
                raise _Tried

        with suppress(_Tried):
            self.database.transact(apply, NOTE)
        return told[0]


def read_document(content: str) -> dict[str, Any]:
    """The file's values. Raises ``Invalid`` with every mistake in its form."""
    try:
        value = json.loads(content)
    except ValueError as error:
        text = _("This is no JSON: ${error}", mapping={"error": str(error)})
        raise Invalid.of("", "json.malformed", text) from None
    values: dict[str, Any] = strict_values(ConfigurationFile(), value)
    return values


@dataclass(frozen=True, slots=True)
class _Staged:
    logo: StagedContent | None
    files: scenarios.StagedFiles


def _staged(document: Mapping[str, Any], staging: Staging) -> _Staged:
    """All bytes of the file, on disk. Raises ``Invalid``."""
    logo = company.stage_logo(document["company"], staging)
    return _Staged(logo, scenarios.stage_files(document["scenario_files"], staging))


def _apply(context: ImportContext, document: Mapping[str, Any], staged: _Staged) -> None:
    """In the order in which one needs the other."""
    company.apply_company(context, document["company"], staged.logo)
    people.apply_users(context, document["users"])
    people.apply_groups(context, document["groups"])
    accounts.apply_connectors(context, document["connectors"])
    accounts.apply_accounts(context, document["accounts"])
    scenarios.apply_scenarios(context, document["scenarios"])
    scenarios.apply_assignments(context, document["assignments"])
    scenarios.apply_files(context, document["scenario_files"], staged.files)
