"""Web server, job worker and embedded database of the demo, started and stopped together."""

import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

from django.conf import settings

from memadmin.memory import embedded

HOST = "127.0.0.1"
THREADS = 8
"""Requests that the demo's web server works on at once."""
PATIENCE = 10.0
"""Seconds that a child gets to finish its work before it is killed."""


class Stopped(Exception):
    """SIGINT or SIGTERM arrived."""


def port_is_free(port: int) -> bool:
    """Whether nothing listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def serve(port: int) -> int:
    """Run until Ctrl-C, SIGTERM or the end of a child; returns the exit code.

    Raises nothing: whatever happens, the children and the embedded database are stopped.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    children = {"web server": _web_server(port), "job worker": _job_worker()}
    try:
        while all(child.poll() is None for child in children.values()):
            time.sleep(0.2)
    except Stopped:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave a database behind
        for child in children.values():
            _end(child)
        if not settings.DATABASE_URL:
            embedded.stop()
    ended = [f"{name} (exit code {child.returncode})" for name, child in children.items() if child.returncode]
    sys.stderr.write(f"Stopped, because this ended by itself: {', '.join(ended)}\n")
    return 1


def _web_server(port: int) -> subprocess.Popen[bytes]:
    command = ["-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--log-level", "error"]
    command += ["--blocking-threads", str(THREADS)]
    return subprocess.Popen([sys.executable, *command, "memadmin.wsgi:application"], cwd=settings.BASE_DIR)  # noqa: S603


def _job_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "procrastinate", "worker"], cwd=settings.BASE_DIR)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped
