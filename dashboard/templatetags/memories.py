"""Memory text on a page: what is sensitive stays veiled."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard import veiling, wording
from dashboard.veiling import Part
from dashboard.wording import Piece

register = template.Library()

MARGIN = 300
"""Characters read beyond where a text is cut, so that nothing sensitive is cut before it is found."""


@register.filter
def veil(value: object, most: int | None = None) -> SafeString:
    """Memory text with what is sensitive masked: ``{{ memory.text|veil }}``, in lists ``{{ memory.text|veil:400 }}``.

    Args:
        value: text; what else metadata can hold is written as JSON.
        most: characters after which the text is cut, with an ellipsis.
    """
    return format_html_join("", "{}", ((_written(part),) for part in shown_parts(as_text(value), most)))


@register.filter
def masked(text: str) -> str:
    """The same without a title for each mask, for attributes: ``title="{{ memory.agent_id|masked }}"``."""
    return veiling.veiled(text, region=settings.MEMADMIN_PHONE_REGION)


@register.filter
def is_sensitive(text: str) -> bool:
    """Whether anything in it is veiled: then it is shown, but no link carries it."""
    return bool(veiling.find(text, region=settings.MEMADMIN_PHONE_REGION))


@register.simple_tag
def differences(old: str, new: str) -> SafeString:
    """What went and what came, word by word, veiled; of long stretches that stayed, the ends.

    What is veiled counts as one word, and as another one where the mask alone is the same.
    """
    before, after = shown_parts(old), shown_parts(new)
    signs = _signs([*before, *after])
    masks = str.maketrans({sign: part.veil for part, sign in signs.items()})
    pieces = wording.changes(_signed(before, signs), _signed(after, signs))
    shown = _shortened(tuple(replace(piece, text=piece.text.translate(masks)) for piece in pieces))
    if old != new and [part.veil for part in before] == [part.veil for part in after]:
        return format_html('{} <span class="muted">(only what is veiled differs)</span>', shown)
    return shown


_MEMORY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""mem0 names every memory by a UUID (``mem0/memory/main.py``); anything else in metadata may be about the person."""


@register.filter
def linked(metadata: Mapping[str, Any]) -> list[str]:
    """Ids of earlier memories that this one goes on from or supersedes, as mem0 keeps them."""
    ids = metadata.get("linked_memory_ids")
    return [memory_id for memory_id in ids if _is_memory_id(memory_id)] if isinstance(ids, list) else []


@register.filter
def unlinked(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of the metadata: without the links, where they are shown as such."""
    rest = dict(metadata)
    if linked(metadata):
        rest["linked_memory_ids"] = [one for one in metadata["linked_memory_ids"] if not _is_memory_id(one)]
        if not rest["linked_memory_ids"]:
            del rest["linked_memory_ids"]
    return rest


def shown_parts(text: str, most: int | None = None) -> tuple[Part, ...]:
    """The parts of a text, cut after so many characters; what is sensitive is not cut through."""
    region = settings.MEMADMIN_PHONE_REGION
    if most is None or len(text) <= most:
        return veiling.parts(text, region=region)
    return tuple(_cut(veiling.parts(text[: most + MARGIN], region=region), most))


def as_text(value: object) -> str:
    """A value of metadata as it is written: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_memory_id(value: object) -> bool:
    return isinstance(value, str) and _MEMORY_ID.fullmatch(value) is not None


_PRIVATE_USE = range(0xF0000, 0x110000)
"""Characters without a meaning of their own."""


def _signs(parts: Iterable[Part]) -> dict[Part, str]:
    """For each veiled part a character that stands in for it and in none of the parts."""
    parts = list(parts)
    taken = set().union(*(part.text for part in parts))
    free = (sign for sign in map(chr, _PRIVATE_USE) if sign not in taken)
    return dict(zip(dict.fromkeys(part for part in parts if part.kind), free, strict=False))


def _signed(parts: Iterable[Part], signs: Mapping[Part, str]) -> str:
    return "".join(signs.get(part, part.veil) for part in parts)


def _cut(parts: tuple[Part, ...], most: int) -> Iterator[Part]:
    for part in parts:
        if len(part.text) >= most and not part.kind:
            yield replace(part, text=part.text[:most].rstrip() + "…")
            return
        yield part
        most -= len(part.text)
        if most <= 0:
            yield Part("…", None)
            return


def _written(part: Part) -> SafeString:
    if part.kind is None:
        return format_html("{}", part.text)
    return format_html('<span class="veil" title="{}">{}</span>', part.kind.value, part.veil)


SAME = 240
"""Characters of a stretch that stayed beyond which its middle is left out."""
_MARKS = {
    "same": "{}",
    "removed": '<del><span class="visually-hidden">removed: </span>{}</del>',
    "added": '<ins><span class="visually-hidden">added: </span>{}</ins>',
}


def _shortened(pieces: tuple[Piece, ...]) -> SafeString:
    written = (format_html(_MARKS[piece.change], _ends(piece)) for piece in pieces)
    return format_html_join("", "{}", ((text,) for text in written))


def _ends(piece: Piece) -> str:
    if piece.change != "same" or len(piece.text) <= SAME:
        return piece.text
    return f"{piece.text[: SAME // 2]} … {piece.text[-SAME // 2 :]}"
