"""The registry's public key, pinned here so that no record can bring its own."""

import base64
import binascii
from dataclasses import dataclass

from metadata.parse.strict_json import sha256_hex


@dataclass(frozen=True)
class RegistryKey:
    """An Ed25519 public key: 32 raw bytes in hex, the registry's name for it, and where it was published.

    `signer_id` and `signer_type` are how events name the registry itself.
    """

    key_id: str
    public_key_hex: str
    fingerprint: str
    origin: str
    signer_id: str = "pith.science"
    signer_type: str = "pith_registry"

    @property
    def computed_fingerprint(self) -> str:
        """The first 32 hex digits of the SHA-256 of the key's 32 bytes, which `fingerprint` must equal."""
        return sha256_hex(bytes.fromhex(self.public_key_hex))[:32]

    def problem(self, signature_b64: str, message: bytes) -> str | None:
        """Return why the base64 signature over `message` does not hold under this key, or None if it does."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            signature = base64.b64decode(signature_b64, validate=True)
        except (binascii.Error, ValueError):
            return "the signature is not base64"
        if len(signature) != 64 or base64.b64encode(signature).decode("ascii") != signature_b64:
            return f"the signature is {len(signature)} bytes or not in its one base64 form; expected 64 bytes"
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key_hex)).verify(signature, message)
        except InvalidSignature:
            return f"the signature was not made by the pinned key {self.key_id}"
        return None


PINNED = RegistryKey(
    key_id="pith-v1-2026-05",
    public_key_hex="b2d552b68890857171a78b36a5dccf368a953413288c353f7c9d9d6f94b709b3",
    fingerprint="8d4b5ee74e4693bcd1df2446408b0d54",
    origin="mirror manifest pith-mirrors.json of pith.science, generated 2026-05-19",
)
