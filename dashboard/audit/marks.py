"""A checkpoint as a statement that somebody outside the database can keep and check. Pure.

statement = "memadmin audit checkpoint 1", sequence number, hash, time in microseconds, fingerprint of the key;
            joined by line feeds, in UTF-8, signed with Ed25519
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.audit.signing import fingerprint, is_signed

_PADDING = "\0 \r\n"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Mark:
    """ "Event ``seq`` had this hash at this time", signed."""

    seq: int
    hash: str
    at: int  # microseconds since 1970-01-01 UTC
    key: str  # fingerprint
    public_key: str
    signature: str = ""
    delivered: bool = False  # read from a copy outside the database

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return f"memadmin audit checkpoint 1\n{self.seq}\n{self.hash}\n{self.at}\n{self.key}".encode()

    @property
    def is_genuine(self) -> bool:
        """Whether the key that it names signed it. Whether the key is believed is another question."""
        return _fits(self.key, self.public_key) and is_signed(self.statement, self.signature, self.public_key)

    def as_line(self) -> str:
        """One line of JSON, as it is delivered."""
        values = {key: value for key, value in asdict(self).items() if key != "delivered"}
        return json.dumps({"kind": "checkpoint", **values}, sort_keys=True)


class NotACheckpoint(ValueError):
    """A line of a delivered file is something else."""


def parse(line: str) -> Mark:
    """A delivered line again. Raises NotACheckpoint."""
    try:
        values: dict[str, Any] = json.loads(line)
        return Mark(
            seq=int(values["seq"]),
            hash=str(values["hash"]),
            at=int(values["at"]),
            key=str(values["key"]),
            public_key=str(values["public_key"]),
            signature=str(values["signature"]),
            delivered=True,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise NotACheckpoint(f"This line is no checkpoint: {line[:80]!r}") from error


def parse_lines(lines: Iterable[str]) -> tuple[list[Mark], int]:
    """All lines of a delivered file, and how many were cut off by a loss of power and never written again.

    Raises:
        NotACheckpoint: a line is neither a checkpoint nor the beginning of one.
    """
    parsed, cut = list[Mark](), list[str]()
    for line in (line.strip(_PADDING) for line in lines):
        if is_whole(line):
            parsed.append(parse(line))
            cut = [beginning for beginning in cut if not line.startswith(beginning)]
        elif line:
            cut.append(line)
    return parsed, len(cut)


def is_whole(line: str) -> bool:
    """Whether a line is more than the beginning of a checkpoint."""
    text = line.strip(_PADDING)
    return bool(text) and (text[0] != "{" or text[-1] == "}")


def _fits(key: str, public_key: str) -> bool:
    try:
        return fingerprint(public_key) == key
    except ValueError:
        return False
