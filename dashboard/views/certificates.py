"""Certificates of erasure: for staff to read and hand out, for everybody to check."""

import json
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from dashboard import audit
from dashboard.access import requires
from dashboard.forms import CertificateForm
from dashboard.models import Certificate
from dashboard.privacy import certificate_files, certificates, claims
from dashboard.privacy.certificates import Document
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views.render import page

VERIFIER = Path(settings.BASE_DIR) / "memadmin" / "verify_certificate.py"


@require_safe
@requires(Right.READ_CERTIFICATES)
def show_certificate(request: StaffRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """One certificate, to read and to print."""
    certificate = get_object_or_404(Certificate, pk=certificate_id)
    audit.record(audit.Action.CERTIFICATE_VIEWED, request=request, digest=certificate.tenant_digest)
    sha256 = certificate_files.sha256(certificate.document)
    address = request.build_absolute_uri(reverse("verify-certificate"))
    context = {
        **_said(json.loads(certificate.document)),
        "certificate": certificate,
        "sha256": sha256,
        "address": address,
        "code": f"{address}#{certificate.pk}:{sha256}",
    }
    return page(request, "certificates/show.html", context)


@require_safe
@requires(Right.READ_CERTIFICATES)
def download_certificate(request: StaffRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """One certificate as the file that anybody can check."""
    certificate = get_object_or_404(Certificate, pk=certificate_id)
    audit.record(audit.Action.CERTIFICATE_DOWNLOADED, request=request, digest=certificate.tenant_digest)
    name = {"Content-Disposition": f'attachment; filename="certificate-{certificate.pk}.json"'}
    return HttpResponse(certificate_files.as_text(certificate), content_type="application/json", headers=name)


@csrf_exempt  # it changes nothing, keeps nothing and knows nobody; so nothing is read before its size is known
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def verify_certificate(request: HttpRequest) -> HttpResponse:
    """Whether a certificate is this desk's, and unchanged. Looks at what is brought, never at who was erased."""
    if request.method != "POST":
        return page(request, "certificates/verify.html", {"form": CertificateForm()})
    form = CertificateForm.brought_by(request)
    if not form.is_valid():
        return page(request, "certificates/verify.html", {"form": form}, status=400)
    checked = form.checked
    said = _said(checked.document) if not checked.fault else {}
    return page(request, "certificates/verify.html", {"form": CertificateForm(), "checked": checked, **said})


@require_safe
@login_not_required
def download_certificate_verifier(_request: HttpRequest) -> HttpResponse:
    """The script that checks a certificate, on any machine."""
    name = {"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'}
    return HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python", headers=name)


def _said(document: Document) -> dict[str, Any]:
    """What a document says, for a page."""
    return {
        "document": document,
        "standing": claims.standing(document["verdict"]),
        "places": certificates.place_rows(document),
    }
