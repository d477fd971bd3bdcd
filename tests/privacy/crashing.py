"""Killing an erasure at a chosen moment: SIGKILL in a forked process, as the kernel would do it."""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connections

from dashboard.models import PrivacyRequest
from dashboard.privacy import certificates, finishing, freezing, ledger, moving, tombstones, verification
from memadmin.memory.erasing import ErasureScope
from tests.privacy.conftest import carry_out

MOMENTS: tuple[tuple[Any, str], ...] = (
    (ledger, "opened"),
    (freezing, "freeze"),
    (ErasureScope, "holdings"),
    (ledger, "plan"),
    (ErasureScope, "erase"),
    (ledger, "batch_done"),
    (ErasureScope, "erase_rest"),
    (ledger, "reached"),
    (verification, "ask_another_process"),
    (tombstones, "lay"),
    (freezing, "thaw"),
    (finishing, "scrub"),
    (certificates, "issue"),
    (moving, "record"),
)
"""What changes something, here or in the store. A crash point lies before and after each call."""


def killed(asked: PrivacyRequest, *, at: int) -> bool:
    """Carry an erasure out in a process that is killed at crash point ``at``, from 1; False if it ended before."""
    for connection in connections.all():
        connection.close()
    child = os.fork()
    if child == 0:
        try:
            _forget_the_parents_connections()
            _die_at(at)
            carry_out(asked)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _forget_the_parents_connections() -> None:
    """A thread has others while an event loop runs in it, as after a browser test, and in a child none runs."""
    for connection in connections.all():
        connection.connection = None


def _die_at(point: int) -> None:
    passed = 0

    def pass_one() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            pass_one()
            result = function(*args, **kwargs)
            pass_one()
            return result

        return call

    for place, name in MOMENTS:
        setattr(place, name, deadly(getattr(place, name)))
