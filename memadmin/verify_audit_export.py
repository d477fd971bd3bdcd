#!/usr/bin/env python3
"""Check an export or an archive of memadmin's audit log, anywhere.

    pip install cryptography
    python verify_audit_export.py FILE --key FINGERPRINT

FILE is JSON Lines (.jsonl), the same compressed (.gz), or CSV (.csv), as the desk gave it out. FINGERPRINT is the
SHA-256 of the desk's public signing key, from somebody you trust (the desk publishes it at
/.well-known/memadmin-keys.json); give it several times if the desk has had several keys.

Exit code 0: every event is what the desk wrote and signed. 1: it is not, or FILE was cut off; the first fault is named.
2: FILE cannot be read, or no key was given, so that nothing was compared with anything.

What it cannot prove: of a filtered export each event is genuine, but others that match may have been left out. Of the
whole log none is missing between the first event and the last that are named; that the log begins and ends there, only
the desk's checkpoints can tell: the first and the last line are not signed, and whoever cuts whole checkpoints off at
either end and makes both lines fit is not found out by this script.

This file stands alone on purpose and shares no code with the desk. What it computes:

    content hash = SHA-256 over the fields below in this order, each as "<bytes>:<text>," (times in microseconds UTC)
    hash         = SHA-256(previous hash + content hash), both in hexadecimal
    checkpoint   = Ed25519 over "memadmin audit checkpoint 1", sequence number, hash, time, key, joined by line feeds
    note         = SHA-256(salt + text) is the event's "commitment"
"""

import argparse
import csv
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "memadmin audit export 1"
FIELDS = (
    "version",
    "seq",
    "at",
    "id",
    "action",
    "outcome",
    "actor_kind",
    "actor_label",
    "tenant_digest",
    "purpose",
    "request_id",
    "counts",
    "ip",
    "user_agent",
    "commitment",
)
MEMBERS = {
    "header": {"format", "made_at", "filter", "ends_at", "left_out"},
    "start": {"seq", "hash"},
    "event": {*FIELDS, "previous_hash", "hash", "note", "salt"},
    "withheld": {"seq", "content_hash"},
    "checkpoint": {"seq", "hash", "at", "key", "public_key", "signature"},
    "end": {"events", "checkpoints"},
}
"""What a line of each kind has, beside its kind: what nothing vouches for is refused."""
DEFUSED = re.compile(r"(^|[,;\t\r\n])([\s\"]*)'")
UNREADABLE = (gzip.BadGzipFile, zlib.error, EOFError, csv.Error, ValueError, LookupError, TypeError, AttributeError)
"""What reading a damaged file can raise."""

CLOCKS_APART = 5 * 60 * 1_000_000
"""Microseconds that the clocks of the desk's database and of who signs may be apart."""

Line = dict[str, str]


class Fault(Exception):
    """The export is not what the desk wrote."""


class Export:
    """Follows the lines of an export; ``check`` raises Fault at the first that does not fit."""

    def __init__(self, header: Line, trusted: set[str]) -> None:
        self.filter = header["filter"]
        self.left_out = int(header["left_out"])
        self.trusted = trusted
        self.proven = self.withheld = self.checkpoints = 0
        self.unproven = 0  # events since the last checkpoint
        self.first = self.seq = -1
        self.at = 0  # when the last event that is shown was written, in microseconds
        self.hash = ""
        self.ended = False

    def check(self, line: Line) -> None:
        kinds = {
            "start": self._start,
            "event": self._event,
            "withheld": self._withheld,
            "checkpoint": self._checkpoint,
            "end": self._end,
        }
        if self.ended:
            raise Fault("Something follows the last line.")
        if line["kind"] not in kinds:
            raise Fault(f"A line is of an unknown kind: {line['kind']}.")
        refuse_unknown_members(line)
        kinds[line["kind"]](line)

    def _start(self, line: Line) -> None:
        if self.unproven:
            raise Fault(f"The {self.unproven} events up to {self.seq} are not followed by their checkpoint.")
        if int(line["seq"]) < self.seq:
            raise Fault(f"The export goes back from event {self.seq} to {line['seq']}.")
        if self.first < 0:
            self.first = int(line["seq"]) + 1
        elif not self.filter and (int(line["seq"]), line["hash"]) != (self.seq, self.hash):
            raise Fault(f"Events {self.seq + 1} to {line['seq']} are missing from an export that leaves none out.")
        self.seq, self.hash = int(line["seq"]), line["hash"]

    def _event(self, line: Line) -> None:
        if line["version"] != "1":
            raise Fault(f"Event {line['seq']} is written in encoding {line['version']}; this script knows 1.")
        self._follow(line, content_hash(line))
        if line["previous_hash"] != self.hash:
            raise Fault(f"Event {line['seq']} does not follow the line before it: something was inserted or removed.")
        self._move(line, content_hash(line))
        if line["hash"] != self.hash:
            raise Fault(f"Event {line['seq']} was changed: its hash does not fit.")
        if (line.get("salt") or line.get("note")) and note_hash(line) != line["commitment"]:
            raise Fault(f"The note of event {line['seq']} was changed.")
        self.at = int(line["at"])
        self.unproven += 1

    def _withheld(self, line: Line) -> None:
        if not self.filter:
            raise Fault(f"Event {line['seq']} is withheld from an export that leaves none out.")
        self._follow(line, line["content_hash"])
        self._move(line, line["content_hash"])
        self.withheld += 1

    def _checkpoint(self, line: Line) -> None:
        if line["key"] not in self.trusted:
            raise Fault(
                f"The checkpoint of event {line['seq']} is signed with a key that you did not name: {line['key']}"
            )
        if hashlib.sha256(bytes.fromhex(line["public_key"])).hexdigest() != line["key"]:
            raise Fault(f"The checkpoint of event {line['seq']} carries another key than it names.")
        if not is_signed(line):
            raise Fault(f"The signature of the checkpoint of event {line['seq']} is wrong.")
        if (int(line["seq"]), line["hash"]) != (self.seq, self.hash):
            raise Fault(f"The events up to {self.seq} are not those that were signed at {line['seq']}.")
        if int(line["at"]) < self.at - CLOCKS_APART:  # a retired key cannot vouch for what came after its time
            raise Fault(f"The checkpoint of event {line['seq']} is dated before an event that it covers.")
        self.proven += self.unproven
        self.unproven = 0
        self.checkpoints += 1

    def _end(self, line: Line) -> None:
        counted = (self.proven + self.unproven, self.checkpoints)
        if (int(line["events"]), int(line["checkpoints"])) != counted:
            raise Fault(
                f"Something was cut out: of {line['events']} events and {line['checkpoints']} checkpoints "
                f"the file has {counted[0]} and {counted[1]}."
            )
        self.ended = True

    def _follow(self, line: Line, content: str) -> None:
        if int(line["seq"]) != self.seq + 1:
            raise Fault(f"After event {self.seq} comes {line['seq']}: something was removed, inserted or reordered.")
        if len(content) != len(hashlib.sha256().hexdigest()):
            raise Fault(f"Event {line['seq']} has no usable content hash.")

    def _move(self, line: Line, content: str) -> None:
        self.seq = int(line["seq"])
        self.hash = hashlib.sha256((self.hash + content).encode("ascii")).hexdigest()


def refuse_unknown_members(line: Line) -> None:
    known = {"kind", *MEMBERS[line["kind"]]}
    if unknown := sorted(name for name, value in line.items() if value != "" and name not in known):
        raise Fault(f"A line of the kind {line['kind']} says what nothing vouches for: {', '.join(unknown)}.")


def content_hash(line: Line) -> str:
    encoded = bytearray()
    for field in FIELDS:
        text = line[field].encode()
        encoded += b"%d:%b," % (len(text), text)
    return hashlib.sha256(encoded).hexdigest()


def note_hash(line: Line) -> str:
    return hashlib.sha256(bytes.fromhex(line.get("salt") or "") + line.get("note", "").encode()).hexdigest()


def is_signed(line: Line) -> bool:
    statement = "\n".join(["memadmin audit checkpoint 1", line["seq"], line["hash"], line["at"], line["key"]])
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line["public_key"]))
    try:
        key.verify(bytes.fromhex(line["signature"]), statement.encode())
    except InvalidSignature:
        return False
    return True


def read(path: Path) -> Iterator[Line]:
    """The lines of an export; the first is its header."""
    with open_text(path) as text:
        if path.name.removesuffix(".gz").endswith(".csv"):
            csv.field_size_limit(sys.maxsize)
            rows = csv.DictReader(text, restkey="", restval="")
            refuse_repeated(rows.fieldnames or ())
            for row in rows:
                yield {name: plain(value) for name, value in row.items() if name}
        else:
            for line in text:
                yield json.loads(line, object_pairs_hook=members)


def members(pairs: list[tuple[str, str]]) -> Line:
    refuse_repeated([name for name, _ in pairs])
    return dict(pairs)


def refuse_repeated(names: Sequence[str]) -> None:
    """Readers differ in which of two values they show."""
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise Fault(f"Something is there twice: {', '.join(repeated)}.")


def open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def plain(cell: str) -> str:
    """A cell without the apostrophes that keep spreadsheets from running it."""
    return DEFUSED.sub(r"\1\2", cell)


def stop(code: int, message: str) -> NoReturn:
    sys.stderr.write(message + "\n")
    sys.exit(code)


def checked(path: Path, trusted: set[str]) -> Export:
    """The whole file, followed to its last line. Raises Fault, and what a damaged file makes of reading it."""
    lines = read(path)
    header = next(lines, {})
    if header.get("format") != FORMAT:
        stop(2, f"{path} is no export that this script knows.")
    refuse_unknown_members({**header, "kind": "header"})
    export = Export(header, trusted)
    for line in lines:
        try:
            export.check(line)
        except UNREADABLE as error:
            raise Fault(f"After event {export.seq} the file cannot be read: {error!r}") from error
    if not export.ended:
        raise Fault(f"The file was cut off after event {export.seq}: its last line is missing.")
    return export


def report(export: Export) -> Iterator[str]:
    """What is proven and what is not, in sentences."""
    yield (
        f"Proven: {export.proven} events as the desk wrote and signed them "
        f"({export.checkpoints} checkpoints, {export.withheld} events withheld)."
    )
    if export.filter:
        yield f"It was filtered ({export.filter!r}): each event is genuine; that none was left out is not proven."
    elif export.first >= 0:
        yield f"None is missing from event {export.first} to event {export.seq}."
    if export.left_out:
        yield f"The log had {export.left_out} later events when it was exported; they are not in the file."
    yield "What the first line says (the filter, when it was made, how many were left out) is not signed."


def main() -> None:
    parser = argparse.ArgumentParser(description="Check an export of memadmin's audit log.")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--key", action="append", default=[], metavar="FINGERPRINT", help="a signing key that you trust"
    )
    options = parser.parse_args()
    if not options.key:
        stop(2, "Name the desk's signing key with --key FINGERPRINT; else the export is only compared with itself.")
    try:
        export = checked(options.file, set(options.key))
    except Fault as fault:
        stop(1, f"BROKEN. {fault}")
    except UNREADABLE as error:
        stop(1, f"BROKEN. The file was cut off or damaged: {error!r}")
    except OSError as error:
        stop(2, f"{options.file} cannot be read: {error.strerror}.")
    if export.unproven:
        message = f"The last {export.unproven} events, up to {export.seq}, are not covered by a checkpoint."
        stop(1, f"NOT PROVEN. {message} The desk could not sign them; ask whether manage.py verify_audit is content.")
    sys.stdout.write("".join(f"{sentence}\n" for sentence in report(export)))


if __name__ == "__main__":
    main()
