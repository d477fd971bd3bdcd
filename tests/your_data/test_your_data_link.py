"""``manage.py your_data_link``: a link for trying the pages; refused in production."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.desk.conftest import Person
from tests.your_data.conftest import browser

pytestmark = pytest.mark.django_db


def link(capsys: pytest.CaptureFixture[str], user_id: str, *options: str) -> str:
    call_command("your_data_link", user_id, *options)
    return capsys.readouterr().out.strip()


def test_the_link_lets_somebody_in_once(alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    alice.remember("I am vegetarian.")
    address = link(capsys, alice.user_id, "--address", "https://desk.example/")
    assert address.startswith("https://desk.example/your-data/enter?token=")
    path = address.removeprefix("https://desk.example")
    assert "I am vegetarian." in browser().get(path, follow=True).text
    assert "This link does not work" in browser().get(path, follow=True).text


def test_the_link_is_refused_in_production(settings: Any) -> None:
    settings.MEMADMIN_DEBUG = False
    with pytest.raises(CommandError, match="Refused in production"):
        call_command("your_data_link", "u_alice")


def test_the_desk_signs_for_nobody_where_the_application_has_a_private_key(settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_SECRET, settings.MEMADMIN_YOUR_DATA_KEY_FILE = "", "key.pem"
    with pytest.raises(CommandError, match="private key"):
        call_command("your_data_link", "u_alice")


@pytest.mark.parametrize("user_id", ["*", " ", "a\nb"])
def test_a_link_is_for_exactly_one_person(user_id: str) -> None:
    with pytest.raises(CommandError):
        call_command("your_data_link", user_id)
