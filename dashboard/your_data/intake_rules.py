"""What is decided about a request without an account: limits, codes, verdicts. Pure."""

import ipaddress
import secrets
from datetime import timedelta
from enum import StrEnum

LIFETIME = timedelta(minutes=15)
"""Of a code, from when it is sent; and how long a mail server that is down is waited for."""
KEPT = timedelta(hours=1)
"""How long something is kept whose code was never typed; the limits below are counted over it."""
ATTEMPTS = 3
"""Codes typed, for one that was sent."""
MOST_MAILS, MOST_FORMS = 3, 10
"""Codes sent to one e-mail address, and forms taken from one client, within an hour."""
DIGITS = 8


class Verdict(StrEnum):
    """What is to be done about a code that was typed."""

    RIGHT = "right"
    REPEATED = "repeated"  # right, but it was right before: sent twice, or replayed
    WRONG = "wrong"  # may be typed again
    DEAD = "dead"  # wrong too often, too late, or none was ever sent


def judge(*, fits: bool, attempts: int, in_time: bool, verified: bool) -> Verdict:
    """What a typed code is worth.

    Args:
        fits: whether it is the one that was sent. attempts: how many were typed before this one.
    """
    if verified:
        return Verdict.REPEATED if fits else Verdict.DEAD
    if attempts >= ATTEMPTS or not in_time:
        return Verdict.DEAD
    if fits:
        return Verdict.RIGHT
    return Verdict.WRONG if attempts + 1 < ATTEMPTS else Verdict.DEAD


def draw() -> str:
    """A new code."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 customer has at least; "" is one, too."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(client, ipaddress.IPv4Address):
        return str(client)
    return str(client.ipv4_mapped or ipaddress.ip_network((client, 64), strict=False))
