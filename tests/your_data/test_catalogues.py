"""The person's pages speak every language wholly: nothing untranslated, nothing uncertain, nothing stale."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the catalogues were renewed from the code."""
    if shutil.which("xgettext") is None:
        if os.environ.get("CI"):
            pytest.fail("gettext is not installed")
        pytest.skip("gettext is not installed")
    copy = tmp_path_factory.mktemp("catalogues")
    for name in ("dashboard", "memadmin", "templates"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", copy)
    command = [sys.executable, "manage.py", "makemessages", "--all", "--no-location", "--no-obsolete", "--no-wrap"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return copy


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_uncertain(renewed: Path, language: str) -> None:
    catalogue = renewed / f"dashboard/locale/{language}/LC_MESSAGES/django.po"
    checked = subprocess.run(
        ["msgfmt", "--check", "--statistics", "-o", os.devnull, str(catalogue)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    what_to_do = f"run make messages, translate what is empty in dashboard/locale/{language}, and run it again"
    assert not re.search("untranslated|fuzzy", checked.stderr), f"{checked.stderr.strip()}: {what_to_do}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(renewed: Path, language: str, tmp_path: Path) -> None:
    here = ROOT / f"dashboard/locale/{language}/LC_MESSAGES"
    subprocess.run(["msgfmt", "-o", str(tmp_path / "django.mo"), str(here / "django.po")], check=True)
    assert _entries(here / "django.mo") == _entries(tmp_path / "django.mo")


def _entries(compiled: Path) -> dict[object, str]:
    with compiled.open("rb") as file:
        entries = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    entries.pop("", None)  # the header has the date
    return entries


@pytest.mark.parametrize("template", sorted((ROOT / "templates/your_data").rglob("*.html")), ids=lambda path: path.name)
def test_no_text_of_a_page_is_left_out_of_the_catalogues(template: Path) -> None:
    tags = r"{% block main_class %}\w+|{% blocktranslate.*?{% endblocktranslate %}|{[%{#].*?[#}%]}"
    text = re.sub(tags, "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]+)"', text)
    written = re.sub(r"<meta[^>]*'>|<[^>]*>|&\w+;", "", text, flags=re.DOTALL)
    assert not [words for words in (*spoken, written) if re.search(r"[A-Za-z]{2,}", words)]
