"""Public keys as they are published. Whoever relies on them compares the fingerprint with one got another way."""

from itertools import pairwise

from dashboard.audit import signing
from dashboard.models import SigningKey


def keys() -> list[dict[str, str | None]]:
    """Trusted keys in order of first use; a key is valid until the next one's first use."""
    trusted = signing.trusted()
    kept = [key for key in SigningKey.objects.order_by("first_used_at") if key.fingerprint in trusted]
    return [
        {
            "fingerprint": key.fingerprint,
            "algorithm": "Ed25519",
            "public_key": key.public_key,
            "valid_from": key.first_used_at.isoformat(),
            "valid_until": following.first_used_at.isoformat() if following else None,
        }
        for key, following in pairwise([*kept, None])
        if key
    ]
