"""After the verification: get the bytes out of the files, once for all erasures that wait, and certify each."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from dashboard import access
from dashboard.audit import Action
from dashboard.models import Certificate, ErasureRun, PrivacyRequest
from dashboard.privacy import certificates, ledger
from dashboard.privacy.actors import Actor
from dashboard.privacy.ledger import Step
from dashboard.privacy.moving import move, record
from dashboard.privacy.states import Verb
from dashboard.privacy.verification import RESIDUE
from memadmin.memory import MemoryScopeError, connect
from memadmin.memory.stores.scrubbing import scrub_log, scrub_tables

DESK_TABLES = (
    "dashboard_tenant",
    "dashboard_namekey",
    "dashboard_externalreference",
    "dashboard_freeze",
    "dashboard_privacyrequest",
    "dashboard_pin",
    "dashboard_hold",
    "dashboard_erasurerun",
    "dashboard_erasurebatch",
    "dashboard_auditnote",
    "dashboard_intake",
)
"""Where the desk itself knew the person."""


def finish(by: Actor, *, only: PrivacyRequest | None = None) -> int:
    """Scrub, then certify every erasure that waits for it; returns how many.

    Args:
        only: certify this one alone. Default: all.

    Raises:
        ImproperlyConfigured: no signing key here; the erasures wait.
    """
    with ledger.alone_finishing():
        return _finish(by, only)


def _finish(by: Actor, only: PrivacyRequest | None) -> int:
    waiting = ErasureRun.objects.filter(step__in=[Step.FORGOTTEN.value, Step.SCRUBBED.value])
    runs = list((waiting.filter(pk=only.pk) if only else waiting).select_related("request"))
    if any(run.step == Step.FORGOTTEN for run in runs):
        scrubbed = scrub()
        for run in runs:
            if run.step == Step.FORGOTTEN:
                ledger.reached(run, Step.SCRUBBED, scrub=scrubbed)
    for run in runs:
        certify(run, by)
    return len(runs)


def scrub() -> list[dict[str, Any]]:
    """Get what was deleted out of the files of the store and of the desk; what cannot be done is said per place."""
    try:
        store = [found.as_dict() for found in connect().scrub()]
    except MemoryScopeError as error:
        store = [_pending("store", str(error))]
    with connection.cursor():  # connected, in autocommit mode
        own = [scrub_tables(connection.connection, DESK_TABLES), scrub_log(connection.connection)]
    return [*store, *({**found.as_dict(), "place": f"desk: {found.place}"} for found in own)]


def scrub_again() -> int:
    """Try again what was pending when an erasure was certified; returns how many records it brought up to date.

    The certificate stays as it was issued; the request's page shows since when the bytes are gone.
    """
    pending = ErasureRun.objects.filter(step=Step.CERTIFIED.value, scrub__contains=[{"status": "pending"}])
    runs = list(pending)
    if not runs:
        return 0
    scrubbed = scrub()
    for run in runs:
        run.scrub = scrubbed
        run.save(update_fields=["scrub"])
    return len(runs)


def certify(run: ErasureRun, by: Actor) -> Certificate:
    """Sign what was found, and end the request."""
    asked = run.request
    left = run.verdict["outcome"] == RESIDUE
    try:
        certificate = certificates.issue(asked, store_label=access.store_label())
    except ImproperlyConfigured:
        ErasureRun.objects.filter(pk=run.pk).update(trouble="The certificate waits for a signing key on the worker.")
        raise
    record(Action.ERASURE_CERTIFIED, asked, by, counts={"found": run.total, "left": int(left)})
    verb = Verb.COMPLETE_WITH_RESIDUE if left else Verb.COMPLETE
    with transaction.atomic():  # a crash in between would leave a request that nobody ends
        ledger.reached(run, Step.CERTIFIED)
        move(asked, verb, by, counts=ledger.removed(run))
    return certificate


def _pending(place: str, note: str) -> dict[str, Any]:
    return {"place": place, "status": "pending", "at": None, "note": note}
