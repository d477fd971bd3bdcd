"""Values on disk: read once where they come from, then as often as there are formats."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dashboard import export_files

Entry = dict[str, Any]


class Spool:
    """A list of JSON objects in a file without a name, that only this process can read and that ends with it.

    Args:
        entries: what is in it.
        each: called for each that is put in, and for each that is taken out.
    """

    def __init__(self, entries: Iterable[Entry], each: Callable[[], None] = lambda: None) -> None:
        self._each = each
        self._file = tempfile.TemporaryFile(dir=export_files.folder())  # noqa: SIM115 - closed by close()
        self._length = 0
        try:
            for entry in entries:
                self._file.write(json.dumps(entry, default=str).encode() + b"\n")
                self._length += 1
                each()
        except BaseException:
            self.close()
            raise
        self.size = self._file.tell()
        """Bytes on disk."""

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Entry]:
        """All of them, from the first; one reader at a time."""
        self._file.seek(0)
        for line in self._file:
            self._each()
            yield json.loads(line)

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
