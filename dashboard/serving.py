"""Web server, job worker and embedded database of the demo, started and stopped together."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import psutil
from django.conf import settings
from django.core.management.base import CommandError
from filelock import FileLock, Timeout

from memadmin.memory import embedded

HOST = "127.0.0.1"
THREADS = 8
"""Requests that the demo's web server works on at once."""
JOBS = 4
"""Jobs that its worker does at once."""
PATIENCE = 10.0
"""Seconds that a child gets to finish its work before it is killed."""


class Stopped(Exception):
    """SIGINT or SIGTERM arrived."""


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


@contextmanager
def alone() -> Iterator[None]:
    """One serving demo a folder: the first to stop would stop the other's database.

    Raises:
        CommandError: another one is serving from this folder.
    """
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.VAR_DIR / "demo.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout:
        raise CommandError(
            f"A demo is already serving from {settings.VAR_DIR}. "
            "Stop it first, or set MEMADMIN_VAR_DIR to another folder."
        ) from None


def stop_on_signals() -> None:
    """From here on SIGINT and SIGTERM raise Stopped, so that what was started is stopped."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def serve(port: int) -> int:
    """Run until Ctrl-C, SIGTERM or the end of a child; returns the exit code.

    Whatever happens, the children and the embedded database are stopped.
    """
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        children["web server"] = _web_server(port)
        children["job worker"] = _job_worker()
        while all(child.poll() is None for child in children.values()):
            time.sleep(0.2)
    except Stopped:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave a database behind
        for child in children.values():
            _end(child)
        stop_database()
    ended = [f"{name} (exit code {child.returncode})" for name, child in children.items() if child.returncode]
    sys.stderr.write(f"Stopped, because this ended by itself: {', '.join(ended)}\n")
    return 1


def stop_database() -> None:
    """Stop the embedded database, if the desk uses it."""
    if not settings.DATABASE_URL:
        embedded.stop()


def _web_server(port: int) -> subprocess.Popen[bytes]:
    command = ["-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--log-level", "error"]
    command += ["--blocking-threads", str(THREADS)]
    return _child([*command, "memadmin.wsgi:application"])


def _job_worker() -> subprocess.Popen[bytes]:
    return _child(["manage.py", "procrastinate", "worker", "--concurrency", str(JOBS)])


def _child(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread so far
    )


def _end_with_the_parent() -> None:
    """Have the kernel end this child when the demo is killed and cannot do it (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child and what it started: one that is left over would start the database anew."""
    family = psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    _, left = psutil.wait_procs(family, timeout=PATIENCE)
    for process in left:
        process.kill()
    psutil.wait_procs(left)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped
