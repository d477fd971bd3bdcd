"""Certificates of the person's erasures: to read, to keep, to check."""

import json
import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dashboard import audit
from dashboard.access import Visit, for_person
from dashboard.audit import Action
from dashboard.models import Certificate
from dashboard.privacy import certificate_files, certificates, claims
from dashboard.requests import PersonRequest
from dashboard.views.your_data.pages import page
from dashboard.your_data import asking


@require_safe
@for_person(Visit.BEGUN)
def show_your_certificate(request: PersonRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """What was found, removed and left, and how to check that it is genuine."""
    certificate = _of_this_person(request, certificate_id)
    audit.record(Action.CERTIFICATE_VIEWED, request=request)
    document = json.loads(certificate.document)
    context = {
        "certificate": certificate,
        "document": document,
        "standing": claims.standing(document["verdict"]),
        "places": certificates.place_rows(document),
    }
    return page(request, "certificate.html", context)


@require_safe
@for_person(Visit.BEGUN)
def download_your_certificate(request: PersonRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """The file that anybody can check."""
    certificate = _of_this_person(request, certificate_id)
    audit.record(Action.CERTIFICATE_DOWNLOADED, request=request)
    name = {"Content-Disposition": f'attachment; filename="certificate-{certificate.pk}.json"'}
    return HttpResponse(certificate_files.as_text(certificate), content_type="application/json", headers=name)


def _of_this_person(request: PersonRequest, certificate_id: uuid.UUID) -> Certificate:
    return get_object_or_404(asking.certificates_of(request.person), pk=certificate_id)
