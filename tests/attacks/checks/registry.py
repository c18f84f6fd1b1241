"""The checks of what a registry, a server or a store answers."""

from __future__ import annotations

from tests.attacks.checks.check import OCI, Check, check

# ---- digests

FORM_OF_DIGEST = check(
    "the form of a digest",
    "registry/attest_registry/digest.py",
    're.compile(r"[0-9a-f]{64}", re.ASCII)',
    're.compile(r"(?s:.*)", re.ASCII)',
)
WHOLE_DIGEST = check(
    "comparing whole digests",
    "registry/attest_registry/digest.py",
    "return hmac.compare_digest(self.hex, other.hex)",
    "return hmac.compare_digest(self.hex[:40], other.hex[:40])",
)
READ_DIGEST = check(
    "the digest of what is read",
    "registry/attest_registry/digest.py",
    "if not found.matches(self._digest):",
    "if False:",
)
READ_TOO_LONG = check(
    "the length of what is read", "registry/attest_registry/digest.py", "if self._seen > self._size:", "if False:"
)
READ_LIMIT = check("the bound of what is read", "registry/attest_registry/digest.py", "if size > limit:", "if False:")
BLOB_DIGEST = check("the digest of a blob", f"{OCI}/part.py", "if not found.matches(self._blob.digest):", "if False:")
BLOB_TOO_LONG = check("the length of a blob", f"{OCI}/part.py", "if self.size + count > self._blob.size:", "if False:")
BLOB_TOO_SHORT = check("the end of a blob", f"{OCI}/part.py", "if self.size < self._blob.size:", "if False:")
FINISHED_PART = check(
    "hashing what an earlier run left",
    "attest/load/parts.py",
    "    if not same:\n        path.unlink()\n    return same",
    "    return True",
)
STORED_BYTES = check(
    "the digest of what is stored", f"{OCI}/layout_blobs.py", "        reader.finish()", "        return"
)

# ---- answers of a registry

MANIFEST_DIGEST = check(
    "the digest of a manifest", f"{OCI}/remote_manifests.py", "if not found.matches(digest):", "if False:"
)
OWN_DIGEST = check(
    "the registry's own digest header",
    f"{OCI}/remote_manifests.py",
    'if named.startswith("sha256:") and named != str(found):',
    "if False:",
)
ONE_KIND = check(
    "one kind for a document",
    f"{OCI}/remote_manifests.py",
    'or ("layers" in document and "manifests" in document)',
    "or False",
)
MOST_PAGES = check(
    "the number of pages",
    f"{OCI}/remote_manifests.py",
    "or len(seen) >= limits.REFERRER_PAGES ",
    "",
)
NEW_PAGES = check("each page another", f"{OCI}/remote_manifests.py", "if url in seen or ", "if ")
MOST_EVIDENCE = Check(
    name="the amount of evidence",
    edits=(
        (
            f"{OCI}/remote_manifests.py",
            "while len(entries) < limits.REFERRERS_PER_ARTEFACT:",
            "while True:",
        ),
        (
            f"{OCI}/referrers.py",
            "if entry.digest != subject and len(found) < limits.REFERRERS_PER_ARTEFACT:",
            "if entry.digest != subject:",
        ),
    ),
)
NO_COMPRESSION = check(
    "bytes as they are stored", f"{OCI}/bodies.py", 'if encoding not in ("", "identity"):', "if False:"
)
DOCUMENT_LIMIT = Check(
    name="the bound of a document",
    edits=(
        (f"{OCI}/bodies.py", "response.raw.read(limit + 1, decode_content=False)", "response.raw.read(None)"),
        (f"{OCI}/bodies.py", "if len(data) > limit:", "if False:"),
    ),
)
DOCUMENT_TIME = check(
    "the time for a document",
    f"{OCI}/bodies.py",
    "with StallGuard(lambda: response.raw.shutdown(), seconds) as guard:",
    "with StallGuard(lambda: response.raw.shutdown(), 3600) as guard:",
)
HEAD_TIME = check(
    "the time for the head of an answer",
    f"{OCI}/connection.py",
    "with StallGuard(lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR), seconds) as guard:",
    "with StallGuard(lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR), 3600) as guard:",
)
READ_TIME = check(
    "the time for an answer",
    f"{OCI}/http.py",
    "timeout=(self.timing.connect, self.timing.idle + request.size / _SLOWEST_COMMIT)",
    "timeout=(self.timing.connect, 3600)",
)
STATUS = check(
    "the status of an answer",
    f"{OCI}/http.py",
    "        if response.status_code in request.accept:\n            return response",
    "        if response.status_code in request.accept or response.status_code != 404:\n            return response",
)
TRANSLATION = check(
    "telling a lost connection from all else",
    f"{OCI}/http.py",
    "except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:",
    "except ZeroDivisionError as error:",
)
ENOUGH_TRIES = check(
    "giving up after some tries",
    f"{OCI}/transfer.py",
    "            if fruitless >= limits.TRIES:\n                raise\n        else:",
    "            if fruitless >= limits.TRIES:\n                return\n        else:",
)
OFFLINE = check("the rule for offline", f"{OCI}/http.py", "if self._offline:", "if False:")
SAME_ORIGIN = check(
    "credentials for one origin",
    f"{OCI}/http.py",
    "if authorisation is not None and Origin.of(url) == self.address.origin:",
    "if authorisation is not None:",
)
WRITES_STAY = check(
    "writes that stay where they were sent",
    f"{OCI}/http.py",
    "if downgrade or (writes and (origin != Origin.of(url) or response.status_code not in _SAME_METHOD)):",
    "if downgrade:",
)
MOST_REDIRECTS = check(
    "the number of redirects",
    f"{OCI}/http.py",
    "for _ in range(limits.REDIRECTS + 1):",
    "for _ in range(60):",
)
SAFE_REALM = check(
    "where a password may go",
    f"{OCI}/authentication.py",
    'if self._origin.scheme != "http" or not same:',
    "if False:",
)
PLAIN_ADDRESS = check("addresses without a user", f"{OCI}/address.py", " or parts.username is not None:", ":")
SCRUBBED = check(
    "taking secrets out of messages",
    f"{OCI}/authentication.py",
    'text = text.replace(secret, "…")',
    "continue",
)

# ---- the store of this machine

NO_LINKS = check(
    "never following a link",
    f"{OCI}/layout_files.py",
    "_NEVER_FOLLOW: Final = os.O_NOFOLLOW | os.O_NONBLOCK",
    "_NEVER_FOLLOW: Final = os.O_NONBLOCK",
)
REAL_FOLDERS = check("folders that are folders", f"{OCI}/layout_files.py", "if not stat.S_ISDIR(mode):", "if False:")
FILE_LIMIT = check("the bound of a small file", f"{OCI}/layout_files.py", "if size > limit:", "if False:")
ONE_ENTRY = check(
    "one entry for a tag",
    f"{OCI}/layout_index.py",
    "                if found is not None:",
    "                if False:",
)
INDEX_FORM = check(
    "the form of an index", f"{OCI}/layout_index.py", 'document.get("schemaVersion") != _SCHEMA', "False"
)

# ---- servers

ARGUMENTS = check("reading the command", "attest/serving/run.py", "    check_arguments(arguments, names)", "    pass")
VARIABLES = check(
    "reading the environment", "attest/serving/run.py", "if value.strip().lower() not in _OFF:", "if False:"
)
HUBS_OFF = check(
    "switching the hubs off",
    "attest/serving/run.py",
    "dict(os.environ if environment is None else environment) | _OFFLINE",
    "dict(os.environ if environment is None else environment)",
)
