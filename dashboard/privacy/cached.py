"""What costs a walk through the store is asked for once in a while, by one thread of a process."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class ForAWhile(Generic[_Value]):
    """A function's answer, kept in this process; an error is not kept.

    Args:
        ask: takes nothing. keep: how long its answer holds.
    """

    def __init__(self, ask: Callable[[], _Value], keep: timedelta) -> None:
        self._ask = ask
        self._keep = keep
        self._lock = threading.Lock()
        self._kept: tuple[float, _Value] | None = None

    def __call__(self) -> _Value:
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > self._keep.total_seconds():
                self._kept = (time.monotonic(), self._ask())
            return self._kept[1]

    def forget(self) -> None:
        """Ask anew the next time."""
        with self._lock:
            self._kept = None
