"""How far an erasure has come, in words and numbers: for a page that is refreshed while it runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from dashboard.models import ErasureRun, PrivacyRequest
from dashboard.privacy.ledger import Step
from dashboard.privacy.states import State
from memadmin.memory import Place

LIVE = (State.SCHEDULED, State.RUNNING, State.VERIFYING)
"""States that end by themselves."""

WORDS = {
    Step.OPENED: "The worker has taken it on",
    Step.FROZEN: "Agents store nothing of this person any more",
    Step.COLLECTED: "The memories are listed, and other people’s counted",
    Step.ERASED: "The memories are removed",
    Step.SWEPT: "Chat, entities and latecomers are removed",
    Step.VERIFIED: "Another process has looked into every place",
    Step.FORGOTTEN: "The desk has acted on what was found: forgotten the person, or let agents write again",
    Step.SCRUBBED: "The deleted bytes are out of the files, as far as the server allows",
    Step.CERTIFIED: "The certificate is signed",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step."""

    words: str
    is_done: bool
    is_next: bool  # it is being worked on


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place: what was there, what went, what is left."""

    place: str
    found: int | None  # None: it was not counted
    removed: int
    status: str  # clean, residue, unchecked; "": nobody has looked yet
    left: int
    note: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A run as readers see it."""

    run: ErasureRun
    steps: list[StepRow]
    places: list[PlaceRow]
    left: timedelta | None  # until the memories are removed; None: cannot be told, or nothing is left to do


def of(asked: PrivacyRequest) -> Progress | None:
    """This request's run; None if it has none."""
    run = ErasureRun.objects.filter(pk=asked.pk).first()
    if run is None:
        return None
    elapsed = timezone.now() - run.started_at
    return Progress(run, steps(Step(run.step)), _places(run), time_left(elapsed, done=run.done, total=run.total))


def steps(last: Step) -> list[StepRow]:
    """All steps, with ``last`` as the last one that is done."""
    known = list(Step)
    reached = known.index(last)
    return [StepRow(WORDS[step], at <= reached, at == reached + 1) for at, step in enumerate(known)]


def time_left(elapsed: timedelta, *, done: int, total: int) -> timedelta | None:
    """How long the rest takes if it goes on like this; None before the first batch and after the last."""
    if not 0 < done < total:
        return None
    return elapsed * ((total - done) / done)


def _places(run: ErasureRun) -> list[PlaceRow]:
    removed, checked = _removed(run), {found["place"]: found for found in run.verdict.get("places", [])}
    return [
        PlaceRow(
            place=place,
            found=run.found.get(place),
            removed=removed.get(place, 0),
            status=checked.get(place, {}).get("status", ""),
            left=checked.get(place, {}).get("count", 0),
            note=checked.get(place, {}).get("note", ""),
        )
        for place in _in_order({*run.found, *removed, *checked})
    ]


def _removed(run: ErasureRun) -> dict[str, int]:
    """As ``ledger.removed``, without reading the ids of a large erasure every two seconds."""
    sums: dict[str, int] = dict(run.swept)
    for batch in run.batches.values_list("removed", flat=True):
        for place, count in batch.items():
            sums[place] = sums.get(place, 0) + count
    return sums


def _in_order(places: Iterable[str]) -> list[str]:
    known = [place.value for place in Place]
    return sorted(places, key=lambda place: known.index(place) if place in known else len(known))
