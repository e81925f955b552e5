"""Secrets of a file, sealed to a passphrase that its reader has to know."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mailhub.contract.texts import _
from mailhub.entropy import Entropy
from mailhub.errors import Invalid

COST, BLOCK_SIZE, PARALLELISM = 2**17, 8, 1
"""About 128 MB and half a second for each guess (OWASP's first choice for scrypt)."""

SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
SHORTEST = 12
BOUND_TO = b"mailhub-configuration secrets 1"


def check_passphrase(passphrase: str) -> None:
    """Raises ``Invalid`` for one that is too short: whoever has the file may try as often as he likes."""
    if len(passphrase) < SHORTEST:
        text = _("A passphrase has ${count} characters or more.", mapping={"count": SHORTEST})
        raise Invalid.of("/passphrase", "password.too_weak", text)


def sealed_secrets(secrets: Mapping[str, str], passphrase: str, entropy: Entropy) -> dict[str, Any]:
    """As ``schema.SealedSecrets`` has it."""
    salt, nonce = entropy.token_bytes(SALT_BYTES), entropy.token_bytes(NONCE_BYTES)
    plain = json.dumps(dict(secrets), sort_keys=True).encode()
    ciphertext = AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, BOUND_TO)
    texts = {"salt": salt, "nonce": nonce, "ciphertext": ciphertext}
    numbers = {"n": COST, "r": BLOCK_SIZE, "p": PARALLELISM}
    return numbers | {name: base64.b64encode(value).decode() for name, value in texts.items()}


def opened_secrets(sealed: Mapping[str, Any], passphrase: str) -> dict[str, str]:
    """The secrets. Raises ``Invalid`` for another passphrase, or a file that was changed."""
    try:
        salt, nonce, ciphertext = (
            base64.b64decode(sealed[name], validate=True) for name in ("salt", "nonce", "ciphertext")
        )
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, ciphertext, BOUND_TO)
    except (InvalidTag, ValueError):
        text = _("The passphrase is another one, or the file was changed.")
        raise Invalid.of("/secrets", "configuration.wrong_passphrase", text) from None
    secrets: dict[str, str] = json.loads(plain)
    return secrets


def _key(passphrase: str, salt: bytes) -> bytes:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCK_SIZE, p=PARALLELISM)
    return kdf.derive(passphrase.encode())
