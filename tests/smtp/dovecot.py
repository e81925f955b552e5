"""Dovecot as the server that knows passwords, for Postfix to ask."""

from dataclasses import dataclass
from pathlib import Path

from tests.kit.waiting import wait_for

from .processes import ids_of, listens, run

DOVECOT = "/usr/sbin/dovecot"
DOVEADM = "/usr/bin/doveadm"

CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%u
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot of one's own, in a folder of one's own."""

    root: Path
    port: int

    @classmethod
    def start(cls, root: Path, port: int, *, plain: dict[str, str], hashed: dict[str, str]) -> "Dovecot":
        """``plain``: users whose password is stored as it is, as CRAM-MD5 needs it; ``hashed``: the others."""
        root.mkdir()
        uid, gid = ids_of("postfix")
        (root / "dovecot.conf").write_text(CONFIGURATION.format(root=root, port=port, uid=uid, gid=gid))
        users = [f"{name}:{{PLAIN}}{password}::::::" for name, password in plain.items()]
        users += [f"{name}:{_hash(password)}::::::" for name, password in hashed.items()]
        (root / "users").write_text("\n".join(users) + "\n")
        run(DOVECOT, "-c", root / "dovecot.conf")
        wait_for(lambda: listens(port), "starting Dovecot")
        return cls(root, port)

    def stop(self) -> None:
        run(DOVEADM, "-c", self.root / "dovecot.conf", "stop")


def _hash(password: str) -> str:
    return run(DOVEADM, "pw", "-s", "SHA512-CRYPT", "-p", password).strip()
