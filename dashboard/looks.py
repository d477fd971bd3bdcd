"""Who looked: what the audit log has about one person, in plain words, for that person.

Not in it: what staff typed, addresses and browsers of staff, and tickets of other people's requests.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from dashboard.audit import Action, ActorKind, Outcome, tenant_digest
from dashboard.models import AuditEvent, Grant, PrivacyRequest, Staff
from dashboard.requests import PersonRequest
from dashboard.roles import Role

AT_ONCE = 500
"""Events read at once for the whole list."""

Words = Promise | str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What an action is called. It has no subject, so that it fits “You” as well as “Support” in every language."""

    done: Words  # "" for what the person is not shown
    counted: Words = ""  # the same with a number, %(n)d
    number: str = "shown"  # which of the event's counts that is
    tried: Words = ""  # where it was refused or failed


@dataclass(frozen=True, slots=True)
class Look:
    """Something that was done about the person."""

    seq: int
    at: datetime
    who: str
    words: str
    ticket: str  # under which it was done; "" if none is known (any more)


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of looks, newest first."""

    looks: list[Look]
    older_than: int | None  # sequence number to go on from; None at the end


_READ = ngettext_lazy("Looked at %(n)d memory.", "Looked at %(n)d memories.", "n")
_HIDDEN = Sentence("")

SENTENCES: dict[Action, Sentence] = {
    Action.SIGNED_IN: _HIDDEN,
    Action.SIGN_IN_FAILED: _HIDDEN,
    Action.SIGNED_OUT: _HIDDEN,
    Action.DENIED: Sentence(_("Asked for something without being allowed to.")),
    Action.TENANT_LOOKED_UP: Sentence(_("Looked you up.")),
    Action.DIRECTORY_IMPORTED: _HIDDEN,
    Action.PURPOSE_ASKED: _HIDDEN,  # nothing is shown until the purpose is stated
    Action.PURPOSE_STATED: Sentence(_("Opened your data and said why.")),
    Action.PURPOSE_ENDED: _HIDDEN,
    Action.MEMORIES_PAGED: Sentence(_("Looked at your memories."), _READ),
    Action.OVERVIEW_VIEWED: Sentence(
        _("Looked at how much is remembered about you."), tried=_("Tried to look at how much is remembered about you.")
    ),
    Action.MEMORIES_SEARCHED: Sentence(
        _("Searched your memories."),
        ngettext_lazy(
            "Searched your memories and saw %(n)d of them.", "Searched your memories and saw %(n)d of them.", "n"
        ),
        tried=_("Tried to search your memories and was shown nothing."),
    ),
    Action.MEMORY_OPENED: Sentence(_("Looked at one memory."), _READ),
    Action.MEMORY_REVEALED: Sentence(
        _("Uncovered a sensitive detail in a memory, such as a card number."),
        tried=_("Tried to uncover a sensitive detail in a memory."),
    ),
    Action.MEMORIES_EXPORTED: Sentence(
        _("Made a copy of everything held on you."),
        ngettext_lazy(
            "Made a copy of everything held on you, with %(n)d memory.",
            "Made a copy of everything held on you, with %(n)d memories.",
            "n",
        ),
        number="memories",
    ),
    Action.MEMORY_RECTIFICATION_ORDERED: Sentence(_("Began to correct one memory.")),
    Action.MEMORY_RECTIFIED: Sentence(
        _("Corrected one memory."), tried=_("Tried to correct one memory; the old wording may still be there.")
    ),
    Action.RECTIFICATION_VIEWED: Sentence(_("Looked at the result of a correction.")),
    Action.MEMORY_RESTRICTION_ORDERED: Sentence(_("Began to take one memory out of use.")),
    Action.MEMORY_RESTRICTED: Sentence(
        _("Took one memory out of use."), tried=_("Tried to take one memory out of use; it may still be used.")
    ),
    Action.RESTRICTION_LIFT_ORDERED: Sentence(_("Began to put one memory back into use.")),
    Action.RESTRICTION_LIFTED: Sentence(
        _("Put one memory back into use."), tried=_("Tried to put one memory back into use.")
    ),
    Action.MEMORIES_DELETION_VIEWED: Sentence(_("Looked at memories before deleting them."), _READ),
    Action.MEMORIES_DELETED: Sentence(
        _("Deleted several memories."),
        ngettext_lazy("Deleted %(n)d memory.", "Deleted %(n)d memories.", "n"),
        number="memories",
        tried=_("Tried to delete several memories; something of them may still be there."),
    ),
    Action.MEMORY_DELETION_ORDERED: Sentence(_("Began to delete one memory.")),
    Action.MEMORY_DELETED: Sentence(
        _("Deleted one memory."), tried=_("Tried to delete one memory; something of it may still be there.")
    ),
    Action.ALL_DELETION_PREVIEWED: Sentence(_("Looked at what deleting everything would remove.")),
    Action.ALL_DELETION_ORDERED: Sentence(_("Began to delete everything.")),
    Action.ALL_DELETED: Sentence(
        _("Deleted everything."), tried=_("Tried to delete everything; something may still be there.")
    ),
    Action.CROSS_TENANT_RECORD: Sentence(_("Was shown nothing, because the answer was not about you alone.")),
    Action.DELETION_VIEWED: Sentence(_("Looked at the result of a deletion.")),
    Action.AUDIT_VIEWED: Sentence(_("Read who had looked at your data.")),
    Action.AUDIT_EXPORTED: Sentence(_("Made a copy of the list of who had looked at your data.")),
    Action.AUDIT_ARCHIVED: _HIDDEN,
    Action.CHECKPOINT_FILE_BEGUN: _HIDDEN,
    Action.NOTES_ERASED: Sentence(_("Erased what staff had typed about you.")),
    Action.REQUESTS_LISTED: _HIDDEN,
    Action.REQUEST_BEGUN: Sentence(_("Opened the form for a request about your data.")),
    Action.REQUEST_OPENED: Sentence(_("Noted a request about your data.")),
    Action.REQUEST_ADDED_TO: Sentence(_("Added words to a request about your data.")),
    Action.REQUEST_VIEWED: Sentence(_("Looked at a request about your data.")),
    Action.IDENTITY_DOUBTED: Sentence(_("Asked you to show who you are.")),
    Action.IDENTITY_CONFIRMED: Sentence(_("Confirmed who you are.")),
    Action.DEADLINE_EXTENDED: Sentence(_("Extended the time to answer your request.")),
    Action.ERASURE_PREVIEWED: Sentence(_("Looked at what an erasure would remove.")),
    Action.ERASURE_SUBMITTED: Sentence(_("Asked for an erasure to be approved.")),
    Action.ERASURE_APPROVED: Sentence(_("Approved an erasure.")),
    Action.ERASURE_RETURNED: Sentence(_("Stopped before anything was erased, because something new was remembered.")),
    Action.ERASURE_BLOCKED: Sentence(_("Put an erasure on hold.")),
    Action.ERASURE_RELEASED: Sentence(_("Let an erasure go on.")),
    Action.ERASURE_STARTED: Sentence(_("Started to erase your data.")),
    Action.ERASURE_VERIFYING: Sentence(_("Erased your data and began to search for anything left.")),
    Action.ERASURE_COMPLETED: Sentence(
        _("Finished erasing your data."), tried=_("Erased your data, but a search afterwards still found something.")
    ),
    Action.ERASURE_CERTIFIED: Sentence(_("Signed the certificate of an erasure.")),
    Action.ERASURE_FAILED: Sentence(_("Could not finish erasing your data; it can go on.")),
    Action.ERASURE_RESUMED: Sentence(_("Went on erasing your data.")),
    Action.REQUEST_REFUSED: Sentence(
        _("Refused a request about your data."), tried=_("Refused a request about your data.")
    ),
    Action.REQUEST_CANCELLED: Sentence(_("Withdrew a request about your data.")),
    Action.REQUEST_FULFILLED: Sentence(_("Did what a request about your data asked for.")),
    Action.HOLDS_VIEWED: Sentence(_("Looked at the legal reasons against erasing your data.")),
    Action.HOLD_PLACED: Sentence(_("Noted a legal reason against erasing your data.")),
    Action.HOLD_RELEASED: Sentence(_("Took back a legal reason against erasing your data.")),
    Action.FLAGS_VIEWED: _HIDDEN,
    Action.FLAG_REVIEWED: _HIDDEN,
    Action.CERTIFICATE_VIEWED: Sentence(_("Looked at the certificate of an erasure.")),
    Action.CERTIFICATE_DOWNLOADED: Sentence(_("Downloaded the certificate of an erasure.")),
    Action.MENTIONS_SEARCHED: Sentence(_("Searched other people's memories for mentions of you.")),
    # Recorded about the person in whose memory somebody else is mentioned, who is not to learn of that.
    Action.MENTION_DECIDED: Sentence(_("Reviewed one of your memories.")),
    Action.MENTION_SETTLED: Sentence(
        _("Carried out the review of one of your memories."),
        tried=_("Tried to carry out the review of one of your memories."),
    ),
    Action.BULK_CHECKED: _HIDDEN,
    Action.BULK_OPENED: _HIDDEN,
    Action.BULK_VIEWED: _HIDDEN,
    Action.BULK_APPROVED: _HIDDEN,
    Action.BULK_REPORTED: _HIDDEN,
    Action.GHOSTS_VIEWED: _HIDDEN,
    Action.GHOSTS_PURGE_ASKED: _HIDDEN,
    Action.GHOSTS_PURGE_REJECTED: _HIDDEN,
    Action.GHOSTS_PURGE_ORDERED: _HIDDEN,
    Action.GHOSTS_PURGED: _HIDDEN,
    Action.PERSON_LEARNED_AGAIN: Sentence(_("Noticed that something is remembered about you again.")),
    Action.YOUR_DATA_ENTERED: Sentence(_("Opened these pages.")),
    Action.YOUR_DATA_REFUSED: Sentence(
        _("Was not let in to these pages."), tried=_("Tried to open these pages and was not let in.")
    ),
    Action.YOUR_DATA_LEFT: Sentence(_("Left these pages.")),
    Action.LOOKS_VIEWED: Sentence(_("Looked at this list.")),
    Action.EXPORT_ORDERED: Sentence(_("Ordered a copy of everything.")),
    Action.EXPORT_MADE: Sentence(
        _("Made the copy that was ordered."), tried=_("Tried to make the copy that was ordered.")
    ),
    Action.EXPORT_FETCHED: Sentence(
        _("Downloaded the copy that was ordered."), tried=_("Tried to download a copy that is not there any more.")
    ),
    Action.INTAKE_ASKED: Sentence(_("Asked for something without signing in.")),
    Action.INTAKE_VERIFIED: Sentence(_("Confirmed an e-mail address.")),
    Action.INTAKE_REFUSED: Sentence(
        _("Could not confirm an e-mail address."), tried=_("Could not confirm an e-mail address.")
    ),
    Action.INTAKE_ROUTED: Sentence(_("Noted a request that came without signing in.")),
    Action.INTAKE_CLOSED: Sentence(_("Closed a request that came without signing in.")),
    Action.INTAKES_VIEWED: _HIDDEN,
    Action.DRILL_RUN: _HIDDEN,
}
"""What each action is called to the person."""

_SHOWN_NOT = [action.value for action, sentence in SENTENCES.items() if not sentence.done]
_OTHER_FORM = _("Sent a form that was refused: it was out of date or came from another site.")
_UNKNOWN = Sentence(_("Did something about your data."))  # an action that a newer desk has written

ROLES: dict[Role, Words] = {
    Role.PRIVACY_OFFICER: _("Privacy officer"),
    Role.SUPPORT: _("Support"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}
"""What staff are called; who has several roles is called by the first."""

_CORRESPONDENT = _("Somebody with a code sent by e-mail")

ACTORS: dict[str, Words] = {
    ActorKind.STAFF: _("A member of staff"),
    ActorKind.PERSON: _("You"),
    ActorKind.JOB: _("The system"),
    ActorKind.COMMAND: _("An operator"),
    ActorKind.API: _("The application"),
    ActorKind.NOBODY: _("Somebody who was not signed in"),
}


def page(digest: str, *, older_than: int | None = None, size: int = 50, own: bool = True) -> Slice:
    """What was done about one person, newest first, in the language that is active now.

    Args:
        digest: the person's, see ``audit.tenant_digest``.
        older_than: sequence number; the slice starts with the next older event.
        size: most looks in it.
        own: also what the person did themselves, on their pages. Default: True.
    """
    events = AuditEvent.objects.filter(tenant_digest=digest).exclude(action__in=_SHOWN_NOT)
    if not own:
        events = events.exclude(actor_kind=ActorKind.PERSON.value, actor_label=PersonRequest.LABEL)
    if older_than is not None:
        events = events.filter(seq__lt=older_than)
    found = list(events.order_by("-seq")[: size + 1])
    shown = found[:size]
    return Slice(_looks(shown, digest), shown[-1].seq if len(found) > size else None)


def every(digest: str) -> Iterator[Look]:
    """The whole list, newest first, as it is when it is begun: the log is only ever added to."""
    older_than: int | None = None
    while True:
        found = page(digest, older_than=older_than, size=AT_ONCE)
        yield from found.looks
        if (older_than := found.older_than) is None:
            return


def _looks(events: Sequence[AuditEvent], digest: str) -> list[Look]:
    under, labels = _Purposes.of(events, digest), _roles_by_label(events)
    return [
        Look(
            seq=event.seq,
            at=event.at,
            who=_who(event, under.roles.get(event.purpose) or labels.get(event.actor_label)),
            words=_words(event),
            ticket=under.tickets.get(event.purpose, ""),
        )
        for event in events
    ]


@dataclass(frozen=True, slots=True)
class _Purposes:
    """What the grants and requests say under which something was done, by their id."""

    tickets: dict[str, str]
    roles: dict[str, Words]

    @classmethod
    def of(cls, events: Sequence[AuditEvent], digest: str) -> "_Purposes":
        ids = {event.purpose for event in events if _is_uuid(event.purpose)}
        grants = Grant.objects.filter(pk__in=ids).select_related("tenant", "staff").prefetch_related("staff__groups")
        own = [grant for grant in grants if tenant_digest(grant.tenant.user_id) == digest]
        # A look at a mention is recorded under the request of somebody else, whose ticket is nobody else's business.
        asked = PrivacyRequest.objects.filter(pk__in=ids, tenant_digest=digest).values_list("pk", "ticket")
        tickets = {str(grant.pk): grant.ticket for grant in own} | {str(pk): ticket for pk, ticket in asked}
        return cls(tickets, {str(grant.pk): role for grant in own if (role := _role(grant.staff))})


def _roles_by_label(events: Sequence[AuditEvent]) -> dict[str, Words]:
    """For what was done without a grant: the role of whoever has this label still."""
    labels = {event.actor_label for event in events if event.actor_kind == ActorKind.STAFF}
    usernames = labels | {found[1] for label in labels if (found := _USERNAME.search(label))}
    staff = Staff.objects.filter(username__in=usernames).prefetch_related("groups")
    return {member.label: role for member in staff if member.label in labels and (role := _role(member))}


_USERNAME = re.compile(r"\(([^()]+)\)$")


def _role(staff: Staff) -> Words:
    names = {group.name for group in staff.groups.all()}
    return next((words for role, words in ROLES.items() if role.value in names), "")


def _who(event: AuditEvent, role: Words | None) -> str:
    if event.actor_kind == ActorKind.PERSON and event.actor_label != PersonRequest.LABEL:
        return str(_CORRESPONDENT)
    if event.actor_kind != ActorKind.STAFF:
        return str(ACTORS[event.actor_kind])
    if settings.MEMADMIN_YOUR_DATA_STAFF_NAMES:
        return event.actor_label
    return str(role or ACTORS[ActorKind.STAFF])


def _words(event: AuditEvent) -> str:
    if event.action == Action.DENIED and event.counts.get("fault") == "csrf":
        return str(_OTHER_FORM)
    sentence = _BY_VALUE.get(event.action, _UNKNOWN)
    if event.outcome != Outcome.DONE:
        return str(sentence.tried) or _not_done(event, sentence)
    number = event.counts.get(sentence.number)
    if sentence.counted and isinstance(number, int):
        return str(sentence.counted % {"n": number})
    return str(sentence.done)


def _not_done(event: AuditEvent, sentence: Sentence) -> str:
    """For what hardly ever fails; some actions are a refusal or a failure by themselves."""
    if event.action in _NEVER_DONE:
        return str(sentence.done)
    if event.outcome == Outcome.REFUSED:
        return gettext("Tried to do something about your data and was refused.")
    return gettext("Tried to do something about your data; it failed.")


_BY_VALUE = {action.value: sentence for action, sentence in SENTENCES.items()}
_NEVER_DONE = {Action.DENIED, Action.CROSS_TENANT_RECORD, Action.ERASURE_FAILED}


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
