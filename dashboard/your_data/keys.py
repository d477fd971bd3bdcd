"""Which keys the host application's tokens are checked with, from the settings."""

from functools import cache
from pathlib import Path

from django.conf import settings

from dashboard.your_data import tokens
from dashboard.your_data.tokens import Key, UnusableKeys


def configured() -> tuple[Key, ...]:
    """The keys; none: the pages are closed. Raises UnusableKeys (``checks.py`` stops the start over it)."""
    return _keys(settings.MEMADMIN_YOUR_DATA_SECRET, settings.MEMADMIN_YOUR_DATA_KEY_FILE)


@cache
def _keys(secret: str, file: str) -> tuple[Key, ...]:
    if secret and file:
        raise UnusableKeys("Set MEMADMIN_YOUR_DATA_SECRET or MEMADMIN_YOUR_DATA_KEY_FILE, not both.")
    if secret:
        return tokens.shared(secret)
    return tokens.published(_read(file)) if file else ()


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKeys("MEMADMIN_YOUR_DATA_KEY_FILE cannot be read.") from error
