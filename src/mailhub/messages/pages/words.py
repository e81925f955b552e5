"""What states, events and codes mean, in sentences for people who run or send mail, not for those who wrote the hub."""

from collections.abc import Mapping
from typing import Final

from mailhub.contract.texts import Text, _

EVENTS: Final[Mapping[str, Text]] = {
    "drafted": _("Kept as a draft"),
    "accepted": _("Accepted, and put into the queue"),
    "sending": _("Attempt begun"),
    "handed_back": _("Attempt given back before it began"),
    "retry_scheduled": _("Attempt failed, the next one is planned"),
    "throttled": _("The server asked to send more slowly"),
    "account_stopped": _("The account was stopped; the message waits"),
    "resent_uncertain": _("No answer came; it is sent again"),
    "sent": _("Accepted by the mail server"),
    "failed": _("Failed for good"),
    "in_doubt": _("No answer came; nobody knows whether it was sent"),
    "expired": _("Not sent before its time ran out"),
    "cancelled": _("Cancelled"),
    "retried": _("Put into the queue again"),
    "moved": _("Moved to another account"),
    "resolved_sent": _("Somebody said that it was sent"),
    "resolved_resend": _("Somebody said to send it again"),
    "resolved_failed": _("Somebody said that it was not sent"),
}
"""Every event of ``states.TRANSITIONS``."""

_GOOD = frozenset({"sent", "resolved_sent"})
_BAD = frozenset({"failed", "expired", "resolved_failed"})
_WARNING = frozenset({"retry_scheduled", "throttled", "account_stopped", "resent_uncertain", "in_doubt"})
EVENT_KINDS: Final[Mapping[str, str]] = {
    event: "success"
    if event in _GOOD
    else "danger"
    if event in _BAD
    else "warning"
    if event in _WARNING
    else "neutral"
    for event in EVENTS
}
EVENT_ICONS: Final[Mapping[str, str]] = {
    "drafted": "pencil",
    "accepted": "inbox",
    "sending": "send",
    "handed_back": "arrow-counterclockwise",
    "retry_scheduled": "arrow-repeat",
    "throttled": "speedometer2",
    "account_stopped": "pause-circle",
    "resent_uncertain": "question-circle",
    "sent": "check-circle",
    "failed": "x-circle",
    "in_doubt": "question-circle",
    "expired": "calendar-x",
    "cancelled": "slash-circle",
    "retried": "arrow-clockwise",
    "moved": "diagram-3",
    "resolved_sent": "check-circle",
    "resolved_resend": "arrow-clockwise",
    "resolved_failed": "x-circle",
}

CODES: Final[Mapping[str, tuple[Text, Text]]] = {
    "delivery.transient": (
        _("The mail server cannot be reached, or cannot take mail now."),
        _("Nothing needs to be done: it is tried again by itself."),
    ),
    "delivery.deferred": (
        _("The mail server put some recipients off."),
        _("Nothing needs to be done: it is tried again for these recipients."),
    ),
    "delivery.throttled": (
        _("The mail server asks to send more slowly."),
        _("If it comes again, set a lower rate limit for the account."),
    ),
    "delivery.refused": (
        _("The mail server refused the message."),
        _("Read its answer below. Correct the message or the recipients and send it again."),
    ),
    "delivery.too_large": (
        _("The message is larger than the mail server takes."),
        _("Send smaller files, or a link to them."),
    ),
    "delivery.sender_refused": (
        _("The mail server does not let this account send as this address."),
        _("Give the mailbox the right to send as it, or choose another sender; then try again."),
    ),
    "delivery.smtputf8_missing": (
        _("The sender's address has letters that the mail server cannot take."),
        _("Use another sender or another account."),
    ),
    "delivery.uncertain": (
        _("The connection ended after the message was handed over and before the server answered."),
        _("Ask a recipient whether it arrived before you send it again."),
    ),
    "delivery.resolved": (_("Somebody said what became of it."), ""),
    "delivery.failed": (_("The attempt failed."), _("Read the answer below.")),
    "connector.failed": (
        _("The connector of the account failed."),
        _("If it comes again, report it to those who made the connector."),
    ),
    "message.expired": (
        _("It could not be sent before its time ran out."),
        _("Send it as a new message if it is still wanted."),
    ),
    "address.invalid": (_("A recipient's address cannot be used."), _("Correct it and send it again.")),
    "address.needs_smtputf8": (
        _("An address has letters that the mail server cannot take."),
        _("Use another address or another account."),
    ),
    "attachment.damaged": (
        _("A stored file is damaged, so nothing was sent."),
        _("Have the disk checked, and attach the file again."),
    ),
    "content.damaged": (
        _("The stored message is damaged, so nothing was sent."),
        _("Have the disk checked, and write the message again."),
    ),
    "account.authentication_failed": (
        _("The mail server refused the account's sign-in."),
        _("Correct user name and password of the account."),
    ),
    "account.misconfigured": (
        _("The account's settings cannot work as they are."),
        _("Correct the settings of the account."),
    ),
    "account.blocked_by_server": (
        _("The mail server blocks the account because of earlier errors."),
        _("Settle it with the provider, then resume the account."),
    ),
    "account.ca_file_unreadable": (
        _("The account's file of certificates cannot be read."),
        _("Correct the settings of the account."),
    ),
    "account.certificate_refused": (
        _("The mail server's certificate is not trusted, has expired, or is for another name."),
        _("Correct the server's name, or name the authority that made the certificate."),
    ),
    "account.tls_not_possible": (
        _("The mail server offers no safe connection here."),
        _("Choose another port, or STARTTLS."),
    ),
    "account.starttls_missing": (
        _("The mail server offers no STARTTLS, and nothing is sent without it."),
        _("Correct server, port or security of the account."),
    ),
    "account.no_mechanism": (
        _("The mail server offers no way to sign in that can be used here."),
        _("Correct security, port or authentication of the account."),
    ),
    "account.password_without_tls": (
        _("The password would cross the network unprotected."),
        _("Choose STARTTLS or TLS for the account."),
    ),
    "tls.injected": (
        _("Something was written into the connection before it was protected."),
        _("If it comes again, look who is between the hub and the mail server."),
    ),
    "network.unknown_host": (
        _("The mail server's name cannot be found."),
        _("Correct the server's name in the account."),
    ),
    "network.address_not_allowed": (
        _("The mail server is in a private network, which this hub does not allow."),
        _("Use another server, or have private networks allowed."),
    ),
    "connector_missing": (
        _("The connector of the account is not installed."),
        _("Have the plugin installed again, or move the mail to another account."),
    ),
    "closing": (_("The account is being deleted."), ""),
    "paused": (_("The account is paused."), _("Mail leaves as soon as somebody resumes it.")),
}
"""What a code means, and what to do about it ("": nothing). Codes of other connectors are not here."""
