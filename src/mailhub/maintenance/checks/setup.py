"""Accounts, scenarios, people and uploads: what refers to something that is not there, and secrets that do not open."""

from collections.abc import Iterator

from mailhub.accounts.model import accounts_of
from mailhub.contract.texts import _
from mailhub.maintenance.secrets import iter_sealed
from mailhub.people.model import tokens_of, users_of
from mailhub.scenarios.model import scenarios_of
from mailhub.store.check import Finding
from mailhub.store.content import BlobContent, SmallContent
from mailhub.store.problems import SecretUnreadable
from mailhub.store.root import HubRoot
from mailhub.store.secrets import SecretBox
from mailhub.uploads.model import uploads_of


def iter_setup_findings(hub: HubRoot, box: SecretBox) -> Iterator[Finding]:
    yield from _iter_in_secrets(hub, box)
    yield from _iter_in_scenarios(hub)
    yield from _iter_in_tokens(hub)
    yield from _iter_in_uploads(hub)


def _iter_in_secrets(hub: HubRoot, box: SecretBox) -> Iterator[Finding]:
    for each in iter_sealed(hub):
        try:
            box.open(each.sealed, each.record_id)
        except SecretUnreadable as error:
            yield Finding("unreadable_secret", str(each.record_id), error.message)


def _iter_in_scenarios(hub: HubRoot) -> Iterator[Finding]:
    accounts = accounts_of(hub)
    default = accounts.default.account_id
    if default is not None and accounts.find(default) is None:
        yield Finding("default_without_account", default, _("The default account is not there."))
    for scenario_id, assignment in scenarios_of(hub).assignments.items():
        if accounts.find(assignment.account_id) is None:
            text = _("A scenario is assigned to an account that is not there.")
            yield Finding("assignment_without_account", scenario_id, text)
    for scenario_id in scenarios_of(hub).attachments:
        for file in scenarios_of(hub).files_of(scenario_id):
            if not isinstance(file.content, SmallContent | BlobContent):
                yield Finding("file_without_content", f"{scenario_id} {file.name}", _("A file is not there."))


def _iter_in_tokens(hub: HubRoot) -> Iterator[Finding]:
    for token in tokens_of(hub).iter_newest_first():
        if users_of(hub).find(token.user_id) is None:
            yield Finding("token_without_user", token.id, _("A token of a user who is not there."))


def _iter_in_uploads(hub: HubRoot) -> Iterator[Finding]:
    """Uploads that belong to nobody go by themselves, since nobody can use them."""
    for upload in uploads_of(hub).by_id.values():
        if not isinstance(upload.content, SmallContent | BlobContent):
            yield Finding("upload_without_content", upload.id, _("The bytes of an upload are not there."))
        elif users_of(hub).find(upload.owner_id) is None:
            text = _("An upload of a user who is not there; it expires.")
            yield Finding("upload_without_user", upload.id, text, is_wrong=False)
