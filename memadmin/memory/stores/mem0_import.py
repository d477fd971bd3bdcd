"""Importing mem0 without its side effects.

mem0 decides at import whether it reports to PostHog and where its home is (``mem0/memory/telemetry.py``,
``mem0/memory/setup.py``), prints notices that it fetches from the network, and downloads a spaCy model when
spaCy is installed without one. None of that may happen in a privacy desk, so it is settled before the import.
"""

import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import Any

from memadmin.memory.errors import ConfigurationError


def load_mem0(home: Path) -> Any:
    """Import mem0 with telemetry, notices, downloads and its logging of memory text off.

    Args:
        home: mem0's home directory, unless ``MEM0_DIR`` is set or the process imported mem0 before.
    """
    os.environ["MEM0_TELEMETRY"] = "False"
    if "mem0" not in sys.modules:
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{home} cannot be used: {error.strerror}. Check MEMADMIN_VAR_DIR.") from error
        os.environ.setdefault("MEM0_DIR", str(home))
    # mem0 logs updated and skipped texts (mem0/memory/main.py, _update_memory, _add_to_vector_store);
    # what goes wrong reaches us as an exception.
    logging.getLogger("mem0").setLevel(logging.CRITICAL)
    import mem0  # noqa: PLC0415
    import mem0.memory.main  # noqa: PLC0415
    import mem0.memory.telemetry  # noqa: PLC0415

    mem0.memory.telemetry.MEM0_TELEMETRY = False  # where the host application had imported mem0 already
    mem0.memory.main.MEM0_TELEMETRY = False
    mem0.memory.telemetry.client_telemetry.posthog = None  # MemoryClient reports through this one
    _forbid_model_download()
    return mem0


def _forbid_model_download() -> None:
    """Mark the spaCy model as unavailable instead of letting mem0 fetch it (``mem0/utils/spacy_models.py``)."""
    if importlib.util.find_spec("en_core_web_sm") is None:
        from mem0.utils import spacy_models  # noqa: PLC0415

        spacy_models._load_failed_full = True  # noqa: SLF001 - mem0 has no public switch
        spacy_models._load_failed_lemma = True  # noqa: SLF001
