"""Every URL of the desk has a decision, for every role."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from dashboard.access import ANY_STAFF
from dashboard.models import Tenant
from dashboard.roles import RIGHTS, Role
from tests.factories import StaffFactory, TenantFactory

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _desk_patterns() -> list[URLPattern]:
    flat: list[URLPattern] = []
    waiting: list[Any] = list(get_resolver().url_patterns)
    while waiting:
        pattern = waiting.pop()
        waiting.extend(getattr(pattern, "url_patterns", []))
        if isinstance(pattern, URLPattern) and pattern.callback.__module__.startswith("dashboard."):
            flat.append(pattern)
    return sorted(flat, key=lambda pattern: str(pattern.name))


PATTERNS = _desk_patterns()
GUARDED = [pattern for pattern in PATTERNS if getattr(pattern.callback, "login_required", True)]
OF_A_TENANT = [pattern for pattern in PATTERNS if "reference" in pattern.pattern.converters]


def _url(pattern: URLPattern, tenant: Tenant) -> str:
    values = {"reference": tenant.reference, "digest": "a" * 64, "mention_id": "1", "part": "1"}
    arguments = {name: values.get(name, str(uuid.uuid4())) for name in pattern.pattern.converters}
    return reverse(str(pattern.name), kwargs=arguments)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_every_view_says_who_may_use_it(pattern: URLPattern) -> None:
    open_to_all = not getattr(pattern.callback, "login_required", True)
    assert open_to_all or getattr(pattern.callback, "required_right", None), (
        f"{pattern.name} declares no right: add @requires(Right...), @any_staff or @login_not_required to its view"
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_role_opens_exactly_what_it_includes(store: None, pattern: URLPattern, role: Role) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(StaffFactory(role=role), backend=BACKEND)
    status = client.get(_url(pattern, TenantFactory())).status_code
    right = getattr(pattern.callback, "required_right", ANY_STAFF)
    allowed = right == ANY_STAFF or right in RIGHTS[role]
    assert (status != 403) == allowed


@pytest.mark.parametrize("pattern", GUARDED, ids=lambda pattern: pattern.name)
def test_nobody_signed_in_is_sent_to_sign_in(store: None, client: Client, pattern: URLPattern) -> None:
    response = client.get(_url(pattern, TenantFactory()))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("pattern", OF_A_TENANT, ids=lambda pattern: pattern.name)
def test_a_superuser_without_a_role_opens_nothing_of_a_tenant(store: None, root: Client, pattern: URLPattern) -> None:
    assert root.get(_url(pattern, TenantFactory())).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("pattern", OF_A_TENANT, ids=lambda pattern: pattern.name)
def test_an_unknown_reference_is_not_found(petra: Client, pattern: URLPattern, method: str) -> None:
    nobody = Tenant(reference="2222-2222-22")
    assert getattr(petra, method)(_url(pattern, nobody)).status_code in {404, 405}


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("pattern", GUARDED, ids=lambda pattern: pattern.name)
def test_a_method_that_no_page_uses_is_not_allowed(
    store: None, sam: Client, petra: Client, pattern: URLPattern, method: str
) -> None:
    statuses = {getattr(client, method)(_url(pattern, TenantFactory())).status_code for client in (sam, petra)}
    assert statuses <= {403, 405}
