"""TLS as it must be: version 1.2 or later, the certificate and its name checked, an own CA if the account has one."""

import ssl

from mailhub.contract import DeliveryError, Misconfigured, Transient

from .settings import SmtpAccount
from .texts import _

PEM_BEGIN = "-----BEGIN"
_SETTINGS_AT_FAULT = {
    "WRONG_VERSION_NUMBER": _(
        "The server does not speak TLS from the start on this port. Try STARTTLS, or another port."
    ),
    "UNSUPPORTED_PROTOCOL": _("The server has no TLS of version 1.2 or later."),
    "TLSV1_ALERT_PROTOCOL_VERSION": _("The server has no TLS of version 1.2 or later."),
}


def tls_context(account: SmtpAccount) -> ssl.SSLContext:
    """A context for this account's server. Raises Misconfigured when its own CA cannot be read."""
    context = _trusting(account.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not account.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return ssl.create_default_context()
    try:
        if ca_file.startswith(PEM_BEGIN):
            context = ssl.create_default_context(cadata=ca_file)
        else:
            context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        # one sentence for "no such file" and "no certificate in it": the setting is not there to look around
        raise Misconfigured(
            _("The account's own certificate authority cannot be read as PEM certificates."),
            code="account.ca_file_unreadable",
        ) from error
    # certificate authorities that companies make themselves seldom have the key identifiers that strict checking wants
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def handshake_failure(error: OSError) -> DeliveryError:
    """The classified error for a TLS handshake that did not come off."""
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = _(
            "The server's certificate is not accepted: ${reason}", mapping={"reason": error.verify_message}
        )
        return Misconfigured(sentence, code="account.certificate_refused")
    fault = _SETTINGS_AT_FAULT.get(error.reason or "") if isinstance(error, ssl.SSLError) else None
    if fault is not None:
        return Misconfigured(fault, code="account.tls_not_possible")
    if isinstance(error, TimeoutError):
        return Transient(_("The server did not answer in time while TLS was being set up."))
    return Transient(_("The server closed the connection while TLS was being set up."))
