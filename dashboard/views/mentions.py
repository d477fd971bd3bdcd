"""Other people's memories that mention the person of a request: found, then kept, redacted or deleted one by one."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.access import requires
from dashboard.models import Mention
from dashboard.privacy import listing, mentions
from dashboard.privacy.actors import Actor
from dashboard.privacy.mentions import Found, Settled
from dashboard.privacy.states import NotNow
from dashboard.privacy_forms import MentionForm, MentionTermsForm
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views import request_page


@require_POST
@requires(Right.ERASE)
def find_mentions(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Search everybody else's memories for the person's names."""
    asked = get_object_or_404(listing.to_show(), pk=request_id)
    form = MentionTermsForm(request.POST)
    if not form.is_valid():
        return request_page.show(request, asked, problem="Type fewer names; nothing was searched.", status=400)
    try:
        found = mentions.find(asked, form.cleaned_data["terms"], Actor.of(request))
    except NotNow as error:
        return request_page.show(request, asked, problem=str(error), status=400)
    messages.add_message(request, *_found(found))
    return redirect("show-request", request_id)


@require_POST
@requires(Right.ERASE)
def decide_mention(request: StaffRequest, request_id: uuid.UUID, mention_id: int) -> HttpResponse:
    """Keep, redact or delete one of them."""
    mention = get_object_or_404(Mention, pk=mention_id, request=request_id)
    asked, form = listing.to_show().get(pk=request_id), MentionForm(request.POST)
    if not form.is_valid():
        return request_page.show(request, asked, problem="Choose: keep, redact or delete.", status=400)
    try:
        given = form.cleaned_data
        settled = mentions.decide(mention, given["decision"], Actor.of(request), terms=given["terms"])
    except NotNow as error:
        return request_page.show(request, asked, problem=str(error), status=400)
    messages.add_message(request, *_settled(settled))
    return redirect("show-request", request_id)


def _found(found: Found) -> tuple[int, str]:
    listed = f"{found.count} of other people’s memories mention this person." if found.count else "Nothing was found."
    if found.complete:
        return messages.SUCCESS, listed
    return messages.WARNING, f"{listed} That may not be all: the store cannot search everything, or there are more."


def _settled(settled: Settled) -> tuple[int, str]:
    if not settled.done:
        return messages.WARNING, "Not done: something of that memory is left. Try again."
    if settled.old_wordings:
        return messages.WARNING, "Done; but the history of that memory still has the old wording. Delete it to be sure."
    return messages.SUCCESS, "Decided, and carried out."
