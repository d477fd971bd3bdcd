"""Open once per process: connections must not cross a fork, and threads share one."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Calls ``opener`` on first use in each process and keeps the result.

    Args:
        opener: makes the resource; its error is raised to the caller, and the next call tries again.
    """

    def __init__(self, opener: Callable[[], T]) -> None:
        self._opener = opener
        self._kept: tuple[int, T] | None = None
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self) -> T:
        kept = self._kept
        if kept and kept[0] == os.getpid():
            return kept[1]
        with self._lock:
            if not self._kept or self._kept[0] != os.getpid():
                self._kept = (os.getpid(), self._opener())
            return self._kept[1]

    def opened(self) -> T | None:
        """What this process has open, if anything."""
        return self._kept[1] if self._kept and self._kept[0] == os.getpid() else None

    def forget(self) -> None:
        """Open anew on the next call."""
        self._kept = None

    def _forget(self) -> None:
        self._lock = threading.Lock()  # the parent may have held it while forking
