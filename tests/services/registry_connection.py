"""A connection to a `FakeRegistry`: who may come in, and what it answers where no fault does."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.fake_registry import FakeRegistry

INDEX = "application/vnd.oci.image.index.v1+json"
_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>blobs/uploads|blobs|manifests|referrers|tags)/(?P<rest>.*)")


@dataclass
class Seen:
    """A request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    fake: FakeRegistry

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def _serve(self) -> None:
        self.fake.seen.append(Seen(method=self.command, path=self.path, headers=dict(self.headers.items())))
        fault = self.fake.fault_for(self)
        if fault is not None and self.command in ("GET", "HEAD"):
            fault.answer(self)
            return
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault is not None:
            fault.answer(self)
            return
        self.serve_honestly()

    def serve_honestly(self) -> None:
        """What the registry does without a fault."""
        if urlsplit(self.path).path == "/token":
            self._issue()
        elif self._let_in():
            self._route()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def reply(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status: int, code: str) -> None:
        self.reply(status, json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode())

    # ---- who may come in

    def _let_in(self) -> bool:
        shown = self.headers.get("Authorization", "")
        if self.fake.basic is not None:
            user, password = self.fake.basic
            wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
            if shown != wanted:
                self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="testrealm"'})
                return False
        if (rules := self.fake.token) is not None:
            expires, scope = rules.issued.get(shown.removeprefix("Bearer "), (0.0, ""))
            if time.monotonic() >= expires or not self._covers(scope):
                realm = f"{self.fake.scheme}://{self.fake.host}/token"
                challenge = f'Bearer realm="{realm}",service="fake",scope="{self._scope()}"'
                self.reply(401, b"", {"WWW-Authenticate": challenge})
                return False
        return True

    def _scope(self) -> str:
        match = _PATH.match(urlsplit(self.path).path)
        if match is None:
            return ""
        return f"repository:{match['name']}:{'pull' if self.command in ('GET', 'HEAD') else 'pull,push'}"

    def _covers(self, scope: str) -> bool:
        wanted = self._scope()
        if not wanted:
            return True
        resource, _, actions = wanted.rpartition(":")
        given = [part.rpartition(":") for part in scope.split()]
        return any(name == resource and set(actions.split(",")) <= set(has.split(",")) for name, _, has in given)

    def _issue(self) -> None:
        rules = self.fake.token
        assert rules is not None
        query = parse_qs(urlsplit(self.path).query)
        if self.command == "POST":
            query = parse_qs(self.body.decode())
            good = query.get("refresh_token") == [rules.refresh_token] and query["grant_type"] == ["refresh_token"]
        else:
            wanted = "Basic " + base64.b64encode(f"{rules.user}:{rules.password}".encode()).decode()
            good = self.headers.get("Authorization") == wanted
        if not good:
            self.fail(401, "UNAUTHORIZED")
            return
        token = secrets.token_hex(8)
        rules.issued[token] = (time.monotonic() + rules.life, " ".join(query.get("scope", [])))
        self.reply(200, json.dumps({"token": token, "expires_in": max(1, int(rules.life))}).encode())

    # ---- the registry

    def _route(self) -> None:
        parts = urlsplit(self.path)
        match = _PATH.match(parts.path)
        if parts.path == "/v2/":
            self.reply(200, b"{}")
            return
        if match is None:
            self.reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
            return
        self.name, self.rest = match["name"], match["rest"]
        self.query = {key: texts[0] for key, texts in parse_qs(parts.query).items()}
        with self.fake.lock:
            getattr(self, "_" + match["kind"].replace("/", "_"))()

    def blob(self) -> bytes:
        name, _, digest = urlsplit(self.path).path.removeprefix("/v2/").rpartition("/blobs/")
        return self.fake.blobs[(name, digest)]

    def range_start(self) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match[1]) if match else None

    def _blobs(self) -> None:
        found = self.fake.blobs.get((self.name, self.rest))
        if found is None:
            self.fail(404, "BLOB_UNKNOWN")
            return
        start = self.range_start()
        if start is None:
            self.reply(200, found, {"Docker-Content-Digest": self.rest})
        elif start >= len(found):
            self.fail(416, "RANGE_INVALID")
        else:
            self.reply(206, found[start:], {"Content-Range": f"bytes {start}-{len(found) - 1}/{len(found)}"})

    def _blobs_uploads(self) -> None:
        if self.command == "POST":
            session = secrets.token_hex(8)
            self.fake.uploads.add(session)
            self.reply(202, b"", {"Location": f"/v2/{self.name}/blobs/uploads/{session}"})
            return
        if self.rest not in self.fake.uploads:
            self.fail(404, "BLOB_UPLOAD_UNKNOWN")
            return
        self.fake.uploads.discard(self.rest)
        digest = "sha256:" + hashlib.sha256(self.body).hexdigest()
        if digest != self.query.get("digest"):
            self.fail(400, "DIGEST_INVALID")
            return
        self.fake.blobs[(self.name, digest)] = self.body
        self.reply(201, b"", {"Docker-Content-Digest": digest})

    def _manifests(self) -> None:
        current = self.rest if self.rest.startswith("sha256:") else self.fake.tags.get((self.name, self.rest), "")
        if self.command == "PUT":
            self._put_manifest(current)
            return
        found = self.fake.manifests.get((self.name, current))
        if found is None:
            self.fail(404, "MANIFEST_UNKNOWN")
            return
        media_type, raw = found
        headers = {"Content-Type": media_type, "Docker-Content-Digest": current, "ETag": f'"{current}"'}
        self.reply(200, raw, headers)

    def _put_manifest(self, current: str) -> None:
        expected, absent = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        stale = expected not in (None, f'"{current}"') or (absent == "*" and bool(current))
        if self.fake.conditional and stale and not self.rest.startswith("sha256:"):
            self.fail(412, "PRECONDITION_FAILED")
            return
        digest = "sha256:" + hashlib.sha256(self.body).hexdigest()
        if self.rest.startswith("sha256:") and self.rest != digest:
            self.fail(400, "DIGEST_INVALID")
            return
        self.fake.manifests[(self.name, digest)] = (self.headers["Content-Type"], self.body)
        if not self.rest.startswith("sha256:"):
            self.fake.tags[(self.name, self.rest)] = digest
        subject = json.loads(self.body).get("subject")
        noted = subject and self.fake.referrers_api and self.fake.notes_subjects
        self.reply(201, b"", {"Docker-Content-Digest": digest} | ({"OCI-Subject": subject["digest"]} if noted else {}))

    def _referrers(self) -> None:
        if not self.fake.referrers_api:
            self.reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
            return
        entries = [
            entry
            for (name, digest), (media_type, raw) in self.fake.manifests.items()
            if name == self.name and (entry := _entry(digest, media_type, raw, self.rest)) is not None
        ]
        self._page("manifests", [*self.fake.extra_referrers, *entries], {"schemaVersion": 2, "mediaType": INDEX}, INDEX)

    def _tags(self) -> None:
        names = sorted(tag for name, tag in self.fake.tags if name == self.name)
        known = any(name == self.name for name, _ in [*self.fake.tags, *self.fake.manifests, *self.fake.blobs])
        if not known:
            self.fail(404, "NAME_UNKNOWN")
            return
        self._page("tags", names, {"name": self.name}, "application/json")

    def _page(self, key: str, items: list[Any], document: dict[str, Any], media_type: str) -> None:
        start = int(self.query.get("start", "0"))
        headers = {"Content-Type": media_type}
        if start + self.fake.page_size < len(items):
            path = urlsplit(self.path).path
            headers["Link"] = f'<{path}?start={start + self.fake.page_size}>; rel="next"'
        page = items[start : start + self.fake.page_size]
        self.reply(200, json.dumps({**document, key: page}).encode(), headers)


def _entry(digest: str, media_type: str, raw: bytes, subject: str) -> dict[str, Any] | None:
    document = json.loads(raw)
    if (document.get("subject") or {}).get("digest") != subject:
        return None
    return {
        "mediaType": media_type,
        "digest": digest,
        "size": len(raw),
        "artifactType": document.get("artifactType") or document["config"]["mediaType"],
        "annotations": document.get("annotations", {}),
    }
