"""The worker, in a thread, while pages are looked at."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from dashboard.models import PrivacyRequest
from dashboard.privacy import finishing, running
from dashboard.privacy.actors import Actor

JOB = Actor.job("test")
SMALL_BATCH = 2
"""Memories erased at a time, where a test wants to see something in between."""


@contextmanager
def worker(asked: PrivacyRequest, on_batch: Callable[[int, int], None] = lambda _done, _total: None) -> Iterator[None]:
    """Carry a request out until it is certified; ``on_batch`` is told how many memories are gone, and of how many."""

    def work() -> None:
        try:
            running.run(asked, JOB, progress=on_batch)
            finishing.finish(JOB)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=60)
