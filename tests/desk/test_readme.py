"""The README names what there is."""

import re
from pathlib import Path

import pytest

from dashboard.privacy.states import diagram

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = re.findall(
    r'(?:env\.\w+|flag|one_of)\(\s*"(\w+)"', (ROOT / "memadmin/settings.py").read_text(encoding="utf-8")
)
COMMANDS = [file.stem for file in (ROOT / "dashboard/management/commands").glob("[a-z]*.py")]


@pytest.mark.parametrize("name", sorted({*SETTINGS, "MEM0_CONFIG", "MEM0_API_KEY", "MEM0_HOST", "MEMADMIN_VAR_DIR"}))
def test_every_setting_is_in_its_table(name: str) -> None:
    assert f"`{name}`" in README, f"Document {name} in the README's table of settings"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_its_table(name: str) -> None:
    assert f"`manage.py {name}" in README, f"Document manage.py {name} in the README's table of commands"


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_to_a_file_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_picture_of_a_requests_states_is_made_from_the_code() -> None:
    assert f"```mermaid\n{diagram()}\n```" in README, "Put dashboard.privacy.states.diagram() into the README"
