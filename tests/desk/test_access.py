"""Every URL of the desk, every role, every method: a decision, and an answer that keeps to it.

The matrix is generated from the URL resolver, so a new URL without a decision fails.
"""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve, reverse
from django.urls.converters import IntConverter

from dashboard.access import ANY_STAFF, Visit
from dashboard.models import Tenant
from dashboard.roles import RIGHTS, Role
from dashboard.urls import DigestConverter, ReferenceConverter
from tests.factories import StaffFactory, TenantFactory

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
USED = ("get", "head", "post")
METHODS = (*USED, "put", "patch", "delete")
NO_ROLE = "superuser without a role"
ROLES = (*Role, NO_ROLE)
EVERYBODY, THE_PERSON = "everybody", "the person"
FOR_STRANGERS = {Visit.NONE, Visit.WITHOUT_ACCOUNT}
"""What a page for the person may need to be open to whoever comes."""

SIGN_IN = {
    "account_login",
    "account_logout",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_signup",
    "account_inactive",
    "account_reauthenticate",
}
"""URLs whose views are not the desk's own; none of them knows a tenant."""


def _patterns() -> list[URLPattern]:
    flat: list[URLPattern] = []
    waiting: list[Any] = list(get_resolver().url_patterns)
    while waiting:
        pattern = waiting.pop()
        waiting.extend(getattr(pattern, "url_patterns", []))
        flat += [pattern] if isinstance(pattern, URLPattern) else []
    return sorted(flat, key=lambda pattern: str(pattern.name))


def _decision(view: Any) -> str | None:
    """Who may use a view: a right, any staff, everybody, or the person on their own pages; None if nobody decided."""
    if getattr(view, "for_person", False):
        return THE_PERSON
    return EVERYBODY if not getattr(view, "login_required", True) else getattr(view, "required_right", None)


def _decided(*decisions: str) -> list[URLPattern]:
    return [pattern for pattern in PATTERNS if _decision(pattern.callback) in decisions]


PATTERNS = [pattern for pattern in _patterns() if pattern.callback.__module__.startswith("dashboard.")]
FOR_STAFF = [pattern for pattern in PATTERNS if _decision(pattern.callback) not in {EVERYBODY, THE_PERSON}]
OF_A_TENANT = [pattern for pattern in PATTERNS if "reference" in pattern.pattern.converters]
each_role = pytest.mark.parametrize("role", ROLES)


def each(patterns: list[URLPattern]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pattern", patterns, ids=lambda pattern: pattern.name)


def _url(pattern: URLPattern, tenant: Tenant) -> str:
    return reverse(
        str(pattern.name), kwargs={name: _value(kind, tenant) for name, kind in pattern.pattern.converters.items()}
    )


def _value(converter: object, tenant: Tenant) -> str:
    match converter:
        case ReferenceConverter():
            return tenant.reference
        case DigestConverter():
            return "a" * 64
        case IntConverter():
            return "1"
    return str(uuid.uuid4())


def _signed_in(role: str) -> Client:
    client = Client(raise_request_exception=False)
    fields = {"role": None, "is_superuser": True, "is_staff": True} if role == NO_ROLE else {"role": role}
    client.force_login(StaffFactory(**fields), backend=BACKEND)
    return client


def _answers(client: Client, url: str) -> dict[str, tuple[int, str]]:
    """Status and where it leads to, by method."""
    answers = {method: getattr(client, method)(url) for method in METHODS}
    return {method: (answer.status_code, answer.headers.get("Location", "")) for method, answer in answers.items()}


def _statuses(client: Client, url: str) -> dict[str, int]:
    return {method: status for method, (status, _) in _answers(client, url).items()}


@each(PATTERNS)
def test_every_view_says_who_may_use_it(pattern: URLPattern) -> None:
    assert _decision(pattern.callback), (
        f"{pattern.name} declares no right: add @requires(Right...), @any_staff or @login_not_required to its view"
    )


@each(_decided(THE_PERSON))
def test_a_page_of_the_person_asks_no_member_of_staff_to_sign_in_and_needs_no_right(pattern: URLPattern) -> None:
    assert not getattr(pattern.callback, "login_required", True)
    assert not hasattr(pattern.callback, "required_right")


def test_whatever_is_not_the_desks_own_is_about_signing_in() -> None:
    others = {pattern.name for pattern in _patterns() if pattern not in PATTERNS}
    assert others == SIGN_IN, "Decide who may use it, then name it in SIGN_IN"


@each_role
@each(FOR_STAFF)
def test_a_role_opens_exactly_what_it_includes_by_the_methods_that_are_used(
    store: None, pattern: URLPattern, role: str
) -> None:
    decision, statuses = _decision(pattern.callback), _statuses(_signed_in(role), _url(pattern, TenantFactory()))
    if decision != ANY_STAFF and (role == NO_ROLE or decision not in RIGHTS[Role(role)]):
        assert set(statuses.values()) == {403}
        return
    used = {method for method, status in statuses.items() if status != 405}
    assert used in ({"get", "head"}, {"post"}, set(USED))
    assert all(statuses[method] < 500 and statuses[method] != 403 for method in used)


@each(FOR_STAFF)
def test_nobody_signed_in_is_sent_to_sign_in(store: None, client: Client, pattern: URLPattern) -> None:
    for status, target in _answers(client, _url(pattern, TenantFactory())).values():
        assert status == 302
        assert target.startswith(reverse("account_login"))


@each(_decided(EVERYBODY))
def test_what_is_for_everybody_answers_staff_as_it_answers_a_stranger(
    store: None, client: Client, pattern: URLPattern
) -> None:
    url = _url(pattern, TenantFactory())
    statuses = _statuses(client, url)
    assert {status for method, status in statuses.items() if method not in USED} == {405}
    assert {role: _statuses(_signed_in(role), url) for role in ROLES} == dict.fromkeys(ROLES, statuses)


@each(_decided(THE_PERSON))
def test_to_a_page_of_the_person_staff_are_strangers(store: None, client: Client, pattern: URLPattern) -> None:
    url = _url(pattern, TenantFactory())
    answers = _answers(client, url)
    assert {role: _answers(_signed_in(role), url) for role in ROLES} == dict.fromkeys(ROLES, answers)


@each([pattern for pattern in _decided(THE_PERSON) if pattern.callback.for_person not in FOR_STRANGERS])
def test_a_page_of_the_person_is_closed_to_a_stranger(store: None, client: Client, pattern: URLPattern) -> None:
    for status, target in _answers(client, _url(pattern, TenantFactory())).values():
        assert status in {302, 303, 403, 405}
        assert not target or _decision(resolve(target.partition("?")[0]).func) == THE_PERSON


@each(OF_A_TENANT)
def test_an_unknown_reference_is_not_found(petra: Client, pattern: URLPattern) -> None:
    nobody = Tenant(reference="2222-2222-22")
    assert set(_statuses(petra, _url(pattern, nobody)).values()) == {404}
