"""After a restored backup: everybody who was erased before is erased again, under the approval of then."""

from dataclasses import dataclass

from dashboard.audit import ActorKind
from dashboard.models import PrivacyRequest, Tombstone
from dashboard.privacy import foreground, tombstones
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.running import Progress, Stopped, in_words
from dashboard.privacy.states import NotNow
from dashboard.roles import Right

COMMAND = "command: reapply_erasures"
PROCESSED_UNLAWFULLY = "17-1-d"
"""The ground where that of the first erasure is not known any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reapplied:
    """One person who was erased again, or was to be."""

    tombstone: Tombstone
    asked: PrivacyRequest | None  # None: it broke off
    trouble: str = ""


def reapply(progress: Progress | None = None, *, everybody: bool = False) -> list[Reapplied]:
    """Erase again whom a restored backup has brought back; one who cannot be holds up nobody.

    Args:
        everybody: also those who have only memories from after their erasure: they may have come back of their own
            accord, and then nobody asked for this. Default: only people with memories from before it.

    Raises:
        StoreUnavailable: nobody knows who is there; nothing was done.
    """
    back = tombstones.reapply() if everybody else tombstones.restored()
    return [_again(tombstone, user_id, progress) for tombstone, user_id in back]


def _again(tombstone: Tombstone, user_id: str, progress: Progress | None) -> Reapplied:
    former = tombstone.request
    wanted = Asked(
        kind=Kind.ERASURE,
        channel=Channel.API,
        ground=(former.ground if former else "") or PROCESSED_UNLAWFULLY,
        ticket=former.ticket if former else "",
        narrative="This person was erased before, and a restored backup or an agent has brought them back.",
    )
    try:
        asked = foreground.erase(user_id, wanted, asks=_asks(), approves=_approves(former), progress=progress)
    except (Stopped, NotNow) as error:
        return Reapplied(tombstone=tombstone, asked=foreground.unfinished(user_id), trouble=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the next person is erased
        return Reapplied(tombstone=tombstone, asked=None, trouble=in_words(error))
    return Reapplied(tombstone=tombstone, asked=asked)


def _asks() -> Actor:
    rights = frozenset({Right.PROPOSE})
    return Actor(label=COMMAND, kind=ActorKind.COMMAND, rights=rights, role="operator at the command line")


def _approves(former: PrivacyRequest | None) -> Actor:
    """The approval of then: it was given for the person, who is not to be in the store."""
    then = former.approved_label.removeprefix(_PREFIX) if former else ""
    return Actor(
        label=f"{_PREFIX}{then or 'somebody'}",
        kind=ActorKind.COMMAND,
        rights=frozenset({Right.APPROVE}),
        role=f"operator at the command line, on an approval of {_day_of(former)}",
    )


def _day_of(former: PrivacyRequest | None) -> str:
    return former.approved_at.date().isoformat() if former and former.approved_at else "a day that is not known"


_PREFIX = f"{COMMAND}, as approved before by "
