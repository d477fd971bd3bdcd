"""Legal grounds for erasure: GDPR Art. 17(1)."""

GROUNDS = (
    ("17-1-a", "No longer necessary (Art. 17(1)(a))"),
    ("17-1-b", "Consent withdrawn (Art. 17(1)(b))"),
    ("17-1-c", "The person objects (Art. 17(1)(c))"),
    ("17-1-d", "Processed unlawfully (Art. 17(1)(d))"),
    ("17-1-e", "Required by law (Art. 17(1)(e))"),
    ("17-1-f", "Consent given as a child (Art. 17(1)(f))"),
)
"""Codes that are stored, and the words for them."""


def in_words(code: str) -> str:
    """The ground with this code; "" for an unknown one."""
    return dict(GROUNDS).get(code, "")
