"""The company of an import. A file that says nothing of a logo leaves it as it is."""

from contextlib import AbstractContextManager, nullcontext
from functools import partial

from mailhub.company.model import company_of
from mailhub.company.schema import CompanyFields
from mailhub.company.service import CompanyService
from mailhub.store.content import StagedContent
from mailhub.strict_values import strict_values

from .context import ImportContext, Item, differing
from .files import Staging, as_upload

FIELDS = ("name", "sender_name", "reply_to")


def stage_logo(item: Item | None, staging: Staging) -> StagedContent | None:
    """Put the logo's bytes on disk, if there are any. Raises ``Invalid``."""
    logo = None if item is None else item.get("logo")
    return None if logo is None else staging.stage(logo, "/company/logo")


def apply_company(context: ImportContext, item: Item | None, logo: StagedContent | None) -> None:
    if item is not None and (
        differing(item, company_of(context.hub), FIELDS) or _has_other_logo(context, item)
    ):
        context.of("/company", partial(_set, context, item, logo))


def _has_other_logo(context: ImportContext, item: Item) -> bool:
    if "logo" not in item:
        return False
    current, wanted = company_of(context.hub).logo, item["logo"]
    sha256 = None if current is None else current.content.sha256
    return sha256 != (None if wanted is None else wanted["sha256"])


def _logo_of(
    context: ImportContext, item: Item, logo: StagedContent | None
) -> AbstractContextManager[str | None]:
    """The id of the logo, as the use case takes it."""
    current = company_of(context.hub).logo
    if not _has_other_logo(context, item):
        return nullcontext(None if current is None else current.id)
    return nullcontext(None) if logo is None else as_upload(context, item["logo"], logo)


def _set(context: ImportContext, item: Item, logo: StagedContent | None) -> None:
    with _logo_of(context, item, logo) as logo_id:
        named = {name: item[name] for name in FIELDS}
        context.service(CompanyService).set_company(
            strict_values(CompanyFields(), {**named, "logo": logo_id})
        )
    context.changed("company", item["name"])
