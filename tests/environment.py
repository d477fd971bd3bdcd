"""The environment of every test, settled before Django reads its settings: nothing of the developer's own.

Loaded by ``-p tests.environment`` (pyproject.toml), because pytest-django reads the settings before any conftest.
"""

import os
import tempfile

_CONFIGURED = ("DATABASE_URL", "MEM0_API_KEY", "MEM0_HOST", "MEM0_CONFIG", "MEM0_DIR", "OPENAI_API_KEY")


def _isolate_from_the_developer() -> None:
    for name in list(os.environ):
        if name in _CONFIGURED or (name.startswith("MEMADMIN_") and name != "MEMADMIN_TEST_VAR_DIR"):
            del os.environ[name]
    # The first process (under xdist the controller) makes the directory; workers inherit it and share the server.
    shared = os.environ.setdefault("MEMADMIN_TEST_VAR_DIR", tempfile.mkdtemp(prefix="memadmin-tests-"))
    os.environ["MEMADMIN_VAR_DIR"] = shared
    os.environ["MEMADMIN_DEBUG"] = "true"


_isolate_from_the_developer()
