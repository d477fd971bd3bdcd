"""Events as readers see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.audit.actions import Action
from dashboard.audit.notes import texts_of
from dashboard.models import AuditEvent

_SENTENCES = {action.value: action.sentence for action in Action}


@dataclass(frozen=True, slots=True)
class Row:
    """One event, its sentence, and what was typed beside it."""

    event: AuditEvent
    sentence: str
    note: str  # "" if nothing was typed, or it was erased
    note_erased: bool


def rows_of(events: Sequence[AuditEvent]) -> list[Row]:
    """The same events, with one query for all their notes."""
    notes = texts_of(events)
    return [
        Row(
            event=event,
            sentence=_SENTENCES.get(event.action, event.action),
            note=notes.get(event.id, ""),
            note_erased=bool(event.commitment) and event.id not in notes,
        )
        for event in events
    ]
