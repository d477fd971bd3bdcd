"""URLs of the project: the desk and its sign-in."""

from typing import NoReturn

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.urls import include, path

handler400 = "dashboard.views.errors.bad_request"
handler403 = "dashboard.views.errors.forbidden"
handler404 = "dashboard.views.errors.not_found"
handler500 = "dashboard.views.errors.failed"


@login_not_required
def closed(_request: HttpRequest) -> NoReturn:
    """A page that this desk does not offer."""
    raise Http404


urlpatterns = [
    # Sign-in, by allauth. Accounts and forgotten passwords are the administrator's business: those pages stay closed,
    # though allauth asks for their names.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", closed, name="account_set_password"),
    path("accounts/password/reset/", closed, name="account_reset_password"),
    path("accounts/signup/", closed, name="account_signup"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("", include("dashboard.urls")),
]
