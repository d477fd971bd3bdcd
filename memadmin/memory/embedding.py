"""The offline embedder of the embedded default: wordllama, whose weights come inside its wheel."""

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memadmin.memory.errors import ConfigurationError

if TYPE_CHECKING:
    from wordllama.inference import WordLlamaInference

DIMENSIONS = 256
"""Length of a vector."""


class OfflineEmbedder:
    """Turns texts into vectors on this machine, about 15,000 a second on two cores.

    It has the methods of mem0's ``EmbeddingBase`` (``mem0/embeddings/base.py``) and can stand in for it.
    """

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        """One text -> 256 floats, of length 1. ``memory_action`` makes no difference here."""
        return self.embed_batch([text], memory_action)[0]

    def embed_batch(self, texts: list[str], memory_action: str | None = None) -> list[list[float]]:
        """n texts -> n lists of 256 floats."""
        if not texts:
            return []
        # A text without any known token has no direction: all zeros instead of not-a-number.
        vectors: list[list[float]] = np.nan_to_num(_model().embed(texts, norm=True)).tolist()
        return vectors


_lock = threading.Lock()


def _model() -> "WordLlamaInference":
    with _lock:
        return _loaded_model()


@cache
def _loaded_model() -> "WordLlamaInference":
    try:
        import wordllama  # noqa: PLC0415 - optional: the "embedded" extra
    except ImportError as error:
        raise ConfigurationError(
            "The offline embedder is not installed: pip install 'memadmin[embedded]', "
            "or name an embedder in MEM0_CONFIG."
        ) from error
    # With its default arguments wordllama looks for the tokenizer on the network.
    package = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=package, disable_download=True, dim=DIMENSIONS)
