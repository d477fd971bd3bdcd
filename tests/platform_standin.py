"""A stand-in of mem0's hosted platform on loopback, as far as the desk uses it.

It keeps state, answers as mem0's API reference says (docs/openapi.json of mem0ai/mem0), and records every request.
It behaves badly where the platform does: by-id calls serve anybody's memory, ``*`` is everybody, deletions are queued.

    python -m tests.platform_standin --port 8765
"""

import argparse
import json
import re
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np

from memadmin.memory.embedding import OfflineEmbedder

API_KEY = "m0-stand-in"
ENTITIES_PAGE = 100
_FIELDS = frozenset(
    {
        "user_id", "agent_id", "app_id", "run_id", "created_at", "updated_at", "timestamp", "expiration_date", "text",
        "categories", "metadata", "keywords_search", "memory_ids", "keywords",
    }
)  # fmt: skip
_IDENTITY = ("user_id", "agent_id", "app_id", "run_id")
_NOT_A_UUID = (400, {"error": "memory_id should be a valid UUID"})
_UNKNOWN = (404, {"error": "Memory not found!"})
_Answer = tuple[int, Any]

_ROUTES = (
    ("GET", "/v1/ping/", "_ping"),
    ("POST", "/v3/memories/add/", "_add"),
    ("POST", "/v3/memories/search/", "_search"),
    ("POST", "/v3/memories/", "_list"),
    ("DELETE", "/v1/memories/", "_delete_all"),
    ("GET", "/v1/memories/([^/]+)/history/", "_history"),
    ("*", "/v1/memories/([^/]+)/", "_by_id"),
    ("GET", "/v1/entities/", "_list_entities"),
    ("DELETE", "/v2/entities/([^/]+)/([^/]+)/", "_delete_entity"),
    ("GET", "/v1/event/([^/]+)/", "_event"),
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came over the wire."""

    method: str
    path: str  # as sent, still percent-encoded
    query: Mapping[str, str]
    body: Any

    @property
    def touches_content(self) -> bool:
        """Whether it reads or changes memories of whom it names; calls by id and project-wide lists cannot name any."""
        return self.path.startswith(("/v3/memories/", "/v2/entities/")) or self.path == "/v1/memories/"


def tenants_named(request: Request) -> set[str]:
    """Every user_id that a request names: in the query, the body, its filters, or as an entity in the path."""
    named = {request.query["user_id"]} if "user_id" in request.query else set()
    if isinstance(request.body, dict):
        named.update(_user_ids({"user_id": request.body.get("user_id")}))
        named.update(_user_ids(request.body.get("filters")))
    parts = request.path.split("/")
    if parts[2:4] == ["entities", "user"]:
        named.add(unquote(parts[4]))
    return named


def _user_ids(condition: Any) -> Iterator[str]:
    if isinstance(condition, list):
        for item in condition:
            yield from _user_ids(item)
    elif isinstance(condition, dict):
        for key, value in condition.items():
            yield from _strings(value) if key == "user_id" else _user_ids(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


@dataclass
class Standin:
    """The platform's state. Tests may look into it and change it; ``lock`` guards it while requests are served."""

    url: str = ""
    api_key: str = API_KEY
    pending_polls: int = 0  # how often an event answers PENDING before it is worked off
    broken_with: tuple[int, str] | None = None  # answer everything with this status and HTML
    leaks: bool = False  # lists and searches answer with everybody's memories
    requests: list[Request] = field(default_factory=list)
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    entities: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._vectors: dict[str, list[float]] = {}
        self._embedder = OfflineEmbedder()

    # -- for tests -------------------------------------------------------------------------------

    def store(self, text: str, **fields: Any) -> str:
        """Put a memory in as if some application had added it; returns its id."""
        with self.lock:
            return self._store(text, fields)

    def work_off(self) -> None:
        """Do everything that is queued, now."""
        with self.lock:
            for event in self.events.values():
                self._finish(event)

    # -- requests --------------------------------------------------------------------------------

    def answer(self, request: Request, authorization: str) -> _Answer:
        with self.lock:
            self.requests.append(request)
            if authorization != f"Token {self.api_key}":
                return 401, {"detail": "Invalid API key."}
            for method, pattern, handler in _ROUTES:
                if method in (request.method, "*") and (found := re.fullmatch(pattern, request.path)):
                    answer: _Answer = getattr(self, handler)(request, *map(unquote, found.groups()))
                    return answer
            return 404, {"detail": "Not found."}

    def _ping(self, _: Request) -> _Answer:
        return 200, {"status": "ok", "org_id": "org", "project_id": "project", "user_email": None}

    @staticmethod
    def _refused(body: dict[str, Any]) -> _Answer | None:
        filters = body.get("filters") or {}
        if any(key in body for key in _IDENTITY):
            return 400, {"error": "Entity IDs must be passed inside filters."}
        if unknown := set(filters) - _FIELDS - {"AND", "OR", "NOT"}:
            return 400, {"error": f"Top-level key must be a logical operator or an allowed field: {unknown}"}
        if not any(f'"{key}"' in json.dumps(filters) for key in _IDENTITY):
            return 400, {"error": "filters must include at least one entity ID."}
        return None

    def _add(self, request: Request) -> _Answer:
        body = request.body
        if not any(body.get(key) for key in _IDENTITY):
            return 400, {"error": "At least one entity ID is required."}
        if body.get("infer", True):
            return 200, {"message": "Queued.", "status": "PENDING", "event_id": self._queue("ADD", body)}
        ids = [self._store(message["content"], body) for message in body["messages"]]
        results = [{"id": key, "event": "ADD", "data": {"memory": self.memories[key]["memory"]}} for key in ids]
        return 200, {"status": "SUCCEEDED", "event_id": str(uuid.uuid4()), "results": results}

    def _list(self, request: Request) -> _Answer:
        if refused := self._refused(request.body):
            return refused
        # By id: the platform promises no order, and this one is never the one that is wanted.
        found = sorted(self._matching(request.body), key=lambda item: item["id"])
        shown = [{**_shown(item), "session_id": item["run_id"]} for item in found]
        return 200, _paginated(shown, request, 100)

    def _search(self, request: Request) -> _Answer:
        body = request.body
        if refused := self._refused(body):
            return refused
        wanted = np.array(self._embedder.embed(body["query"]))
        hits = [
            {
                **_shown(item),
                "run_id": item["run_id"],
                "score": float(max(0.0, wanted @ np.array(self._vectors[item["id"]]))),
            }
            for item in self._matching(body)
        ]
        hits.sort(key=lambda hit: hit["score"], reverse=True)
        hits = [hit for hit in hits if hit["score"] >= body.get("threshold", 0.1)]
        return 200, {"results": hits[: body.get("top_k", 10)]}

    def _history(self, _: Request, memory_id: str) -> _Answer:
        if not _is_uuid(memory_id):
            return _NOT_A_UUID
        changes = self.changes.get(memory_id)
        return (200, changes) if changes else _UNKNOWN

    def _by_id(self, request: Request, memory_id: str) -> _Answer:
        if not _is_uuid(memory_id):
            return _NOT_A_UUID
        item = self.memories.get(memory_id)
        if item is None:
            return _UNKNOWN
        if request.method == "PUT":
            if "text" in request.body:
                self._change(item, request.body["text"])
            item.update({key: request.body[key] for key in ("metadata", "expiration_date") if key in request.body})
        if request.method == "DELETE":
            self._remove([memory_id])
            return 200, {"message": "Memory deleted successfully!"}
        return 200, {**_shown(item), "session_id": item["run_id"]}

    def _list_entities(self, request: Request) -> _Answer:
        return 200, _paginated(list(self.entities.values()), request, ENTITIES_PAGE)

    def _delete_all(self, request: Request) -> _Answer:
        if not any(request.query.get(key) for key in _IDENTITY):
            return 400, {"error": "At least one filter is required."}
        event_id = self._queue("DELETE", dict(request.query))
        return 200, {"message": "Delete in progress. This may take some time.", "event_id": event_id}

    def _delete_entity(self, _: Request, kind: str, name: str) -> _Answer:
        if (kind, name) not in self.entities:
            return 404, {"error": "Entity not found."}
        event_id = self._queue("DELETE_ENTITY", {"type": kind, "name": name})
        return 200, {"message": "Delete in progress. This may take some time.", "event_id": event_id}

    def _event(self, _: Request, event_id: str) -> _Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, {"error": "Event not found or you don't have permission to access it."}
        if event["polls_left"] <= 0:
            self._finish(event)
        event["polls_left"] -= 1
        return 200, {key: value for key, value in event.items() if key != "polls_left"}

    # -- state -----------------------------------------------------------------------------------

    def _queue(self, kind: str, payload: dict[str, Any]) -> str:
        event_id = str(uuid.uuid4())
        event = {"id": event_id, "event_type": kind, "status": "PENDING", "payload": payload}
        self.events[event_id] = {**event, "polls_left": self.pending_polls}
        return event_id

    def _finish(self, event: dict[str, Any]) -> None:
        if event["status"] != "PENDING":
            return
        event["status"] = "SUCCEEDED"
        payload = event["payload"]
        match event["event_type"]:
            case "ADD":
                for message in payload["messages"]:
                    self._store(message["content"], _attributed(message, payload))
            case "DELETE":
                self._remove([key for key, item in self.memories.items() if _holds(item, payload)])
            case "DELETE_ENTITY":
                self.entities.pop((payload["type"], payload["name"]), None)

    def _store(self, text: str, fields: Mapping[str, Any]) -> str:
        now = _now()
        item = {
            "id": str(uuid.uuid4()), "memory": text, "metadata": fields.get("metadata") or {}, "categories": [],
            "created_at": now, "updated_at": now, "expiration_date": fields.get("expiration_date"),
            "merged": fields.get("merged", False), **{key: fields.get(key) for key in _IDENTITY},
        }  # fmt: skip
        self.memories[item["id"]] = item
        self._vectors[item["id"]] = self._embedder.embed(text)
        self._note(item, "ADD", old=None, new=text)
        for key in _IDENTITY:
            if name := item[key]:
                entity = {
                    "id": str(len(self.entities) + 1),
                    "name": name,
                    "type": key.removesuffix("_id"),
                    "owner": "me",
                }
                self.entities.setdefault((entity["type"], name), entity | {"created_at": now, "updated_at": now})
        return str(item["id"])

    def _change(self, item: dict[str, Any], text: str) -> None:
        self._note(item, "UPDATE", old=item["memory"], new=text)
        item.update(memory=text, updated_at=_now())
        self._vectors[item["id"]] = self._embedder.embed(text)

    def _remove(self, memory_ids: Iterable[str]) -> None:
        for memory_id in memory_ids:
            for kept in (self.memories, self.changes, self._vectors):
                kept.pop(memory_id, None)

    def _note(self, item: Mapping[str, Any], event: str, *, old: str | None, new: str) -> None:
        change = {
            "id": str(uuid.uuid4()), "memory_id": item["id"], "input": [{"role": "user", "content": new}],
            "old_memory": old, "new_memory": new, "user_id": item["user_id"], "event": event,
            "created_at": _now(), "updated_at": _now(),
        }  # fmt: skip
        self.changes.setdefault(item["id"], []).append(change)

    def _matching(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            item
            for item in self.memories.values()
            if (self.leaks or _holds(item, body["filters"]))
            and (body.get("show_expired") or not _expired(item))
            and (body.get("include_merged") or not item["merged"])
        ]


def _attributed(message: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Who an inferred fact is filed under: with a user and an agent given, whoever said it, and nobody else."""
    if not (payload.get("user_id") and payload.get("agent_id")):
        return dict(payload)
    return {**payload, ("user_id" if message["role"] == "assistant" else "agent_id"): None}


def _holds(item: Mapping[str, Any], condition: Any) -> bool:
    checks = {
        "AND": lambda value: all(_holds(item, part) for part in value),
        "OR": lambda value: any(_holds(item, part) for part in value),
        "NOT": lambda value: not _holds(item, value),
        "metadata": lambda value: all(_equals(item["metadata"].get(key), wanted) for key, wanted in value.items()),
        "memory_ids": lambda value: item["id"] in (value["in"] if isinstance(value, dict) else value),
    }
    return all(
        checks[key](value) if key in checks else _equals(item.get(key), value) for key, value in condition.items()
    )


def _equals(kept: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return kept is not None if wanted == "*" else bool(kept == wanted)
    operators = {"eq": kept == wanted.get("eq"), "ne": kept != wanted.get("ne"), "in": kept in wanted.get("in", ())}
    return all(operators[operator] for operator in wanted)


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in {"merged", "run_id"}}


def _expired(item: Mapping[str, Any]) -> bool:
    day = item["expiration_date"]
    return bool(day) and date.fromisoformat(day) < datetime.now(UTC).date()


def _paginated(items: list[Any], request: Request, default_size: int) -> dict[str, Any]:
    page = int(request.query.get("page", 1))
    size = min(int(request.query.get("page_size", default_size)), 200)
    more = page * size < len(items)
    return {
        "count": len(items),
        "next": f"https://api.mem0.ai{request.path}?page={page + 1}&page_size={size}" if more else None,
        "previous": f"https://api.mem0.ai{request.path}?page={page - 1}&page_size={size}" if page > 1 else None,
        "results": items[(page - 1) * size : page * size],
    }


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat()


class _Handler(BaseHTTPRequestHandler):
    standin: Standin

    def _serve(self) -> None:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content else None
        request = Request(method=self.command, path=url.path, query=dict(parse_qsl(url.query)), body=body)
        if self.standin.broken_with:
            self._send(self.standin.broken_with[0], self.standin.broken_with[1].encode(), "text/html")
            return
        status, answer = self.standin.answer(request, self.headers.get("Authorization", ""))
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Requests are recorded, not printed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def running_standin(*, port: int = 0, pending_polls: int = 0) -> Iterator[Standin]:
    """Serve a stand-in on 127.0.0.1; ``.url``, ``.api_key`` and ``.requests`` are what a test needs.

    Args:
        port: 0 takes any free one.
        pending_polls: how often an event answers PENDING before it is worked off; 0: at the first poll.
    """
    standin = Standin(pending_polls=pending_polls)
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"standin": standin}))
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--pending-polls", type=int, default=0, help="polls before a queued deletion is worked off")
    arguments = parser.parse_args()
    with running_standin(port=arguments.port, pending_polls=arguments.pending_polls) as standin:
        print(f"MEM0_HOST={standin.url} MEM0_API_KEY={standin.api_key}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
