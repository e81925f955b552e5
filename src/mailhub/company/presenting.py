"""The company as plain values: what the API answers and what the audit trail keeps."""

from typing import Any

from .model import Company


def present_company(company: Company) -> dict[str, Any]:
    """The company as ``schema.CompanyReply`` describes it."""
    return {
        "name": company.name,
        "logo": None if company.logo is None else company.logo.id,
        "sender_name": company.sender_name,
        "reply_to": company.reply_to,
        "revision": company.revision,
    }
