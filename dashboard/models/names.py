"""Names as they are looked up: without accents and case, and from any of their words on."""

import unicodedata
from itertools import combinations

from django.db import models

MOST_WORDS = 8
"""Words of a name that a look-up can begin with; later ones are found behind them."""
LONGEST = 255
"""Characters of a key. Four bytes each, they fit into a page of an index."""

# Letters that Unicode takes for letters of their own, and readers for an accented one.
_LIKE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
# Written so where the keyboard has them not: Müller is Mueller; or Muller, as any accent may be left out.
_IN_TWO = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
_APOSTROPHES = "'`´‘’ʼʹ′"  # written in many ways, or not at all
# Not all that is no letter: in many scripts the vowels of a word are marks.
_PUNCTUATION = ("!/", ":@", "[`", "{~", "\u00a1\u00bf", "\u2010\u205e", "\u3001\u303f")  # from, to
_READ_AS = str.maketrans(
    {chr(code): " " for ends in _PUNCTUATION for code in range(ord(ends[0]), ord(ends[1]) + 1)}
    | _LIKE
    | dict.fromkeys(_APOSTROPHES)
)
_BEFORE = str.maketrans(dict.fromkeys(_APOSTROPHES))  # some fall apart into a space and an accent


class NameKey(models.Model):
    """One of the ways to begin a name: "amara okafor" and "okafor amara", so that one index finds either word.

    Written by ``Tenant`` and by ``importing.py``, always in the transaction that writes the tenant's row.
    """

    pk = models.CompositePrimaryKey("tenant_id", "key")
    # A trigger (migration 0007) takes the keys away with their tenant, even those that another transaction is just
    # writing. A constraint would look up the tenant again for each of millions of keys: a third of an import's time.
    tenant = models.ForeignKey(
        "dashboard.Tenant",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # the primary key begins with it
        related_name="name_keys",
    )
    key = models.CharField(max_length=LONGEST, db_collation="C")  # byte by byte: its index finds beginnings, in order

    class Meta:
        indexes = (models.Index("key", name="name_key_prefix"),)

    def __str__(self) -> str:
        return f"name key of tenant {self.tenant_id}"


def visible(text: str, *, keep: str = "") -> str:
    """The text without soft hyphens, direction marks and the like, which nobody sees or types (category Cf).

    Args:
        keep: those of them that stay.
    """
    if text.isascii():
        return text
    return "".join(char for char in text if char in keep or unicodedata.category(char) != "Cf")


def fold(name: str) -> str:
    """A name as it is compared: words in lower case with one space between, no accents, apostrophes or punctuation.

    NFKD without combining marks and full case folding (ß is ss), as in Unicode 15.0, 3.13 and UAX #15; beyond that
    ø, ł, æ and the like count as the letters they resemble. What has no word in it stays as it is.
    """
    lower = visible(name).casefold()
    words = lower.split()
    if not ("".join(words).isalnum() and lower.isascii()):  # many names are, and need no closer look
        words = _plain(lower).translate(_READ_AS).split() or words
    return " ".join(words)[:LONGEST].rstrip()


def _plain(name: str) -> str:
    """Without accents."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name.translate(_BEFORE)).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def spellings(name: str) -> list[str]:
    """A name as it is compared, as in ``fold``; then, if it has such letters, with ü as ue, å as aa and so on.

    Either of two such letters may be written so, of more all or none.
    """
    if name.isascii():
        return [fold(name)]
    composed = unicodedata.normalize("NFC", visible(name).casefold())
    letters = [letter for letter in _IN_TWO if letter in composed]
    ways = [letters] if len(letters) > 2 else [way for most in (1, 2) for way in combinations(letters, most)]
    in_two = [str.maketrans({letter: _IN_TWO[letter] for letter in way}) for way in ways]
    return [fold(name), *(fold(composed.translate(table)) for table in in_two)]


def name_keys(name: str) -> list[str]:
    """The keys of a name: each spelling, begun at each of its words in turn; none for no name."""
    return list(dict.fromkeys(key for folded in spellings(name) for key in _begun_at_each_word(folded)))


def _begun_at_each_word(folded: str) -> list[str]:
    keys, space = [folded], folded.find(" ")
    while space > 0 and len(keys) < MOST_WORDS:
        keys.append(f"{folded[space + 1 :]} {folded[:space]}")
        space = folded.find(" ", space + 1)
    return keys if folded else []
