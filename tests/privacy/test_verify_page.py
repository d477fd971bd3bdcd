"""Staff read and hand out certificates; everybody can check one, and learns nothing else."""

import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.audit import Action, signing
from dashboard.models import AuditEvent, Certificate
from dashboard.privacy import certificate_files
from dashboard.views.certificates import VERIFIER
from tests.privacy.erased import MARKS, certified, verdict

pytestmark = pytest.mark.django_db
VERIFY = "/verify/"


@pytest.fixture
def certificate(db: None) -> Certificate:
    return certified()


def _bring(client: Client, text: str | bytes) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return client.post(VERIFY, {"file": io.BytesIO(content)})


def _url(name: str, certificate: Certificate) -> str:
    return reverse(name, args=[certificate.pk])


# Staff.


@pytest.mark.parametrize("name", ["show-certificate", "download-certificate"])
def test_petra_and_aude_open_it_and_sam_and_ada_do_not(
    certificate: Certificate, petra: Client, aude: Client, sam: Client, ada: Client, name: str
) -> None:
    statuses = [client.get(_url(name, certificate)).status_code for client in (petra, aude, sam, ada)]
    assert statuses == [200, 200, 403, 403]


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("show-certificate", Action.CERTIFICATE_VIEWED),
        ("download-certificate", Action.CERTIFICATE_DOWNLOADED),
    ],
)
def test_it_is_in_the_log_who_opened_it(certificate: Certificate, aude: Client, name: str, action: Action) -> None:
    aude.get(_url(name, certificate))
    event = AuditEvent.objects.first()
    assert (event.action, event.tenant_digest) == (action, certificate.tenant_digest)


@pytest.mark.parametrize("name", ["show-certificate", "download-certificate"])
def test_an_unknown_certificate_is_not_found(petra: Client, name: str) -> None:
    assert petra.get(reverse(name, args=[uuid.uuid4()])).status_code == 404


def test_the_page_names_nobody_and_has_no_style_of_its_own(certificate: Certificate, aude: Client) -> None:
    html = aude.get(_url("show-certificate", certificate)).content.decode()
    assert [mark for mark in MARKS if mark in html] == []
    assert "<svg " in html
    assert "style=" not in html


def test_the_code_on_the_page_leads_to_the_check_and_carries_no_personal_data(
    certificate: Certificate, aude: Client
) -> None:
    code = aude.get(_url("show-certificate", certificate)).context["code"]
    assert code == f"http://testserver/verify/#{certificate.pk}:{certificate_files.sha256(certificate.document)}"


def test_what_is_downloaded_is_valid(certificate: Certificate, petra: Client, client: Client) -> None:
    assert b"<h2>Valid</h2>" in _bring(client, petra.get(_url("download-certificate", certificate)).content).content


# Everybody.


def test_anybody_checks_a_certificate_without_signing_in(certificate: Certificate, client: Client) -> None:
    response = _bring(client, certificate_files.as_text(certificate))
    assert b"<h2>Valid</h2>" in response.content
    assert b"nothing was found" in response.content
    assert not response.cookies


def test_its_text_can_be_pasted(certificate: Certificate, client: Client) -> None:
    response = client.post(VERIFY, {"text": f" {certificate_files.as_text(certificate)}\r\n"})
    assert b"<h2>Valid</h2>" in response.content


def test_one_changed_byte_is_not_valid_and_nothing_of_it_is_shown(certificate: Certificate, client: Client) -> None:
    html = _bring(client, certificate_files.as_text(certificate).replace("Backups", "Backupz")).content.decode()
    assert "<h2>Not valid</h2>" in html
    assert "Backupz" not in html


def test_a_key_of_somebody_else_is_not_valid(client: Client, settings: Any) -> None:
    settings.MEMADMIN_SIGNING_KEY = signing.new_pem()
    forged = certificate_files.as_text(certified())
    settings.MEMADMIN_SIGNING_KEY = ""
    html = _bring(client, forged).content.decode()
    assert "<h2>Not valid</h2>" in html
    assert "not with a key of this desk" in html


def test_residue_is_not_dressed_up(client: Client) -> None:
    html = _bring(client, certificate_files.as_text(certified(verdict("residue", history="residue")))).content.decode()
    assert "The erasure is not complete" in html
    assert "nothing was found" not in html


def test_checking_asks_the_database_nothing(
    certificate: Certificate, client: Client, django_assert_num_queries: Any
) -> None:
    text = certificate_files.as_text(certificate)
    with django_assert_num_queries(0):
        _bring(client, text)


@pytest.mark.parametrize(
    "brought",
    [b"", b"\xff\xfe\x00", b"[" * 100_000, b"{}", b'{"document": 1}', b'"text"', b"9" * 10_000, b" " * 1_000_001],
)
def test_what_is_no_certificate_is_refused_with_a_reason(client: Client, brought: bytes) -> None:
    response = _bring(client, brought)
    assert response.status_code == 400
    assert b'class="problem" role="alert"' in response.content


def test_nothing_at_all_and_far_too_much_are_refused(client: Client) -> None:
    too_much = client.post(VERIFY, {"text": "9" * 2_100_000})
    assert (client.post(VERIFY).status_code, too_much.status_code) == (400, 400)


def test_names_that_occur_twice_are_refused(certificate: Certificate, client: Client) -> None:
    text = certificate_files.as_text(certificate).replace("{", '{"document":"nobody was erased",', 1)
    assert _bring(client, text).status_code == 400


def test_anybody_can_have_the_script(client: Client) -> None:
    assert client.get(reverse("download-certificate-verifier")).content == VERIFIER.read_bytes()
