"""The company of an import; its logo stays what it is."""

from functools import partial

from mailhub.company.model import company_of
from mailhub.company.schema import CompanyFields
from mailhub.company.service import CompanyService
from mailhub.strict_values import strict_values

from .context import ImportContext, Item, differing

FIELDS = ("name", "sender_name", "reply_to")


def apply_company(context: ImportContext, item: Item | None) -> None:
    if item is not None and differing(item, company_of(context.hub), FIELDS):
        context.of("/company", partial(_set, context, item))


def _set(context: ImportContext, item: Item) -> None:
    logo = company_of(context.hub).logo
    values = strict_values(CompanyFields(), {**item, "logo": None if logo is None else logo.id})
    context.service(CompanyService).set_company(values)
    context.changed("company", item["name"])
