"""A certificate as a file: handed out, and checked when somebody brings one.

The file is one line of JSON with the signed text itself, so that every byte counts: document, key (fingerprint),
public_key and signature, in lower-case hexadecimal. ``memadmin/verify_certificate.py`` checks it without a desk.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dashboard.audit import signing
from dashboard.coded import Code
from dashboard.models import Certificate
from dashboard.privacy.certificates import FORMAT, Document

FIELDS = {
    "document": re.compile(r".+", re.DOTALL),
    "key": re.compile(r"[0-9a-f]{64}"),
    "public_key": re.compile(r"[0-9a-f]{64}"),
    "signature": re.compile(r"[0-9a-f]{128}"),
}


class NotACertificate(ValueError):
    """The text is no certificate file at all; the message says so to whoever brought it."""


class Fault(Code):
    """Why a certificate is not valid. The value is a code; the sentence is for readers."""

    SIGNATURE = "signature", "Its signature does not fit: it was changed after it was signed, or made up."
    KEY = "key", "It is signed, but not with a key of this desk: anybody can have made it."
    FORMAT = "format", "A key of this desk signed it, but it is no certificate in a format that this version knows."


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What is known of a certificate that somebody brought."""

    fault: Fault | None
    key: str  # fingerprint
    sha256: str  # of the document, as printed on the page
    document: Document = field(default_factory=dict)  # {} unless it is valid: nobody is shown what nobody signed


def as_text(certificate: Certificate) -> str:
    """The file."""
    values = {name: getattr(certificate, name) for name in FIELDS}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    """Fingerprint of a document, to compare a printed page with a file."""
    return hashlib.sha256(text.encode()).hexdigest()


def check(text: str) -> Checked:
    """Whether this desk signed exactly this. Raises NotACertificate."""
    values = _read(text)
    document, key, public_key = values["document"], values["key"], values["public_key"]
    told = partial(Checked, key=key, sha256=sha256(document))
    if signing.fingerprint(public_key) != key or not signing.is_signed(
        document.encode(), values["signature"], public_key
    ):
        return told(fault=Fault.SIGNATURE)
    if key not in signing.trusted():
        return told(fault=Fault.KEY)
    written = _written(document)
    return told(fault=None if written else Fault.FORMAT, document=written)


def _read(text: str) -> dict[str, str]:
    try:
        values = json.loads(text, object_pairs_hook=_once_each)
        if isinstance(values, dict) and values.keys() == FIELDS.keys() and _fit(values):
            values["document"].encode()
            return values
    except (ValueError, RecursionError):
        pass
    raise NotACertificate("This is not a certificate file as the desk gives them out.")


def _written(document: str) -> Document:
    """{} for what else the desk's key signs: later formats, checkpoints of the audit log."""
    try:
        written = json.loads(document)
    except ValueError:
        return {}
    return written if isinstance(written, dict) and written.get("format") == FORMAT else {}


def _fit(values: dict[str, Any]) -> bool:
    return all(isinstance(value, str) and FIELDS[name].fullmatch(value) for name, value in values.items())


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("A name occurs twice.")
    return values
