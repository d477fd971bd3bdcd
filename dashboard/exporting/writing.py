"""What is held on one person as one zip, or as one file, piece by piece."""

import stat
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice

from django.utils import translation
from stream_zip import ZIP_32, ZIP_64, MemberFile, stream_zip

from dashboard.exporting import formats, pages
from dashboard.exporting.holding import Holding, Progress, gather
from dashboard.models import Tenant
from memadmin.memory import ScopedMemory

FILE_NAME = "your-data.zip"
"""What a download is called; it names nobody."""
AT_ONCE = 2_000
"""Up to so many memories somebody can wait for; more are for :func:`jobs.order`."""
_PIECE = 65_536  # bytes
_LEVEL = 6  # of compression: 9 takes twice the time for one part in a hundred
_LARGE = 50_000_000
"""Bytes of what is held from which a zip may need the 64-bit format, which not every program opens."""
_FOR_ONE = stat.S_IFREG | 0o600

Pieces = Generator[bytes, None, None]


def write(
    tenant: Tenant | None,
    scope: ScopedMemory | None,
    *,
    language: str,
    digest: str = "",
    progress: Progress | None = None,
) -> Pieces:
    """Everything held on one person, as a zip.

    Args:
        tenant: whose. None: somebody who was erased; then ``digest`` says who.
        scope: how their memories are read. None: what there is besides memories.
        language: of words and pages, e.g. "de"; one without a translation means English.
        digest: the person's, see ``audit.tenant_digest``; needed without a tenant only.
        progress: told how many memories are done, and how many there are; at most every 500.

    Raises:
        MemoryScopeError: before the first piece.

    Nothing is recorded here: do that first. Closing it gives the space on disk back.
    """
    return _in_language(language, _written(tenant, scope, digest, progress, _zipped))


def write_json(tenant: Tenant | None, scope: ScopedMemory | None, *, language: str, digest: str = "") -> Pieces:
    """The same as one JSON document, see ``schema.json``."""
    return _in_language(language, _written(tenant, scope, digest, None, lambda held: _pieces(_whole(held))))


def write_csv(tenant: Tenant | None, scope: ScopedMemory | None, *, language: str, digest: str = "") -> Pieces:
    """The memories alone, as CSV."""
    return _in_language(
        language, _written(tenant, scope, digest, None, lambda held: _pieces(formats.memories_csv(held)))
    )


def _written(
    tenant: Tenant | None,
    scope: ScopedMemory | None,
    digest: str,
    progress: Progress | None,
    form: Callable[[Holding], Iterable[bytes]],
) -> Pieces:
    with ExitStack() as until:
        yield from form(gather(tenant, scope, digest=digest, progress=progress, until=until))


def _in_language(language: str, pieces: Pieces) -> Pieces:
    """The pieces, each made in this language; between two of them the language is the caller's."""
    try:
        known = translation.get_supported_language_variant(language)
    except LookupError:
        known = "en"
    try:
        while True:
            with translation.override(known):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece
    finally:
        pieces.close()


def _whole(held: Holding) -> Iterator[str]:
    return formats.document(held, "person", "memories", "requests", "looks")


def _zipped(held: Holding) -> Iterable[bytes]:
    return stream_zip(
        _members(held), chunk_size=_PIECE, get_compressobj=lambda: zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
    )


def _members(held: Holding) -> Iterator[MemberFile]:
    method = ZIP_64 if held.size > _LARGE else ZIP_32
    for name, text in _files(held):
        yield name, held.made_at, _FOR_ONE, method, _pieces(text)


def _files(held: Holding) -> Iterator[tuple[str, Iterator[str]]]:
    """What is in the zip; each is read to its end before the next is begun."""
    yield "README.txt", iter([pages.readme(held)])
    yield "index.html", pages.index(held)
    if held.person is not None:
        yield "person.json", formats.document(held, "person")
    if held.memories is not None:
        remaining = iter(held.memories)
        for part in pages.parts(held):
            yield part.name, pages.page(held, part, islice(remaining, pages.A_PAGE))
        yield "memories.json", formats.document(held, "memories")
        yield "memories.csv", formats.memories_csv(held)
        yield "history.csv", formats.history_csv(held)
    yield "requests.json", formats.document(held, "requests")
    yield "requests.csv", formats.requests_csv(held)
    yield "who-looked.json", formats.document(held, "looks")
    yield "who-looked.csv", formats.looks_csv(held)
    yield "schema.json", iter([formats.schema()])


def _pieces(texts: Iterable[str]) -> Pieces:
    """As UTF-8, some at a time: a store may hold what is no Unicode text."""
    gathered = bytearray()
    for text in texts:
        gathered += text.encode("utf-8", "replace")
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
