"""Sign-in, failed sign-in and sign-out become audit events."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from dashboard import audit
from dashboard.models import Staff


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: Staff, **_: Any) -> None:
    try:
        audit.record(audit.Action.SIGNED_IN, request=request, actor=user.label)
    except audit.AuditUnavailable:
        request.session.flush()  # nobody is signed in without a record of it
        request.user = AnonymousUser()
        raise


@receiver(user_login_failed)
def sign_in_failed(request: HttpRequest | None = None, **_: Any) -> None:
    # The name that was typed is not kept: people type passwords into that box.
    audit.record(audit.Action.SIGN_IN_FAILED, request=request, outcome=audit.Outcome.REFUSED)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: Staff | None, **_: Any) -> None:
    if user is not None:
        audit.record(audit.Action.SIGNED_OUT, request=request, actor=user.label)
