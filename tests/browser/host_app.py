"""A host application in its smallest form: how somebody gets from their account to the "your data" pages of the desk.

To try it beside a running desk, with the secret that the desk has:

    MEMADMIN_YOUR_DATA_SECRET=... python -m tests.browser.host_app --desk http://127.0.0.1:8000 --user-id u_1042

What an application has to do is in ``HostApp.hand_over``: sign a token for whoever is signed in, and have their browser
POST it. A POST keeps the token out of addresses, and so out of histories and logs.
"""

import argparse
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from memadmin.memory import your_data_token

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title><link rel="icon" href="data:,">
  </head>
  <body><main><h1>{title}</h1>{content}</main></body>
</html>"""

ACCOUNT = '<p><a href="/your-data">Your data</a></p><p><a href="/your-data/here">Your data on this page</a></p>'

HAND_OVER = """
<form id="hand-over" method="post" action="{enter}" target="{target}">
  <input type="hidden" name="token" value="{token}">
  <button type="submit">Continue</button>
</form>
<script>document.getElementById("hand-over").submit()</script>
"""
"""The form sends itself; the button is for browsers without JavaScript."""

FRAME = '<iframe name="your-data" title="Your data" width="800" height="600"></iframe>'


class HostApp:
    """The application, and who is signed in to it."""

    def __init__(self, *, desk: str, secret: str, user_id: str) -> None:
        self.desk = desk  # origin, like https://desk.example
        self.secret = secret  # MEMADMIN_YOUR_DATA_SECRET of the desk
        self.user_id = user_id  # of a real application: from the session of whoever asks, never from the request
        self.address = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pages = {
            "/": lambda: page("Your account", ACCOUNT),
            "/your-data": lambda: page("Your data", self.hand_over()),
            # The form is sent into the frame. The desk names our origin in MEMADMIN_YOUR_DATA_FRAMES.
            "/your-data/here": lambda: page("Your data", FRAME + self.hand_over(target="your-data")),
        }
        found = pages.get(str(environ["PATH_INFO"]))
        # A token is good once and for minutes: neither the browser nor a proxy may keep the page with it.
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        start_response("200 OK" if found else "404 Not Found", headers)
        return [found() if found else page("Not found", "")]

    def hand_over(self, target: str = "_self") -> str:
        """The form that lets the person in, and nobody else."""
        token = your_data_token(self.user_id, secret=self.secret)
        return HAND_OVER.format(enter=escape(f"{self.desk}/your-data/enter"), target=target, token=escape(token))


def page(title: str, content: str) -> bytes:
    return PAGE.format(title=title, content=content).encode()


@contextmanager
def running(app: HostApp, port: int = 0) -> Iterator[HostApp]:
    """Serve it on loopback; ``app.address`` says where. Port 0: any that is free."""
    host = urlsplit(app.desk).hostname or "127.0.0.1"  # the desk's: a frame of another site would get no Lax cookie
    with make_server(host, port, app, handler_class=_Quiet) as server:
        app.address = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: the tests' output is long enough."""


def main() -> None:
    import os

    arguments = argparse.ArgumentParser(description="A host application to try the “your data” pages with.")
    arguments.add_argument("--desk", default="http://127.0.0.1:8000", help="origin of the desk (default: %(default)s)")
    arguments.add_argument("--user-id", required=True, help="who is signed in to the application")
    arguments.add_argument("--port", type=int, default=8100)
    given = arguments.parse_args()
    app = HostApp(desk=given.desk, secret=os.environ["MEMADMIN_YOUR_DATA_SECRET"], user_id=given.user_id)
    with running(app, given.port):
        print(f"Open {app.address}/ and follow “Your data”. Ctrl-C ends it.")
        threading.Event().wait()


if __name__ == "__main__":
    main()
