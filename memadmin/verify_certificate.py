#!/usr/bin/env python3
"""Check a certificate of erasure that a memadmin desk gave out, anywhere.

    pip install cryptography
    python verify_certificate.py CERTIFICATE.json --key FINGERPRINT

FINGERPRINT is the SHA-256 of the desk's public signing key, from somebody you trust (the desk publishes it at
/.well-known/memadmin-keys.json); give it several times if the desk has had several keys.

Exit code 0: it is exactly what the desk signed. 1: it is not. 2: it cannot be read, or no key was given, so that nobody
knows whose certificate it is.

What it cannot prove: more than the certificate says. It speaks of the places that were searched, when they were.

This file stands alone on purpose and shares no code with the desk. What it computes: "key" is the SHA-256 of
"public_key", and "signature" is that key's Ed25519 signature over the UTF-8 bytes of "document".
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "memadmin erasure certificate 1"
HEXADECIMAL = {"key": 64, "public_key": 64, "signature": 128}
"""Fields beside the document, and their lengths."""


class Fault(Exception):
    """The certificate is not what the desk signed."""


class Unreadable(Exception):
    """The file is no certificate."""


def read(path: Path) -> dict[str, str]:
    """The four fields of a certificate. Raises Unreadable."""
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=once_each)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is not JSON.") from error
    if not (isinstance(values, dict) and values.keys() == {"document", *HEXADECIMAL} and fit(values)):
        raise Unreadable(f"{path} is no certificate that this script knows.")
    return values


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError
    return values


def fit(values: dict[str, Any]) -> bool:
    strings = all(isinstance(value, str) for value in values.values())
    return strings and all(re.fullmatch(f"[0-9a-f]{{{size}}}", values[name]) for name, size in HEXADECIMAL.items())


def check(values: dict[str, str], trusted: set[str]) -> dict[str, Any]:
    """What the certificate says. Raises Fault."""
    public_key = bytes.fromhex(values["public_key"])
    if hashlib.sha256(public_key).hexdigest() != values["key"]:
        raise Fault("It carries another key than it names.")
    try:
        signed = values["document"].encode()
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(values["signature"]), signed)
    except (InvalidSignature, ValueError):
        raise Fault("The signature is wrong: it was changed after it was signed, or made up.") from None
    if trusted and values["key"] not in trusted:
        raise Fault(f"It is signed with a key that you did not name: {values['key']}.")
    return document(values["document"])


def document(text: str) -> dict[str, Any]:
    try:
        written = json.loads(text)
    except ValueError:
        written = None
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise Fault("It is signed, but no certificate in a format that this script knows.")
    return written


def report(written: dict[str, Any], sha256: str) -> Iterator[str]:
    """What the certificate says, line by line."""
    yield f"Certificate {written['id']}, issued {written['times']['issued_at']} by {written['issuer'] or 'the desk'}"
    yield f"SHA-256 {sha256}"
    yield ""
    yield written["statement"]
    yield ""
    for place in written["places"]:
        found = "?" if place["found"] is None else place["found"]
        yield f"  {place['place']}: found {found}, removed {place['removed']}"
    for place in written["verdict"]["places"]:
        note = f" ({place['note']})" if place.get("note") else ""
        yield f"  searched afterwards: {place['place']}: {place['status']}, {place.get('count', 0)} left{note}"
    yield ""
    yield "Not covered:"
    yield from (f"  {sentence}" for sentence in written["not_covered"])


def stop(code: int, message: str) -> NoReturn:
    sys.stderr.write(message + "\n")
    sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description="Check a certificate of erasure of a memadmin desk.")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--key", action="append", default=[], metavar="FINGERPRINT", help="a signing key that you trust"
    )
    options = parser.parse_args()
    try:
        values = read(options.file)
        written = check(values, set(options.key))
    except Fault as fault:
        stop(1, f"NOT VALID. {fault}")
    except Unreadable as error:
        stop(2, str(error))
    lines = [*report(written, hashlib.sha256(values["document"].encode()).hexdigest()), ""]
    sys.stdout.write("VALID. It is what the desk signed.\n\n" * bool(options.key) + "\n".join(lines))
    if not options.key:
        stop(
            2,
            f"\nUNDECIDED. It is signed by key {values['key']}, which anybody could have made. Compare the fingerprint "
            "with the one that the desk publishes at /.well-known/memadmin-keys.json, then give it with --key.",
        )


if __name__ == "__main__":
    main()
