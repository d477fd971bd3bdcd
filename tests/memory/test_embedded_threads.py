"""The embedded server in a process of many threads."""

import subprocess
import sys
from pathlib import Path

from memadmin.memory import embedded

ROOT = Path(__file__).parents[2]
FIRST_CALL_BY_EIGHT_THREADS = """
import threading
from concurrent.futures import ThreadPoolExecutor
from memadmin.memory import embedded

gate = threading.Barrier(8)
with ThreadPoolExecutor(8) as pool:
    asked = [pool.submit(lambda: (gate.wait(), embedded.url())[1]) for _ in range(8)]
    print(len({thread.result() for thread in asked}))
"""


def test_threads_that_ask_first_at_the_same_moment_all_get_its_address() -> None:
    embedded.url()  # it runs, as it does when a web worker starts
    command = [sys.executable, "-c", FIRST_CALL_BY_EIGHT_THREADS]
    started = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (started.stdout.strip(), started.stderr) == ("1", "")
