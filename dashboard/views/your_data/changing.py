"""One memory: correct it, forget it, stop using it; at once, or by asking. What came of it."""

import uuid
from collections.abc import Callable

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import audit, erasure, rectification, restriction, turns
from dashboard.access import Visit, for_person
from dashboard.audit import Action, ActorKind
from dashboard.models import AuditEvent
from dashboard.privacy import holds
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import page
from dashboard.views.your_data.reading import found
from dashboard.your_data import asking, wording
from dashboard.your_data.acts import Act, Way, way
from dashboard.your_data_forms import AskForm, CorrectionForm
from memadmin.memory import Memory

GROUND = {"reason": "17-1-b", "note": ""}
"""The person does not want it kept: consent withdrawn, Art. 17(1)(b)."""


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.WITH_MEMORIES)
def correct_memory(request: PersonRequest, memory_id: str) -> HttpResponse:
    """The wording, to be changed; a POST shows what would change."""
    _need(Act.CORRECT, Way.AT_ONCE)
    memory = found(request, memory_id)
    form = CorrectionForm(request.POST if request.method == "POST" else None, initial={"text": memory.text})
    if form.is_valid():
        return _ask_again(request, memory, form.cleaned_data["text"])
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    return page(request, "correct.html", {"memory": memory, "form": form}, status=400 if form.is_bound else 200)


@require_POST
@for_person(Visit.WITH_MEMORIES)
def save_correction(request: PersonRequest, memory_id: str) -> HttpResponse:
    """Save what was looked at; anything else is refused, with the differences of now."""
    _need(Act.CORRECT, Way.AT_ONCE)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return correct_memory(request, memory_id)
    found(request, memory_id)
    text, token = form.cleaned_data["text"], form.cleaned_data["token"]
    try:
        event = rectification.save(request, memory_id, text=text, token=token, reason="")
    except rectification.NotAsChecked:
        current = found(request, memory_id)
        if current.text == text:  # the form was sent twice: it is saved already
            return redirect("show-your-memory", memory_id)
        return _ask_again(request, current, text, refused=True)
    return redirect("show-your-result", event.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.WITH_MEMORIES)
def ask_about_memory(request: PersonRequest, memory_id: str) -> HttpResponse:
    """Have somebody else look at what is wrong."""
    _need(Act.CORRECT, Way.AT_ONCE, Way.ASK)
    memory, form = found(request, memory_id), AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        asked = asking.ask(request, Act.CORRECT, memory_id=memory_id, narrative=form.cleaned_data["narrative"])
        return redirect("show-your-request", asked.pk)
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    return page(request, "ask.html", {"memory": memory, "form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person(Visit.WITH_MEMORIES)
def forget_memory(request: PersonRequest, memory_id: str) -> HttpResponse:
    """Confirm, then forget one memory in every place; or ask for that."""
    _need(Act.FORGET, Way.AT_ONCE, Way.ASK)
    at_once = way(Act.FORGET) is Way.AT_ONCE
    if request.method == "POST" and at_once:
        return redirect("show-your-result", _forgotten_once(request, memory_id).pk)
    memory = found(request, memory_id)
    if request.method == "POST":
        return redirect("show-your-request", asking.ask(request, Act.FORGET, memory_id=memory_id).pk)
    if at_once:
        holds.refuse_if_held(request.tenant)
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    return page(request, "forget.html", {"memory": memory})


@require_POST
@for_person(Visit.WITH_MEMORIES)
def stop_using_memory(request: PersonRequest, memory_id: str) -> HttpResponse:
    """Hide it from the agent until the person allows it again; or ask for that."""
    _need(Act.RESTRICT, Way.AT_ONCE, Way.ASK)
    memory = found(request, memory_id)
    if way(Act.RESTRICT) is Way.ASK:
        return redirect("show-your-request", asking.ask(request, Act.RESTRICT, memory_id=memory_id).pk)
    if memory.restricted:  # the form was sent twice
        return redirect("show-your-memory", memory_id)
    return _hidden_or_not(request, memory_id, restriction.restrict)


@require_POST
@for_person(Visit.WITH_MEMORIES)
def use_memory_again(request: PersonRequest, memory_id: str) -> HttpResponse:
    """Give it back to the agent; or ask for that."""
    _need(Act.RESTRICT, Way.AT_ONCE, Way.ASK)
    memory = found(request, memory_id)
    at_once = way(Act.RESTRICT) is Way.AT_ONCE
    if at_once and memory.restricted:
        return _hidden_or_not(request, memory_id, restriction.lift)
    if at_once:  # the form was sent twice
        return redirect("show-your-memory", memory_id)
    if not memory.restricted:
        raise Http404
    # Named in words only: a restriction that is asked for one memory is done once the agent does not use that one.
    wish = _("Please use this memory again: %(memory)s") % {"memory": memory_id}
    return redirect("show-your-request", asking.ask(request, Act.RESTRICT, narrative=wish).pk)


@require_safe
@for_person(Visit.BEGUN)
def show_your_result(request: PersonRequest, event_id: uuid.UUID) -> HttpResponse:
    """What an act of the person did, as the audit log has it."""
    event = get_object_or_404(
        AuditEvent,
        pk=event_id,
        tenant_digest=request.person.tenant_digest,
        actor_kind=ActorKind.PERSON.value,
        action__in=wording.RESULTS,
    )
    corrected = event.action == Action.MEMORY_RECTIFIED
    audit.record(Action.RECTIFICATION_VIEWED if corrected else Action.DELETION_VIEWED, request=request)
    outcome, sentence = wording.result(event.action, event.counts)
    places = erasure.rows(event.counts, "scrubbed" if corrected else "removed")
    context = {"event": event, "outcome": outcome, "sentence": sentence, "places": places}
    return page(request, "result.html", {**context, "good": wording.GOOD, "failed": wording.FAILED})


def _need(act: Act, *these: Way) -> None:
    """Raises Http404 where the controller does not offer this."""
    if way(act) not in these:
        raise Http404


def _forgotten_once(request: PersonRequest, memory_id: str) -> AuditEvent:
    """Forget it; of a form that was sent twice, also at the same moment, the event of the first.

    Events name no memory. The same form counts as the same request, by whose id the first event is found.

    Raises:
        Http404: not there, and not forgotten in this visit. Held.
    """
    request.request_id = uuid.uuid5(uuid.NAMESPACE_OID, f"forget {memory_id} {request.person.pk}")  # for audit.record
    with transaction.atomic():
        turns.take(f"forget {request.request_id}")
        if request.memory.get(memory_id) is not None:
            return erasure.delete_memory(request, memory_id, GROUND)
    events = AuditEvent.objects.filter(request_id=request.request_id, action=Action.MEMORY_DELETED.value)
    first: AuditEvent | None = events.order_by("seq").last()
    if first is None:
        raise Http404
    return first


def _ask_again(request: PersonRequest, memory: Memory, text: str, *, refused: bool = False) -> HttpResponse:
    """The differences to the wording of now, with a token to save exactly these."""
    audit.record(Action.MEMORY_OPENED, request=request, counts={"shown": 1})
    form = CorrectionForm(initial={"text": text, "token": rectification.check(memory, text)})
    context = {"memory": memory, "form": form, "checked": text, "refused": refused}
    return page(request, "correct.html", context, status=409 if refused else 200)


def _hidden_or_not(request: PersonRequest, memory_id: str, act: Callable[..., Memory | None]) -> HttpResponse:
    if act(request, memory_id, reason="") is None:
        raise Http404
    return redirect("show-your-memory", memory_id)
