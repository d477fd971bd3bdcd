"""What the desk itself wrote about a person in words, and forgets with them. Codes, dates, numbers and tickets stay."""

from dashboard.models import ErasureRun, Hold, Intake, PersonSession, PrivacyRequest, Tenant

FORGOTTEN = "(forgotten with the person)"


def blank(tenant: Tenant, digest: str) -> None:
    """Empty every free text of this person's requests and holds, and take them out of others' neighbourhoods."""
    PrivacyRequest.objects.filter(tenant_digest=digest).update(
        narrative="", received_note="", extension_reason="", decision_reason=""
    )
    Intake.objects.filter(request__tenant_digest=digest).update(
        email="", narrative="", address="", origin="", closed_note=""
    )
    PersonSession.objects.filter(tenant_digest=digest).update(sealed_user_id="")  # a visit does not look for them again
    Hold.objects.filter(tenant=tenant).update(reason=FORGOTTEN, owner="")
    for run in ErasureRun.objects.filter(neighbours__has_key=tenant.user_id):
        run.neighbours.pop(tenant.user_id)
        run.save(update_fields=["neighbours"])
