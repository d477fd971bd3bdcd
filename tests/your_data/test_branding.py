"""The controller's look, and who may show the pages in a frame."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from dashboard.checks import your_data_pages
from dashboard.your_data import branding
from dashboard.your_data.branding import UnusableBrand
from memadmin import settings as configured
from tests.desk.conftest import Person
from tests.your_data.conftest import browser

pytestmark = pytest.mark.django_db

START, COLOURS, LOGO = "/your-data/", reverse("show-brand-colours"), reverse("show-brand-logo")
BLUE, PALE = "#3646b5", "#9fb0ff"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def branded(settings: Any, tmp_path: Path) -> Any:
    """Example Ltd, with a logo, colours, a contact and an application."""
    (tmp_path / "logo.svg").write_bytes(SVG)
    settings.MEMADMIN_CONTROLLER = "Example & Co"
    settings.MEMADMIN_BRAND_LOGO = str(tmp_path / "logo.svg")
    settings.MEMADMIN_BRAND_COLOUR, settings.MEMADMIN_BRAND_COLOUR_DARK = BLUE, PALE
    settings.MEMADMIN_CONTACT = "privacy@example.org"
    settings.MEMADMIN_YOUR_DATA_RETURN = "https://app.example.org/"
    return settings


def errors(code: str) -> list[str]:
    return [str(message.hint) for message in your_data_pages() if message.id == code]


# What the pages show.


def test_the_pages_have_the_controllers_name_logo_colours_contact_and_way_back(branded: Any) -> None:
    text = browser().get(START).text
    for shown in ("Example &amp; Co", LOGO, COLOURS, "mailto:privacy@example.org", "https://app.example.org/"):
        assert shown in text


def test_without_settings_nothing_is_missing_on_the_pages(alices: Client) -> None:
    text = alices.get(START).text
    for absent in (LOGO, COLOURS, "mailto:", 'href=""', 'src=""'):
        assert absent not in text
    assert {alices.get(LOGO).status_code, alices.get(COLOURS).status_code} == {404}


def test_a_contact_can_be_a_page(branded: Any) -> None:
    branded.MEMADMIN_CONTACT = "https://example.org/privacy"
    assert 'href="https://example.org/privacy"' in browser().get(START).text


def test_the_desk_of_staff_keeps_its_own_look(branded: Any, sam: Client) -> None:
    assert COLOURS not in sam.get(reverse("find-tenant")).text


# Colours.


def test_the_colours_are_a_style_sheet_that_a_browser_may_keep(branded: Any) -> None:
    response = browser().get(COLOURS)
    assert response.headers["Content-Type"].startswith("text/css")
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert f"light-dark({BLUE},{PALE})" in response.text


@pytest.mark.parametrize(
    ("day", "night"),
    [
        ("blue", ""), ("#fff", ""), ("#3646b5;}body{display:none", ""), ("#3646b5\n", ""), ("#12345g", ""), (BLUE, "x"),
        ("", PALE),
    ],
)  # fmt: skip
def test_what_is_no_colour_is_refused(branded: Any, day: str, night: str) -> None:
    branded.MEMADMIN_BRAND_COLOUR, branded.MEMADMIN_BRAND_COLOUR_DARK = day, night
    assert "is a colour like" in errors("memadmin.E006")[0] or "contrast" in errors("memadmin.E006")[0]
    assert browser().get(COLOURS).status_code == 404


@pytest.mark.parametrize(
    ("day", "night", "named"),
    [
        (PALE, PALE, "MEMADMIN_BRAND_COLOUR:"),
        (BLUE, BLUE, "MEMADMIN_BRAND_COLOUR_DARK:"),
        (BLUE, "", "Set MEMADMIN_BRAND_COLOUR_DARK, too:"),
        ("#ffffff", PALE, "MEMADMIN_BRAND_COLOUR:"),
    ],
)
def test_a_colour_that_people_cannot_read_is_refused(branded: Any, day: str, night: str, named: str) -> None:
    branded.MEMADMIN_BRAND_COLOUR, branded.MEMADMIN_BRAND_COLOUR_DARK = day, night
    (hint,) = errors("memadmin.E006")
    assert hint.startswith(named)
    assert "contrast" in hint


def test_one_colour_that_is_read_by_day_and_night_is_enough(branded: Any) -> None:
    branded.MEMADMIN_BRAND_COLOUR, branded.MEMADMIN_BRAND_COLOUR_DARK = "#6a75c9", ""
    legible = min(branding.contrast("#6a75c9", ground) for ground in (branding.DAY, branding.NIGHT))
    assert bool(errors("memadmin.E006")) is (legible < branding.LEAST_CONTRAST)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#000000", 21), ("#777777", "#ffffff", 4.48), ("#abcdef", "#abcdef", 1)],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, expected: float) -> None:
    assert branding.contrast(one, other) == pytest.approx(expected, abs=0.01)


# The logo.


@pytest.mark.parametrize(("name", "kind"), [("a.svg", "image/svg+xml"), ("a.PNG", "image/png")])
def test_a_logo_is_an_svg_or_a_png(branded: Any, tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(SVG)
    branded.MEMADMIN_BRAND_LOGO = str(tmp_path / name)
    response = browser().get(LOGO)
    assert (response.headers["Content-Type"], response.content) == (kind, SVG)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    assert errors("memadmin.E006") == []


@pytest.mark.parametrize("name", ["a.html", "a.jpg", "a", "missing.svg", "folder.svg", "large.svg"])
def test_another_logo_is_refused_and_not_served(branded: Any, tmp_path: Path, name: str) -> None:
    for made in ("a.html", "a.jpg", "a"):
        (tmp_path / made).write_bytes(SVG)
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "large.svg").write_bytes(b"x" * (branding.LARGEST_LOGO + 1))
    branded.MEMADMIN_BRAND_LOGO = str(tmp_path / name)
    with pytest.raises(UnusableBrand, match="MEMADMIN_BRAND_LOGO"):
        branding.check()
    assert len(errors("memadmin.E006")) == 1
    assert browser().get(LOGO).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMADMIN_YOUR_DATA_RETURN", "javascript:alert(1)"),
        ("MEMADMIN_YOUR_DATA_RETURN", "app.example.com"),
        ("MEMADMIN_CONTACT", "javascript:alert(1)"),
        ("MEMADMIN_CONTACT", "call us"),
    ],
)
def test_an_address_that_leads_nowhere_stops_the_start(settings: Any, name: str, value: str) -> None:
    setattr(settings, name, value)
    (hint,) = errors("memadmin.E006")
    assert name in hint


# Keys.


@pytest.mark.parametrize(
    ("secret", "content"), [("s" * 31, None), ("", "no key"), ("", ""), ("s" * 32, "both"), ("", "missing")]
)
def test_keys_that_cannot_check_a_token_stop_the_start(
    settings: Any, tmp_path: Path, secret: str, content: str | None
) -> None:
    file = tmp_path / "keys"
    if content not in {None, "missing"}:
        file.write_text(content)
    settings.MEMADMIN_YOUR_DATA_SECRET = secret
    settings.MEMADMIN_YOUR_DATA_KEY_FILE = "" if content is None else str(file)
    (hint,) = errors("memadmin.E005")
    assert "MEMADMIN_YOUR_DATA_" in hint
    assert not secret or secret not in hint


def test_no_keys_at_all_close_the_pages_and_stop_nothing(settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_SECRET = settings.MEMADMIN_YOUR_DATA_KEY_FILE = ""
    assert your_data_pages() == []


# Frames.


def test_nobody_may_show_the_pages_in_a_frame(alices: Client) -> None:
    for address in (START, "/your-data/nowhere", COLOURS):
        response = alices.get(address)
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_exactly_the_configured_origins_may(alices: Client, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_FRAMES = ["https://app.example", "https://other.example:8443"]
    for address in (START, "/your-data/nowhere", "/your-data/who-looked/"):
        response = alices.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors https://app.example https://other.example:8443;" in f"{policy};"
        assert policy.count("frame-ancestors") == 1
        assert "X-Frame-Options" not in response.headers


def test_a_person_who_was_not_let_in_is_told_inside_the_frame(settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_FRAMES = ["https://app.example"]
    refused_form = browser(enforce_csrf_checks=True).post("/your-data/leave")
    for response in (browser().get(START), browser().post("/your-data/enter"), refused_form):
        assert response.status_code == 403
        assert "X-Frame-Options" not in response.headers


def test_the_desk_of_staff_is_in_nobodys_frame(sam: Client, alice: Person, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_FRAMES = ["https://app.example"]
    for address in (reverse("find-tenant"), reverse("verify-certificate"), "/nowhere"):
        response = sam.get(address)
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*.example", "app.example", "https://app.example/", "https://app.example/a", "javascript:x",
     "https://", "https://a.example;", "https://a.example 'self'", "https://user@a.example", "https://A.example?x",
     "https://a.example\n", "https://a.example:", "https://é.example"],
)  # fmt: skip
def test_an_origin_is_written_in_full(origin: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MEMADMIN_YOUR_DATA_FRAMES"):
        configured.origins([origin])


@pytest.mark.parametrize("origin", ["https://app.example", "http://localhost:3000", "https://[::1]:8443"])
def test_an_origin_has_a_scheme_a_host_and_perhaps_a_port(origin: str) -> None:
    assert configured.origins([origin]) == [origin]
