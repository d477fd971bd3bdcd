"""A progress bar on standard error, where somebody is looking."""

import sys
from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """``bar(done, total)`` draws; nothing is drawn into a file or a pipe.

    Args:
        what: unit, in the plural.
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._drawn = False

    def __call__(self, done: int, total: int) -> None:
        if not self._stream.isatty():
            return
        filled = _WIDTH * done // max(total, 1)
        self._stream.write(f"\r[{'#' * filled}{'.' * (_WIDTH - filled)}] {done:,} of {total:,} {self._what}")
        self._stream.flush()
        self._drawn = True

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            self._stream.write("\n")
