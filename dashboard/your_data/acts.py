"""What the person may do on these pages: at once, by asking staff, or not at all. A setting per act."""

from enum import StrEnum

from django.conf import settings

from dashboard.privacy.codes import Kind


class Act(StrEnum):
    """Something that the person can do; the value ends the name of its setting."""

    CORRECT = "CORRECT"
    FORGET = "FORGET"
    RESTRICT = "RESTRICT"
    DOWNLOAD = "DOWNLOAD"
    FORGET_EVERYTHING = "FORGET_EVERYTHING"


class Way(StrEnum):
    """How it is done."""

    AT_ONCE = "at-once"
    ASK = "ask"
    OFF = "off"


ASKED_AS = {
    Act.CORRECT: Kind.RECTIFICATION,
    Act.FORGET: Kind.REMOVAL,
    Act.RESTRICT: Kind.RESTRICTION,
    Act.DOWNLOAD: Kind.ACCESS,
    Act.FORGET_EVERYTHING: Kind.ERASURE,
}
"""What kind of request each act opens where it is asked for."""


def way(act: Act) -> Way:
    """How this act is done here."""
    return Way(getattr(settings, f"MEMADMIN_YOUR_DATA_{act.value}"))


def ways() -> dict[str, str]:
    """All of them, for templates: ``{% if way.CORRECT == "at-once" %}``."""
    return {act.value: way(act).value for act in Act}
