"""Writing the configuration: everything an administrator has set, nothing that happened, no passwords, no tokens."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from mailhub.accounts.model import Account, accounts_of
from mailhub.company.model import Company, company_of
from mailhub.contract.texts import _
from mailhub.entropy import Entropy
from mailhub.maintenance.report import Progress, Report
from mailhub.maintenance.secrets import iter_sealed
from mailhub.people.model import User, groups_of, users_of
from mailhub.pluginhost.host import PluginHost
from mailhub.scenarios.model import ScenarioAttachment, scenarios_of
from mailhub.schema_walk import present_settings, secrets_of
from mailhub.store.check import Finding
from mailhub.store.content import ContentReader, StoredContent
from mailhub.store.database import Database
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox

from .passphrase import check_passphrase, sealed_secrets
from .schema import FORMAT, VERSION

MOST_FILE_BYTES = 16 * 1024 * 1024
"""Of all files of scenarios together, so that the whole is taken in again as one JSON body."""

USER_FIELDS = (
    "login", "name", "contact_email", "kind", "is_licensed", "permission_sets", "language", "time_zone", "is_active",
)  # fmt: skip
ACCOUNT_FIELDS = (
    "id", "connector", "name", "address", "rate_limit_per_minute", "concurrency_limit", "max_attempts", "limit_group",
)  # fmt: skip

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConfigurationExport:
    """``passphrase``: what secrets are sealed to; None leaves them out."""

    database: Database
    plugins: PluginHost
    box: SecretBox
    entropy: Entropy
    passphrase: str | None = None

    def __call__(self, progress: Progress) -> Report:
        """Raises ``Invalid`` (the passphrase), ``SecretUnreadable``, ``StorageUnavailable``."""
        if self.passphrase is not None:
            check_passphrase(self.passphrase)
        with progress.step("read"), self.database.reading() as hub:
            written = _Written(hub, self.plugins)
            document = written.document()
            secrets = {} if self.passphrase is None else _opened(hub, self.box)
        if self.passphrase is not None:
            with progress.step("seal_secrets") as step:
                document["secrets"] = sealed_secrets(secrets, self.passphrase, self.entropy)
                step.detail = _("${count} secrets", mapping={"count": len(secrets)})
        content = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        return Report(findings=tuple(written.left_out), content=content)


def _opened(hub: HubRoot, box: SecretBox) -> dict[str, str]:
    return {each.record_id: box.open(each.sealed, each.record_id) for each in iter_sealed(hub)}


class _Written:
    """One view of the hub, as it is written. ``left_out``: files that were too big."""

    def __init__(self, hub: HubRoot, plugins: PluginHost) -> None:
        self._hub = hub
        self._plugins = plugins
        self._file_bytes = 0
        self.left_out: list[Finding] = []

    def document(self) -> Item:
        return {
            "format": FORMAT,
            "version": VERSION,
            "written_by": version("mailhub"),
            "company": _company(company_of(self._hub)),
            "users": _sorted(map(_user, users_of(self._hub).iter_newest_first()), "login"),
            "groups": _sorted(self._iter_groups(), "name"),
            "connectors": [
                {"id": id, "allow_http": options.allow_http}
                for id, options in accounts_of(self._hub).connectors.items()
            ],
            "accounts": [self._account(account) for account in accounts_of(self._hub)],
            "scenarios": [
                {"id": each.id, "title": each.title} for each in scenarios_of(self._hub).custom.values()
            ],
            "assignments": [
                {
                    "scenario": id,
                    "account": each.account_id,
                    "substitute_sender": each.substitute_sender,
                    "substitute_mode": each.substitute_mode,
                }
                for id, each in scenarios_of(self._hub).assignments.items()
            ],
            "scenario_files": list(self._iter_files()),
        }

    def _iter_groups(self) -> Iterator[Item]:
        for group in groups_of(self._hub).iter_newest_first():
            users = filter(None, map(users_of(self._hub).find, group.user_ids))
            yield {"name": group.name, "users": sorted(user.login for user in users)}

    def _account(self, account: Account) -> Item:
        return {
            **{name: getattr(account, name) for name in ACCOUNT_FIELDS},
            "is_default": accounts_of(self._hub).default.account_id == account.id,
            "settings": self._settings(account),
            "secrets": sorted(account.secrets),
        }

    def _settings(self, account: Account) -> Item:
        """What applies, as the API shows it; all that is stored while the connector is away."""
        kind = self._plugins.find_connector(account.connector)
        if kind is None:
            return dict(account.settings)
        schema = kind.settings_schema()
        shown = present_settings(schema, account.settings, account.secrets.keys())
        return {name: value for name, value in shown.items() if name not in secrets_of(schema)}

    def _iter_files(self) -> Iterator[Item]:
        for scenario in scenarios_of(self._hub).attachments:
            for file in scenarios_of(self._hub).files_of(scenario):
                yield {
                    "scenario": scenario,
                    "name": file.name,
                    "content_type": file.content_type,
                    "is_default": file.is_default,
                    "sha256": file.content.sha256,
                    "content": self._bytes_of(scenario, file),
                }

    def _bytes_of(self, scenario: str, file: ScenarioAttachment) -> str | None:
        if self._file_bytes + file.content.size > MOST_FILE_BYTES:
            text = _(
                "This file is not in the export: files of scenarios are up to ${limit} MB together. Add it to the "
                "scenario by hand where you import.",
                mapping={"limit": MOST_FILE_BYTES // 1024 // 1024},
            )
            self.left_out.append(Finding("file_left_out", f"{scenario} {file.name}", text, is_wrong=False))
            return None
        self._file_bytes += file.content.size
        return _base64(file.content)


def _company(company: Company) -> Item:
    """With its logo, which is small."""
    item = {name: getattr(company, name) for name in ("name", "sender_name", "reply_to")}
    logo = company.logo
    if logo is None:
        return {**item, "logo": None}
    bytes_of = {"sha256": logo.content.sha256, "content": _base64(logo.content)}
    return {**item, "logo": {"content_type": logo.content_type, **bytes_of}}


def _base64(content: StoredContent) -> str:
    with ContentReader.of(content).open() as stream:
        return base64.b64encode(stream.read()).decode()


def _user(user: User) -> Item:
    item = {name: getattr(user, name) for name in USER_FIELDS}
    return {**item, "permission_sets": list(user.permission_sets)}


def _sorted(items: Iterator[Item], name: str) -> list[Item]:
    return sorted(items, key=lambda item: str(item[name]).casefold())
