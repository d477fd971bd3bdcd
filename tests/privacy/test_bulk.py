"""Many erasures from one list: checked row by row, approved as one, no name in the report."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard import tasks
from dashboard.audit import Action
from dashboard.models import AuditEvent, BulkErasure, PrivacyRequest, Tenant
from dashboard.privacy import bulk, bulk_files, holds, previewing
from dashboard.privacy.actors import Actor
from dashboard.privacy.bulk_files import NotAList, parse
from dashboard.privacy.codes import Exemption
from dashboard.privacy.opening import ONE_AT_A_TIME
from dashboard.privacy.states import NotNow, State
from tests.desk.conftest import Person
from tests.factories import TenantFactory
from tests.privacy.conftest import carry_out

TODAY = date(2026, 3, 9)


def _problems(text: str) -> dict[int, str]:
    return {row.number: row.problem for row in parse(text.encode(), TODAY) if row.problem}


# The file.


def test_a_single_column_needs_no_header() -> None:
    assert [row.user_id for row in parse(b"u_1\r\n\r\nu_2\r\n", TODAY)] == ["u_1", "u_2"]


def test_a_header_names_the_columns_in_any_order_after_a_byte_order_mark() -> None:
    (row,) = parse("\ufeffticket,user_id,received_on,note\nT-1,u_1,2026-03-01,by post\n".encode(), TODAY)
    assert (row.user_id, row.ticket, row.received_on, row.note) == ("u_1", "T-1", date(2026, 3, 1), "by post")


def test_each_bad_row_says_what_is_wrong_with_it() -> None:
    problems = _problems("user_id,received_on,ticket\n*,,\nu_1,,\nu_1,,\nu_2,soon,\nu_3,2026-03-10,\nu_4,," + "x" * 65)
    assert list(problems) == [2, 4, 5, 6, 7]
    assert problems[4] == "The same person as in row 3."
    assert problems[6] == "received_on lies in the future."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no user_id"),
        (b"user_id\n", "no user_id"),
        (b"\xff\xfe", "not UTF-8"),
        (b"u_1,T-1\n", "needs a header"),
        (b"user_id,name\nu_1,x\n", "no column “name”"),
        (b'user_id\n"u_1', "not CSV"),
        (b"u\n" * 10_001, "at most 10,000"),
        (b"u" * (bulk_files.LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(data: bytes, why: str) -> None:
    with pytest.raises(NotAList, match=why):
        parse(data, TODAY)


# The people in it.


def _read(*user_ids: str) -> bulk.Rows:
    return bulk.read("\n".join(user_ids).encode())


@pytest.mark.django_db
def test_nobody_is_taken_whom_neither_desk_nor_store_knows(alice: Person, bob: Person) -> None:
    alice.remember("Alice is vegetarian.")  # the store knows her, the directory does not yet
    assert bob.tenant  # the other way round
    rows = _read(alice.user_id, bob.user_id, "u_nobody")
    assert [row.user_id for row in rows.good] == [alice.user_id, bob.user_id]
    assert [(row.number, row.problem[:6]) for row in rows.bad] == [(3, "Nobody")]


@pytest.mark.django_db
def test_whoever_is_held_or_being_erased_is_left_out(store: None, officer: Actor) -> None:
    held, asked = TenantFactory(), TenantFactory()
    holds.place(held, officer, code=Exemption.LEGAL_CLAIMS, reason="A suit.", owner="Legal")
    bulk.open_bulk(_read(asked.user_id).good, officer, ground="17-1-a", file_name="before.csv")
    problems = {row.user_id: row.problem for row in _read(held.user_id, asked.user_id).bad}
    assert "hold" in problems[held.user_id]
    assert problems[asked.user_id] == ONE_AT_A_TIME


# Opening and approving.


@pytest.fixture
def opened(alice: Person, bob: Person, officer: Actor) -> BulkErasure:
    """Petra's list with Alice and Bob."""
    alice.remember("Alice is vegetarian.")
    bob.remember("Bob rows.", "Bob has a cat.")
    rows = _read("user_id,ticket,received_on", f"{alice.user_id},=T-1,2026-03-01", f"{bob.user_id},,")
    return bulk.open_bulk(rows.good, officer, ground="17-1-b", file_name="list.csv")


@pytest.fixture
def previewed(opened: BulkErasure) -> BulkErasure:
    tasks.prepare_bulk(str(opened.pk))
    return opened


@pytest.mark.django_db
def test_the_worker_previews_each_and_until_then_nothing_waits(opened: BulkErasure) -> None:
    assert bulk.standing(opened).waiting == 0
    assert ProcrastinateJob.objects.filter(args={"bulk_id": str(opened.pk)}).exists()
    bulk.prepare(opened)
    standing = bulk.standing(opened)
    assert (standing.states, standing.memories) == ({State.AWAITING_APPROVAL: 2}, 3)
    assert all(len(asked.pinned_digest) == 64 for asked in opened.requests.all())


@pytest.mark.django_db
def test_paul_approves_the_whole_and_each_gets_a_job(previewed: BulkErasure, second_officer: Actor) -> None:
    digest = bulk.standing(previewed).digest
    assert bulk.approve_bulk(previewed, second_officer, digest=digest, count=2) == 2
    assert bulk.standing(previewed).states == {State.SCHEDULED: 2}
    jobs = ProcrastinateJob.objects.filter(task_name="dashboard.tasks.run_erasure")
    assert {job.args["request_id"] for job in jobs} >= {str(asked.pk) for asked in previewed.requests.all()}


@pytest.mark.django_db
def test_the_worker_carries_on_with_a_long_list_but_not_with_what_was_previewed_since(
    previewed: BulkErasure, alice: Person, officer: Actor, second_officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "APPROVED_AT_ONCE", 0)
    bulk.approve_bulk(previewed, second_officer, digest=bulk.standing(previewed).digest, count=2)
    job = ProcrastinateJob.objects.get(task_name="dashboard.tasks.approve_bulk")
    previewing.preview(previewed.requests.get(tenant=alice.tenant), officer)
    tasks.approve_bulk(**job.args)
    assert bulk.standing(previewed).states == {State.AWAITING_APPROVAL: 1, State.SCHEDULED: 1}
    assert previewed.requests.get(state="scheduled").approved_label == second_officer.label


@pytest.mark.django_db
def test_petra_does_not_approve_her_own_list(previewed: BulkErasure, officer: Actor) -> None:
    with pytest.raises(PermissionDenied):
        bulk.approve_bulk(previewed, officer, digest=bulk.standing(previewed).digest, count=2)
    assert bulk.standing(previewed).waiting == 2


@pytest.mark.django_db
def test_another_number_approves_nothing(previewed: BulkErasure, second_officer: Actor) -> None:
    with pytest.raises(NotNow, match="2 requests, not 3"):
        bulk.approve_bulk(previewed, second_officer, digest=bulk.standing(previewed).digest, count=3)


@pytest.mark.django_db
def test_what_was_previewed_anew_since_is_not_approved(
    previewed: BulkErasure, alice: Person, officer: Actor, second_officer: Actor
) -> None:
    seen = bulk.standing(previewed).digest
    alice.remember("Alice moved to Linz.")
    previewing.preview(previewed.requests.get(tenant=alice.tenant), officer)
    with pytest.raises(NotNow, match="previewed anew"):
        bulk.approve_bulk(previewed, second_officer, digest=seen, count=2)


@pytest.mark.django_db
def test_one_that_a_hold_blocks_is_left_out(previewed: BulkErasure, bob: Person, second_officer: Actor) -> None:
    holds.place(bob.tenant, second_officer, code=Exemption.LEGAL_CLAIMS, reason="A suit.", owner="Legal")
    digest = bulk.standing(previewed).digest
    assert bulk.approve_bulk(previewed, second_officer, digest=digest, count=1) == 1
    assert bulk.standing(previewed).states == {State.SCHEDULED: 1, State.BLOCKED: 1}


@pytest.mark.django_db(transaction=True)
def test_the_report_says_what_became_of_each_and_names_nobody(
    previewed: BulkErasure, alice: Person, bob: Person, second_officer: Actor
) -> None:
    bulk.approve_bulk(previewed, second_officer, digest=bulk.standing(previewed).digest, count=2)
    done = carry_out(previewed.requests.get(tenant=alice.tenant))
    report = "".join(bulk.report(previewed))
    assert f'"{done.reference}","\'=T-1","completed","clean","{done.certificate.pk}"\r\n' in report
    assert '"","scheduled","",""\r\n' in report
    assert alice.user_id not in report
    assert bob.user_id not in report


# The pages.


def _upload(client: Client, *lines: str) -> str:
    file = BytesIO("\n".join(lines).encode())
    file.name = "list.csv"
    return client.post(reverse("upload-bulk"), {"file": file, "ground": "17-1-b"}).content.decode()


def _confirmed(html: str) -> dict[str, str]:
    fields = ("sealed", "ground", "file_name")
    found = {name: re.search(f'name="{name}" value="([^"]*)"', html) for name in fields}
    return {**{name: match[1] for name, match in found.items() if match}, "confirmed": "on"}


@pytest.mark.django_db
def test_an_upload_creates_nothing_until_it_is_confirmed(petra: Client, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    html = _upload(petra, alice.user_id, "u_nobody", "*")
    assert "1 of 3 rows can be erased" in html
    assert not PrivacyRequest.objects.exists()
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()
    response = petra.post(reverse("open-bulk"), _confirmed(html))
    asked = PrivacyRequest.objects.get()
    assert response.headers["Location"] == reverse("show-bulk", args=[asked.bulk_id])
    assert (asked.channel, asked.requested_label, asked.ground) == ("csv", "petra", "17-1-b")


@pytest.mark.django_db
def test_a_list_that_was_altered_or_not_confirmed_opens_nothing(petra: Client, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    given = _confirmed(_upload(petra, alice.user_id))
    assert petra.post(reverse("open-bulk"), {**given, "sealed": given["sealed"] + "x"}).status_code == 400
    assert petra.post(reverse("open-bulk"), {**given, "confirmed": ""}).status_code == 400
    assert not PrivacyRequest.objects.exists()


@pytest.mark.django_db
def test_paul_approves_on_the_page_with_the_number_typed(previewed: BulkErasure, petra: Client) -> None:
    url, approve = reverse("show-bulk", args=[previewed.pk]), reverse("approve-bulk", args=[previewed.pk])
    html = petra.get(url).content.decode()  # another Petra than the one who brought it
    digest = re.search('name="digest" value="([0-9a-f]{64})"', html)
    assert digest
    assert "2 requests, not 7" in petra.post(approve, {"digest": digest[1], "count": 7}).content.decode()
    assert petra.post(approve, {"digest": digest[1], "count": 2}).status_code == 302
    assert bulk.standing(previewed).states == {State.SCHEDULED: 2}


@pytest.mark.django_db
def test_the_progress_refreshes_without_an_event_and_shows_only_numbers(previewed: BulkErasure, petra: Client) -> None:
    before = AuditEvent.objects.count()
    html = petra.get(reverse("show-bulk", args=[previewed.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "0 of 2 ended" in html
    assert not any(asked.reference in html for asked in previewed.requests.all())
    assert AuditEvent.objects.count() == before


@pytest.mark.django_db
def test_an_approval_that_is_refused_is_an_event_whoever_asks(previewed: BulkErasure, petra: Client) -> None:
    approve = reverse("approve-bulk", args=[previewed.pk])
    petra.post(approve, {"digest": "", "count": "many"}, headers={"HX-Request": "true"})
    assert AuditEvent.objects.filter(action=Action.BULK_VIEWED).count() == 1


@pytest.mark.django_db
def test_the_report_is_a_file(previewed: BulkErasure, petra: Client) -> None:
    response = petra.get(reverse("download-bulk-report", args=[previewed.pk]))
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(response).count(b"\r\n") == 3


def test_control_characters_in_a_ticket_or_note_are_refused_with_their_row() -> None:
    rows = parse(b"user_id,ticket\nu_1,T\x001\n", TODAY)
    assert [row.problem for row in rows] == ["Ticket and note may hold no control characters."]
