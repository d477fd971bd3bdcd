"""URLs of the project: the desk and its sign-in."""

from django.urls import include, path

handler400 = "dashboard.views.errors.bad_request"
handler403 = "dashboard.views.errors.forbidden"
handler404 = "dashboard.views.errors.not_found"
handler500 = "dashboard.views.errors.failed"

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("dashboard.urls")),
]
