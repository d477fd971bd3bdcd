"""Secrets that a laptop makes for itself, so that trying the desk needs no configuration."""

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path


def random_text() -> str:
    """64 random characters."""
    return secrets.token_urlsafe(48)


def kept_secret(path: Path, *, keep: bool, make: Callable[[], str] = random_text) -> str:
    """A secret, the same on every start.

    Args:
        path: where it is kept, readable by this user only.
        keep: False gives a throw-away value and writes nothing; such a process is refused by the system checks.
        make: makes a new one; default: 64 random characters.
    """
    if keep and path.exists():
        return path.read_text(encoding="ascii")
    fresh = make()
    if not keep:
        return fresh
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, delete=False) as file:
        file.write(fresh)
    try:
        os.link(file.name, path)  # at once with its content, so that of two first starts both get the same secret
    except FileExistsError:
        return path.read_text(encoding="ascii")
    finally:
        Path(file.name).unlink()
    return fresh
