"""A Postfix of one's own: several personalities on ports of their own, one mailbox for whatever arrives."""

import email
import email.policy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from mailhub.testing.certificates import Issued
from tests.kit.waiting import wait_for

from .processes import give_to, ids_of, listens, run

POSTFIX = "/usr/sbin/postfix"

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
daemon_directory = /usr/lib/postfix/sbin
myhostname = mx.example.test
alias_maps =
alias_database =
local_recipient_maps =
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
message_size_limit = 157286400
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.test, xn--bcher-kva.example, bücher.example
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl_port}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_restriction_classes = greylisted
greylisted = check_policy_service inet:127.0.0.1:{greylist_port}
smtpd_recipient_restrictions = check_recipient_access inline:{{
    {{perm@example.test = 550 5.1.1 No such user}},
    {{temp@example.test = 450 4.2.1 Mailbox busy}},
    {{many@example.test = 452 4.5.3 Too many recipients}},
    {{drop@example.test = 421 4.3.2 Service not available}},
    {{grey@example.test = greylisted}} }},
  permit_sasl_authenticated, reject
smtpd_sender_restrictions = check_sender_access inline:{{
    {{sendas-denied@example.test = 550 5.7.60 Client does not have permissions to send as this sender}} }}
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
"""

SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

STARTTLS = "-o smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes"
PERSONALITIES = {
    "submission": STARTTLS,
    "plain": f"{STARTTLS} -o smtpd_sasl_mechanism_filter=plain",
    "login": f"{STARTTLS} -o smtpd_sasl_mechanism_filter=login",
    "cram-md5": f"{STARTTLS} -o smtpd_sasl_mechanism_filter=cram-md5",
    "tls": "-o smtpd_tls_wrappermode=yes",
    "old": (
        f"{STARTTLS} -o message_size_limit=1048576"
        " -o smtpd_discard_ehlo_keywords=smtputf8,8bitmime,chunking,dsn,pipelining"
    ),
    "wrong-certificate": (
        f"{STARTTLS} -o smtpd_tls_cert_file={{wrong_certificate}} -o smtpd_tls_key_file={{wrong_key}}"
    ),
    "without-tls": "-o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no",
}


@dataclass(frozen=True)
class Postfix:
    """A running Postfix. ``ports``: one for each personality."""

    root: Path
    ports: Mapping[str, int]

    @classmethod
    def start(
        cls,
        root: Path,
        ports: Sequence[int],
        *,
        sasl_port: int,
        greylist_port: int,
        right: Issued,
        wrong: Issued,
    ) -> "Postfix":
        etc = root / "etc"
        etc.mkdir(parents=True)
        (root / "spool").mkdir()
        give_to("postfix", root / "data", root / "mail")
        uid, gid = ids_of("postfix")
        main = MAIN.format(
            root=root,
            uid=uid,
            gid=gid,
            sasl_port=sasl_port,
            greylist_port=greylist_port,
            certificate=right.certificate,
            key=right.key,
        )
        named = dict(zip(PERSONALITIES, ports, strict=True))
        (etc / "main.cf").write_text(main)
        (etc / "master.cf").write_text(_smtpds(named, wrong) + SERVICES)
        postfix = cls(root, named)
        run(POSTFIX, "-c", etc, "start")
        wait_for(lambda: all(map(listens, named.values())), "starting Postfix")
        return postfix

    def stop(self) -> None:
        run(POSTFIX, "-c", self.root / "etc", "stop", check=False)

    def wait_for(self, count: int, is_meant: Callable[[EmailMessage], bool]) -> list[EmailMessage]:
        """Mails in the mailbox that are meant, as soon as there are so many."""

        def look() -> list[EmailMessage]:
            found = [mail for mail in self.mails() if is_meant(mail)]
            return found if len(found) >= count else []

        try:
            return wait_for(look, f"delivery of {count} mails")
        except AssertionError as error:
            error.add_note((self.root / "maillog").read_text()[-3000:])
            raise

    def mails(self) -> list[EmailMessage]:
        """All mails in the mailbox now."""
        files = sorted((self.root / "mail" / "inbox" / "new").glob("*"))
        return [email.message_from_bytes(each.read_bytes(), policy=email.policy.SMTP) for each in files]


def _smtpds(ports: Mapping[str, int], wrong: Issued) -> str:
    lines = [
        f"127.0.0.1:{ports[name]} inet n - n - - smtpd {options}" for name, options in PERSONALITIES.items()
    ]
    return "\n".join(lines).format(wrong_certificate=wrong.certificate, wrong_key=wrong.key)
