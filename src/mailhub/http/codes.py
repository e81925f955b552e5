"""Every problem code the API answers, with its usual status and title: the catalogue behind ``problem+json``.

A code has one meaning but may come with another status, or in ``errors`` of a 422, where the mistake is in what was
sent; an endpoint then declares ``(422, "account.not_found")``. A code that is declared and not listed here stops the
start. The reference of error codes is made of this table.
"""

from collections.abc import Mapping
from types import MappingProxyType

from mailhub.contract.texts import Text, _

TITLES: Mapping[int, Text] = MappingProxyType(
    {
        400: _("Malformed request"),
        401: _("Not signed in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Method not allowed"),
        406: _("Not acceptable"),
        409: _("Not possible in this state"),
        410: _("Gone"),
        412: _("Changed meanwhile"),
        413: _("Too large"),
        415: _("Unsupported media type"),
        422: _("Invalid request"),
        423: _("Locked"),
        428: _("Revision needed"),
        429: _("Too many requests"),
        460: _("Checksum mismatch"),
        500: _("Internal error"),
        503: _("Service unavailable"),
    }
)

STATUS_BY_CODE: Mapping[str, int] = MappingProxyType(
    {
        # the shell
        "json.malformed": 400,
        "json.duplicate_key": 400,
        "json.too_deep": 400,
        "request.bad": 400,
        "authentication.required": 401,
        "permission.denied": 403,
        "not_found": 404,
        "request.method_not_allowed": 405,
        "request.not_acceptable": 406,
        "wrong_state": 409,
        "revision.stale": 412,
        "request.too_large": 413,
        "request.unsupported_media_type": 415,
        "cursor.invalid": 422,
        "schema.invalid": 422,
        "schema.unknown_field": 422,
        "schema.wrong_type": 422,
        "schema.required": 422,
        "settings.not_applicable": 422,
        "settings.not_yet": 422,
        "idempotency.mismatch": 422,
        "idempotency.invalid_key": 422,
        "idempotency.not_replayable": 409,
        "revision.missing": 428,
        "rate_limited": 429,
        "internal.error": 500,
        "storage.unavailable": 503,
        "storage.outcome_unknown": 503,
        # health: the first is the answer's code, the others are its reasons
        "hub.not_ready": 503,
        "database.unreachable": 503,
        "writer.stopped": 503,
        "writer.failing": 503,
        "writer.stuck": 503,
        "delivery.stopped": 503,
        "delivery.no_lease": 503,
        "journal.not_writable": 503,
        "health.no_answer": 503,
        "health.check_failed": 503,
        # people
        "user.not_found": 404,
        "user.login_taken": 409,
        "user.last_administrator": 409,
        "password.too_weak": 422,
        "password.wrong": 422,
        "group.not_found": 404,
        "group.name_taken": 422,
        "session.not_found": 404,
        "token.not_found": 404,
        "token.no_on_behalf": 403,
        # company
        "company.no_logo": 404,
        "company.logo_unusable": 422,
        # accounts, connectors
        "account.not_found": 404,
        "account.has_waiting_mail": 409,
        "account.closing": 409,
        "account.connector_missing": 409,
        "account.unusable": 409,
        "account.none_for_scenario": 422,
        "account.rate_limited": 429,
        "connector.not_found": 404,
        "connector.failed": 422,
        "settings.only_in_sandbox": 422,
        "secret.needed_again": 422,
        "sender.not_allowed": 422,
        "sender.no_contact_email": 422,
        "check.not_found": 404,
        # maintenance: the last three are told in what came of it
        "maintenance.running": 409,
        "maintenance.findings": 409,
        "maintenance.key_in_setting": 409,
        "maintenance.key_in_use": 409,
        "configuration.wrong_passphrase": 422,
        # scenarios
        "scenario.not_found": 404,
        "scenario.exists": 409,
        "scenario.built_in": 409,
        "scenario.default": 409,
        "attachment.not_found": 404,
        # messages, uploads
        "message.not_found": 404,
        "message.wrong_state": 409,
        "message.expired": 422,
        "address.invalid": 422,
        "recipients.none": 422,
        "recipients.too_many": 422,
        "header.invalid": 422,
        "attachment.too_large": 413,
        "attachment.unreadable": 422,
        "upload.not_found": 404,
        "upload.checksum_unknown": 400,
        "upload.wrong_offset": 409,
        "upload.expired": 410,
        "upload.version_unknown": 412,
        "upload.too_long": 413,
        "upload.busy": 423,
        "upload.too_many": 429,
        "upload.checksum_mismatch": 460,
        "layout.not_found": 422,
        "configuration.changed": 409,
        "plugin.failed": 422,
        "plugin.refused": 422,
    }
)


def status_and_code(ref: str | tuple[int, str]) -> tuple[int, str]:
    """What an endpoint's problem stands for. Raises LookupError for a code that is not in the catalogue."""
    status, code = (None, ref) if isinstance(ref, str) else ref
    if code not in STATUS_BY_CODE:
        raise LookupError(f"problem code {code!r} is not in mailhub/http/codes.py")
    return status or STATUS_BY_CODE[code], code
