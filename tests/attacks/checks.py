"""The checks that stop the attacks: where each stands in the code, and the text that takes it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_OCI: Final = "registry/attest_registry/oci"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A check.

    Args:
        name: for people, as "without …" reads it.
        edits: file, exact text in it (once), and the text that disables the check.
    """

    name: str
    edits: tuple[tuple[str, str, str], ...]


def _check(name: str, file: str, snippet: str, replacement: str) -> Check:
    return Check(name=name, edits=((file, snippet, replacement),))


# ---- digests

FORM_OF_DIGEST = _check(
    "the form of a digest",
    "registry/attest_registry/digest.py",
    're.compile(r"[0-9a-f]{64}", re.ASCII)',
    're.compile(r"(?s:.*)", re.ASCII)',
)
WHOLE_DIGEST = _check(
    "comparing whole digests",
    "registry/attest_registry/digest.py",
    "return hmac.compare_digest(self.hex, other.hex)",
    "return hmac.compare_digest(self.hex[:40], other.hex[:40])",
)
READ_DIGEST = _check(
    "the digest of what is read",
    "registry/attest_registry/digest.py",
    "if not found.matches(self._digest):",
    "if False:",
)
READ_TOO_LONG = _check(
    "the length of what is read", "registry/attest_registry/digest.py", "if self._seen > self._size:", "if False:"
)
READ_LIMIT = _check("the bound of what is read", "registry/attest_registry/digest.py", "if size > limit:", "if False:")
BLOB_DIGEST = _check("the digest of a blob", f"{_OCI}/part.py", "if not found.matches(self._blob.digest):", "if False:")
BLOB_TOO_LONG = _check(
    "the length of a blob", f"{_OCI}/part.py", "if self.size + count > self._blob.size:", "if False:"
)
BLOB_TOO_SHORT = _check("the end of a blob", f"{_OCI}/part.py", "if self.size < self._blob.size:", "if False:")
FINISHED_PART = _check(
    "hashing what an earlier run left",
    "attest/load/parts.py",
    "    if not same:\n        path.unlink()\n    return same",
    "    return True",
)
STORED_BYTES = _check(
    "the digest of what is stored", f"{_OCI}/layout_blobs.py", "        reader.finish()", "        return"
)

# ---- answers of a registry

MANIFEST_DIGEST = _check(
    "the digest of a manifest", f"{_OCI}/remote_manifests.py", "if not found.matches(digest):", "if False:"
)
OWN_DIGEST = _check(
    "the registry's own digest header",
    f"{_OCI}/remote_manifests.py",
    'if named.startswith("sha256:") and named != str(found):',
    "if False:",
)
ONE_KIND = _check(
    "one kind for a document",
    f"{_OCI}/remote_manifests.py",
    'or ("layers" in document and "manifests" in document)',
    "or False",
)
MOST_PAGES = _check(
    "the number of pages",
    f"{_OCI}/remote_manifests.py",
    "or len(seen) >= limits.REFERRER_PAGES ",
    "",
)
NEW_PAGES = _check("each page another", f"{_OCI}/remote_manifests.py", "if url in seen or ", "if ")
MOST_EVIDENCE = Check(
    name="the amount of evidence",
    edits=(
        (
            f"{_OCI}/remote_manifests.py",
            "while len(entries) < limits.REFERRERS_PER_ARTEFACT:",
            "while True:",
        ),
        (
            f"{_OCI}/referrers.py",
            "if entry.digest != subject and len(found) < limits.REFERRERS_PER_ARTEFACT:",
            "if entry.digest != subject:",
        ),
    ),
)
NO_COMPRESSION = _check(
    "bytes as they are stored", f"{_OCI}/bodies.py", 'if encoding not in ("", "identity"):', "if False:"
)
DOCUMENT_LIMIT = Check(
    name="the bound of a document",
    edits=(
        (f"{_OCI}/bodies.py", "response.raw.read(limit + 1, decode_content=False)", "response.raw.read(None)"),
        (f"{_OCI}/bodies.py", "if len(data) > limit:", "if False:"),
    ),
)
DOCUMENT_TIME = _check(
    "the time for a document",
    f"{_OCI}/bodies.py",
    "with StallGuard(lambda: response.raw.shutdown(), seconds) as guard:",
    "with StallGuard(lambda: response.raw.shutdown(), 3600) as guard:",
)
HEAD_TIME = _check(
    "the time for the head of an answer",
    f"{_OCI}/connection.py",
    "with StallGuard(lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR), seconds) as guard:",
    "with StallGuard(lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR), 3600) as guard:",
)
READ_TIME = _check(
    "the time for an answer",
    f"{_OCI}/http.py",
    "timeout=(self.timing.connect, self.timing.idle + request.size / _SLOWEST_COMMIT)",
    "timeout=(self.timing.connect, 3600)",
)
STATUS = _check(
    "the status of an answer",
    f"{_OCI}/http.py",
    "        if response.status_code in request.accept:\n            return response",
    "        if response.status_code in request.accept or response.status_code != 404:\n            return response",
)
TRANSLATION = _check(
    "telling a lost connection from all else",
    f"{_OCI}/http.py",
    "except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:",
    "except ZeroDivisionError as error:",
)
ENOUGH_TRIES = _check(
    "giving up after some tries",
    f"{_OCI}/transfer.py",
    "            if fruitless >= limits.TRIES:\n                raise\n        else:",
    "            if fruitless >= limits.TRIES:\n                return\n        else:",
)
OFFLINE = _check("the rule for offline", f"{_OCI}/http.py", "if self._offline:", "if False:")
SAME_ORIGIN = _check(
    "credentials for one origin",
    f"{_OCI}/http.py",
    "if authorisation is not None and Origin.of(url) == self.address.origin:",
    "if authorisation is not None:",
)
WRITES_STAY = _check(
    "writes that stay where they were sent",
    f"{_OCI}/http.py",
    "if downgrade or (writes and (origin != Origin.of(url) or response.status_code not in _SAME_METHOD)):",
    "if downgrade:",
)
MOST_REDIRECTS = _check(
    "the number of redirects",
    f"{_OCI}/http.py",
    "for _ in range(limits.REDIRECTS + 1):",
    "for _ in range(60):",
)
SAFE_REALM = _check(
    "where a password may go",
    f"{_OCI}/authentication.py",
    'if self._origin.scheme != "http" or not same:',
    "if False:",
)
PLAIN_ADDRESS = _check("addresses without a user", f"{_OCI}/address.py", " or parts.username is not None:", ":")
SCRUBBED = _check(
    "taking secrets out of messages",
    f"{_OCI}/authentication.py",
    'text = text.replace(secret, "…")',
    "continue",
)

# ---- the store of this machine

NO_LINKS = _check(
    "never following a link",
    f"{_OCI}/layout_files.py",
    "_NEVER_FOLLOW: Final = os.O_NOFOLLOW | os.O_NONBLOCK",
    "_NEVER_FOLLOW: Final = os.O_NONBLOCK",
)
REAL_FOLDERS = _check("folders that are folders", f"{_OCI}/layout_files.py", "if not stat.S_ISDIR(mode):", "if False:")
FILE_LIMIT = _check("the bound of a small file", f"{_OCI}/layout_files.py", "if size > limit:", "if False:")
ONE_ENTRY = _check(
    "one entry for a tag",
    f"{_OCI}/layout_index.py",
    "                if found is not None:",
    "                if False:",
)
INDEX_FORM = _check(
    "the form of an index", f"{_OCI}/layout_index.py", 'document.get("schemaVersion") != _SCHEMA', "False"
)

# ---- JSON and YAML

KEYS_ONCE = _check(
    "each key once", "registry/attest_registry/strict_json.py", "if len(found) != len(pairs):", "if False:"
)
DEPTH = _check(
    "the depth of JSON", "registry/attest_registry/strict_json.py", "if depth > limits.JSON_DEPTH:", "if False:"
)
PARTS = _check(
    "the number of keys and values",
    "registry/attest_registry/strict_json.py",
    "if max(parts, strings) > most:",
    "if False:",
)
NUMBERS = _check(
    "numbers that are numbers",
    "registry/attest_registry/strict_json.py",
    'raise NotStrictJSON(f"{name} is not a JSON number")',
    "return 0  # type: ignore",
)
UTF8 = _check(
    "strict UTF-8",
    "registry/attest_registry/strict_json.py",
    'data.decode("utf-8")',
    'data.decode("utf-8", "replace")',
)
SURROGATES = _check(
    "text that can be written again",
    "registry/attest_registry/strict_json.py",
    "if _SURROGATE.search(text):",
    "if False:",
)
INTEGERS = _check(
    "the size of integers",
    "registry/attest_registry/strict_json.py",
    'if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS:',
    "if False:",
)
JSON_LIMIT = _check(
    "the bound of JSON", "registry/attest_registry/strict_json.py", "if len(data) > limit:", "if False:"
)
JSON_ERRORS = _check(
    "telling JSON from all else",
    "registry/attest_registry/strict_json.py",
    "except (ValueError, RecursionError) as error:",
    "except RecursionError as error:",
)
KNOWN_KEYS = _check("known keys only", "attest/policy/keys.py", "if key not in known:", "if False:")
KNOWN_KEYS_AGAIN = _check("known keys in any document", "attest/strict_yaml.py", "if key not in known:", "if False:")
YAML_KEYS_ONCE = _check("each key once in YAML", "attest/strict_yaml_reader.py", "if key in items:", "if False:")

# ---- evidence

SIGNATURE = _check(
    "the signature",
    "attest/verify/by_key.py",
    "        except SignatureInvalid:\n            continue",
    "        except SignatureInvalid:\n            pass",
)
KEY_MATERIAL = _check(
    "keys and certificates apart",
    "attest/verify/verifier.py",
    "    if isinstance(bundle.material, CertificateMaterial):",
    "    if False:",
)
KEY_MATERIAL_AGAIN = _check(
    "keys for bundles by keys",
    "attest/verify/by_key.py",
    "    if isinstance(bundle.material, CertificateMaterial):",
    "    if False:",
)
PAYLOAD_TYPE = _check(
    "the payload's type", "attest/verify/verifier.py", "if bundle.payload_type != PAYLOAD_TYPE:", "if False:"
)
EACH_ON_ITS_OWN = _check(
    "judging each piece on its own",
    "attest/verify/verifier.py",
    "            rejected.append(reject(piece, error))",
    "            raise",
)
EACH_FETCHED_ON_ITS_OWN = _check(
    "fetching each piece on its own",
    "attest/evidence/collect.py",
    "        return Damaged(origin=origin, error=gone)",
    "        raise gone from error",
)
OWN_NAME = _check("claims in the signer's name", "attest/verify/binding.py", "    if said != own:", "    if False:")
SUBJECT_DIGEST = _check(
    "the subject's digest", "attest/verify/binding.py", "if not subject.digest.matches(artefact.digest):", "if False:"
)
SUBJECT_NAME = _check("the subject's name", "attest/verify/binding.py", "    if name not in names:", "    if False:")
FILE_DIGESTS = _check(
    "the digests of files",
    "attest/verify/binding.py",
    "status = FileStatus.SAME if expected.matches(found) else FileStatus.DIFFERS",
    "status = FileStatus.SAME",
)
NO_FILE_MORE = _check(
    "no file more", "attest/verify/binding.py", "status = FileStatus.NOT_SIGNED", "status = FileStatus.SAME"
)
NO_FILE_LESS = _check(
    "no file less", "attest/verify/binding.py", "status = FileStatus.MISSING", "status = FileStatus.SAME"
)
FILE_NAMES = _check(
    "the names of files",
    "attest/verify/binding.py",
    "wrong = [finding for finding in findings if finding.status is not FileStatus.SAME]",
    "wrong = [finding for finding in findings if finding.status is FileStatus.DIFFERS]",
)
FOLDER_NAMES = Check(
    name="the names of files",
    edits=(
        (
            "attest/verify/directory.py",
            "return tuple(finding for finding in self.files if finding.status is not FileStatus.SAME)",
            "return tuple(finding for finding in self.files if finding.status is FileStatus.DIFFERS)",
        ),
    ),
)
NOTHING_IGNORED = _check(
    "ignoring nothing",
    "attest/verify/binding.py",
    "{file.path: file.digest for file in artefact.files}",
    "{file.path: file.digest for file in artefact.files if file.path not in signature.ignored}",
)
FOLDER_NOTHING_IGNORED = _check(
    "ignoring nothing",
    "attest/verify/directory.py",
    "for resource in claim.resources}, files_of(manifest))",
    "for resource in claim.resources}, "
    "{path: digest for path, digest in files_of(manifest).items() if path not in claim.ignored})",
)
NARROW_IGNORE = _check(
    "single names to ignore",
    "attest/claims/signature.py",
    'if path in {"", ".", "/"} or _PATTERN & set(path) or ".." in path.split("/"):',
    "if False:",
)
SOME_FILE = _check(
    "at least one signed file",
    "attest/claims/signature.py",
    "if not isinstance(value, list) or not value:",
    "if not isinstance(value, list):",
)
NO_GAP = _check("no byte without a shard", "attest/claims/shards.py", "    if part.start != covered:", "    if False:")
SHARDED_SIZE = _check(
    "no byte behind the last shard", "attest/verify/sharded.py", "if signed.size != there.size:", "if False:"
)
SHARDED_NO_FILE_MORE = _check(
    "no file without a shard",
    "attest/verify/sharded.py",
    "FileStatus.MISSING if there is None else FileStatus.NOT_SIGNED",
    "FileStatus.MISSING if there is None else FileStatus.SAME",
)
SHA256_FILES = _check(
    "SHA-256 for files",
    "attest/claims/signature.py",
    'case {"name": str(name), "algorithm": str(said), "digest": str(digest)} if said == algorithm:',
    'case {"name": str(name), "algorithm": str(_), "digest": str(digest)}:',
)
SHA256_SUBJECT = _check(
    "SHA-256 for subjects",
    "attest/claims/statement.py",
    'raise MalformedEvidence("a subject has no SHA-256 digest")',
    'return Subject(name=value.get("name", ""), digest=Digest.of(b""))',
)
ONE_SIGNATURE = _check(
    "exactly one signature", "attest/signing/bundle.py", "len(several) != 1 or not isinstance", "not isinstance"
)
ONE_MATERIAL = _check("one way to be checked", "attest/signing/bundle.py", "if len(given) != 1:", "if not given:")
BUNDLE_SIZE = _check(
    "the size of a bundle", "attest/evidence/collect.py", "if layer.size > limits.BUNDLE_BYTES:", "if False:"
)
REFERS = _check(
    "evidence that refers to the version",
    "attest/evidence/collect.py",
    "if manifest.subject is None or not manifest.subject.digest.matches(subject):",
    "if False:",
)

# ---- policy


def _missing(rule: str) -> str:
    return f'    if not facts:\n        return case.missing("{rule}", demand)'


def _passed(rule: str) -> str:
    return f'    if not facts:\n        return case.passed("{rule}", "", ())'


SIGNATURE_THERE = _check(
    "the rule on signatures", "attest/policy/rules.py", _missing("signature"), _passed("signature")
)
PROVENANCE_THERE = _check(
    "the rule on provenance", "attest/policy/rules.py", _missing("provenance"), _passed("provenance")
)
BOM_THERE = _check("the rule on ML-BOMs", "attest/policy/rules.py", _missing("ml-bom"), _passed("ml-bom"))
CLAIM_THERE = _check("the rule on other claims", "attest/policy/rules.py", _missing("claims"), _passed("claims"))
SAYS_YES = _check("claims that say yes", "attest/policy/rules.py", "        if answer != good\n", "        if False\n")
CLAIMS_AGREE = _check("claims that agree", "attest/policy/rules.py", "    if differences:", "    if False:")
RIGHT_TYPE = _check(
    "the type that is asked for",
    "attest/policy/case.py",
    "return tuple(fact for fact in self.judged.facts if fact.statement.predicate_type in types)",
    "return self.judged.facts",
)
RIGHT_SIGNER = _check(
    "the signer that is asked for",
    "attest/policy/case.py",
    "return identity is not None and identity.name in names",
    "return identity is not None",
)
BOM_DIGESTS = _check(
    "the ML-BOM's digests", "attest/policy/file_rules.py", "elif not stated.matches(digest):", "elif False:"
)
BOM_FILES = _check(
    "every file in the ML-BOM",
    "attest/policy/file_rules.py",
    "for path, digest in sorted(there.items()):",
    "for path, digest in sorted((path, there[path]) for path in there.keys() & listed.keys()):",
)
KIND_BY_BYTES = Check(
    name="the kind of file by its bytes",
    edits=(
        ("attest/load/folder.py", "if found.code_bearing:", "if False:"),
        ("attest/load/folder.py", "if demand.allow is not None and found.kind not in demand.allow:", "if False:"),
    ),
)
SOMEBODY_TO_TRUST = _check(
    "somebody to trust",
    "attest/trusting.py",
    "raise _nobody(settings, asked_for, verb, rest)",
    "own = Path('policy.yaml')\n"
    "    if own.exists():\n"
    "        return load_policy(own)\n"
    "    return policy_for_keys([load_trusted_key(settings.default_key.with_suffix('.pub'))])",
)
LOCKED_FLAG = _check(
    "the lock on flags", "attest/settings.py", "if setting.locked and flag != setting.value:", "if False:"
)
LOCKED_KEY = _check(
    "the lock on whom to trust", "attest/trusting.py", "    _check_locks(whom, document, own)", "    pass"
)
LOCKED_ENVIRONMENT = _check(
    "the lock on the environment", "attest/settings.py", "    if name in locked:", "    if False:"
)
SOME_DEMAND = _check(
    "a demand in the document",
    "attest/policy/reading.py",
    '    if not value:\n        raise document.error(path, "a policy demands something"',
    '    if False:\n        raise document.error(path, "a policy demands something"',
)
SOME_DEMAND_AGAIN = _check(
    "a demand in the policy", "attest/policy/requirements.py", "        if not self.demands:", "        if False:"
)
BOM_FOR_FORMATS = _check("an ML-BOM for formats", "attest/policy/reading.py", "    if not has_ml_bom:", "    if False:")
BOM_FOR_FORMATS_AGAIN = _check(
    "formats that nobody stated",
    "attest/policy/file_rules.py",
    'return Finding(rule="formats", status=Status.UNKNOWN,',
    'return Finding(rule="formats", status=Status.PASSED,',
)
NAMED_CODE = _check(
    "patterns that name something",
    "attest/policy/reading.py",
    "        if not patterns.names_something(pattern):",
    "        if False:",
)
KEYS_APART = _check(
    "one name for a key",
    "attest/policy/identities.py",
    "if keys & {key.fingerprint for key in other.keys}:",
    "if False:",
)
PINNED = _check(
    "the pinned digest",
    "attest/admit.py",
    "if reference.digest is not None and not descriptor.digest.matches(reference.digest):",
    "if False:",
)

# ---- names and files

SAFE_NAME = _check(
    "the form of names",
    "attest/model/names.py",
    "    if fault is not None:\n        raise ModelError(",
    "    if False:\n        raise ModelError(",
)
NAMES_APART = _check(
    "names that stay apart", "attest/model/names.py", "        if folded in files:", "        if False:"
)
ALL_THERE = _check("every file where it should be", "attest/load/folder.py", "    if found != paths:", "    if False:")
NOTHING_MORE = _check("nothing else in a folder", "attest/load/folder.py", "    if extra:", "    if False:")
REGULAR_FILE = Check(
    name="regular files only",
    edits=(
        ("attest/load/folder.py", "elif stat.S_ISREG(mode) and path in paths:", "elif path in paths:"),
        ("attest/load/folder.py", "_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW |", "_FILE: Final = os.O_RDONLY |"),
    ),
)
ONE_LINK = _check("files of one name", "attest/load/folder.py", " or status.st_nlink != 1:", ":")
BYTES_IN_PLACE = _check(
    "hashing at each use",
    "attest/load/folder.py",
    "if not stop.is_set() and digest.hexdigest() != file.digest.hex:",
    "if False:",
)
SIZE_IN_PLACE = _check("the size at each use", "attest/load/folder.py", "if status.st_size != file.size:", "if False:")
OURS_ALONE = _check(
    "files that only we can write to",
    "attest/load/cache.py",
    "if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid",
    "if status.st_uid",
)
PRIVATE_CACHE = _check("a cache of one's own", "attest/load/private.py", " or status.st_mode & _OTHERS_WRITE ", " ")
NO_OUTER_LINKS = _check(
    "links that stay inside", "attest/model/links.py", 'return f"it points outside: {name}"', "return None"
)
NO_LINKED_FOLDERS = _check(
    "linked folders", "attest/model/links.py", 'return f"it points to a folder outside: {name}"', "return None"
)
NO_SPECIAL_FILES = _check(
    "files that are files",
    "attest/model/tree.py",
    "        if not stat.S_ISREG(status.st_mode):\n            raise _special(path, status.st_mode)",
    "        if False:\n            raise _special(path, status.st_mode)",
)
NO_GIT = _check("git's own folder", "attest/model/tree.py", 'if entry.name.casefold() == ".git":', "if False:")
ONE_NAME = _check(
    "one name for a layer", "attest/model/packaging.py", "if path is None or title != path:", "if path is None:"
)
RAW_LAYER = _check(
    "raw layers only", "attest/model/packaging.py", "if layer.media_type not in LAYER_TYPES:", "if False:"
)
MODEL_SIZE = _check(
    "the size of a model",
    "attest/model/packaging.py",
    "if total > limits.MODEL_BYTES or manifest.config.size > limits.CONFIG_BYTES:",
    "if False:",
)
PEEK = _check(
    "a look at the start only",
    "attest/model/formats_archive.py",
    "_PEEK_BYTES: Final = 4_096",
    "_PEEK_BYTES: Final = 1 << 40",
)
POSITIVE_SIZE = _check(
    "sizes from 0 on",
    f"{_OCI}/descriptor.py",
    "not isinstance(size, bool) and size >= 0",
    "not isinstance(size, bool)",
)
MOST_LAYERS = _check(
    "the number of layers",
    f"{_OCI}/manifest.py",
    "if layers > limits.FILES_PER_MODEL or len(raw) > limits.MANIFEST_BYTES:",
    "if False:",
)

# ---- servers

ARGUMENTS = _check("reading the command", "attest/serving/run.py", "    check_arguments(arguments, names)", "    pass")
VARIABLES = _check(
    "reading the environment", "attest/serving/run.py", "if value.strip().lower() not in _OFF:", "if False:"
)
HUBS_OFF = _check(
    "switching the hubs off",
    "attest/serving/run.py",
    "dict(os.environ if environment is None else environment) | _OFFLINE",
    "dict(os.environ if environment is None else environment)",
)

# ---- certificates and what proves them


def _off(name: str, file: str, condition: str) -> Check:
    """A check that is one condition, never met."""
    return _check(name, f"attest/{file}", f"{condition}:", "if False:")


ENTRY_BODY = _off(
    "the log entry rebuilt",
    "verify/log_body.py",
    'if expected is None or body != {"apiVersion": entry.version, "kind": entry.kind, "spec": expected}',
)
ENTRY_THERE = _off("the rule on log entries", "verify/witnesses.py", "if bundle.log_entry is None")
PROMISE_THERE = _check(
    "times only by a promise",
    "attest/verify/log_entry.py",
    "    if entry.promise is None:\n        return None",
    "    if entry.promise is None:\n"
    "        moment = datetime.fromtimestamp(entry.integrated, tz=UTC)\n"
    "        return ProvenTime(moment=moment, source=TimeSource.LOG, witness=log.base_url)",
)
PROMISE = _check(
    "the log's promise",
    "attest/verify/log_entry.py",
    'log.key.check(entry.promise, promised.encode("ascii"), what="the log\'s promise")',
    "pass",
)
ENOUGH_TIMES = _off("the rule on times", "verify/witnesses.py", "if found < wanted")
IMPRINT = _check(
    "what a timestamp is over",
    "attest/verify/timestamps.py",
    "if algorithm is None or hashlib.new(algorithm, signature).digest() != stated:",
    "if algorithm is None:",
)
TOKEN = _check(
    "the timestamp's signature", "attest/verify/timestamps.py", "verifier.verify_message(response, signature)", "pass"
)
ONE_TIME_EACH = _off(
    "one time by one authority",
    "verify/timestamps.py",
    "if len({(time.witness, time.moment) for time in times}) != len(times)",
)
PINNED_AUTHORITY = _check(
    "timestamp authorities of the root",
    "attest/verify/timestamps.py",
    "if (each.leaf.issuer, each.leaf.serial_number) in signers]",
    "]",
)
PINNED_LOG = _check(
    "logs of the root",
    "attest/verify/log_entry.py",
    "logs = tuple(log for log in root.logs if log.log_id == entry.log_id)",
    "logs = root.logs",
)
MOST_TIMES = Check(
    name="the number of timestamps",
    edits=(
        ("attest/signing/bundle.py", "_MOST_TIMESTAMPS: Final = 32", "_MOST_TIMESTAMPS: Final = 99"),
        ("attest/verify/sigstore_bundle.py", "\nMOST_TIMESTAMPS: Final = 32", "\nMOST_TIMESTAMPS: Final = 99"),
    ),
)
BUNDLE_VERSION = _off("the version of bundles", "signing/bundle.py", 'if document.get("mediaType") not in _MEDIA_TYPES')
BUNDLE_VERSION_AGAIN = _off(
    "the version of a Sigstore's bundles",
    "verify/sigstore_bundle.py",
    "if media_type not in MEDIA_TYPES + (OLD_MEDIA_TYPES if accept_old_versions else ())",
)
INCLUSION_THERE = _check(
    "the rule on inclusion proofs",
    "attest/verify/log_entry.py",
    "    if proof is None or proof.checkpoint is None:",
    "    if proof is None:\n"
    '        return Logged(log=log.base_url, origin="", index=0, size=0)\n'
    "    if proof.checkpoint is None:",
)
INCLUSION = _off("the inclusion proof", "verify/log_entry.py", "if found != proof.root")
CHECKPOINT_TREE = _off(
    "the tree of the checkpoint",
    "verify/log_entry.py",
    "if checkpoint.root != found or checkpoint.size != proof.size",
)
CHECKPOINT_ORIGIN = _off(
    "the name on the checkpoint",
    "verify/checkpoint.py",
    "if not (tree or name in log.hosts or _note_key_id(name, log) == log.log_id[:_KEY_ID])",
)
CHECKPOINT_SIGNATURE = _check(
    "the checkpoint's signature",
    "attest/verify/checkpoint.py",
    'log.key.check(signature, checkpoint.signed, what="the checkpoint")',
    "pass",
)
CERTIFICATE_SUBJECT = _off(
    "the certificate's subject",
    "trust/certificate_identity.py",
    "if (self.kind is not None and signer.kind is not self.kind) or not self._matches(signer.subject)",
)
SUBJECT_KIND = _check(
    "the kind of subject",
    "attest/trust/certificate_identity.py",
    "if (self.kind is not None and signer.kind is not self.kind) or not self._matches(signer.subject):",
    "if not self._matches(signer.subject):",
)
CERTIFICATE_ISSUER = _off("the issuer of the login", "trust/certificate_identity.py", "if signer.issuer != self.issuer")
ONE_ISSUER = _off(
    "one issuer in a certificate", "verify/fulcio.py", "if old is not None and new is not None and old != new"
)
EXTENSIONS = _check(
    "what the issuer said besides",
    "attest/trust/certificate_identity.py",
    "self._check_extensions(signer.extensions.values)",
    "pass",
)
ISSUER_ASKED = _off("an issuer in a policy", "policy/holders.py", 'if "issuer" not in value')
ISSUER_TEXT = _off(
    "an issuer that is text", "policy/identities.py", "if not isinstance(value, str) or not value.strip()"
)
ANCHORED = _check("patterns for the whole subject", "attest/trust/subject_glob.py", "re.fullmatch(", "re.search(")
STARS_STOP = _check(
    "stars that stop",
    "attest/trust/subject_glob.py",
    '_ONE_PART: Final = r"[^/@\\x00-\\x1f]*"',
    '_ONE_PART: Final = r"[^\\x00-\\x1f]*"',
)
SCT_THERE = _check(
    "a certificate log's promise", "attest/verify/sct.py", "if not scts and accept_none:", "if not scts:"
)
ONE_SCT = _off("one promise by a certificate log", "verify/sct.py", "if len(scts) != 1")
SCT = _check(
    "the certificate log's signature",
    "attest/verify/sct.py",
    'logs[0].key.check(signature, signed, what="the certificate\'s SCT")',
    "pass",
)
VALID_AT_ITS_TIME = _off(
    "certificates valid at the proven time", "verify/certificates.py", "if not start <= proven.moment <= end"
)
CA_WINDOW = _off("the authority's window", "verify/certificates.py", "if proven.moment not in authority.window")
LOG_WINDOW = _off("the log's window", "verify/log_entry.py", "if not any(proven.moment in log.window for log in logs)")
CT_WINDOW = _off("the certificate log's window", "verify/sct.py", "if log is None")
TSA_WINDOW = _off("the timestamp authority's window", "verify/timestamps.py", "if moment not in authority.window")
WINDOW_START = _check(
    "windows with a start",
    "attest/trust/roots.py",
    'start=read_time(span.text("start"),',
    'start=read_time(span.text("start") if "start" in span else "1970-01-01T00:00:00Z",',
)
ISSUED = _check(
    "who issued a certificate", "attest/trust/x509_path.py", "child.verify_directly_issued_by(issuer)", "pass"
)
PATH_LENGTH = _off(
    "the length of a path",
    "trust/x509_path.py",
    "if basic.path_length is not None and basic.path_length < below",
)
MAY_ISSUE = Check(
    name="who may issue",
    edits=(
        (
            "attest/trust/x509_path.py",
            "if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):",
            "if False:",
        ),
        (
            "attest/trust/x509_path.py",
            "if basic.path_length is not None and basic.path_length < below:",
            "if False:",
        ),
    ),
)
KNOWN_AUTHORITY = _off("authorities of the root", "verify/certificates.py", "if not issued")

# ---- keys and certificates that count for a while

KEY_WINDOW = _off("the time of a key", "verify/by_managed_key.py", "if not key.counts_at(time.moment)")
KEY_TIME = _off("a proven time for a key", "verify/by_managed_key.py", "if needs_time and not times")
PROOFS_CHECKED = _check(
    "the proofs beside a key",
    "attest/verify/by_managed_key.py",
    "if not brings or key.root is None:",
    "if True:",
)
IN_FORCE = _check(
    "the clock where no time is proven",
    "attest/policy/in_force.py",
    "return fact.counts is None or bool(fact.times) or now in fact.counts",
    "return True",
)
WHOLE_COPY = _off("keeping the whole copy", "verify/verifier.py", "if not kept.times and fact.times")
PKI_SUBJECT = _check(
    "a subject for private certificates",
    "attest/trust/private_pki.py",
    "if name == self.subject or (self.subject_glob and matches(self.subject_glob, name)):",
    "if True:",
)
PKI_KIND = _check(
    "the kind of a private certificate's name",
    "attest/trust/private_pki.py",
    "for name in names.get(self.said_as, ()):",
    "for name in [each for several in names.values() for each in several]:",
)
PKI_TIME = _check(
    "a proven time for private certificates",
    "attest/verify/by_private_pki.py",
    "1 if holder.time_required else 0",
    "0",
)
ISSUER_NOT_PASSED_OVER = _off("certificates of a Sigstore apart", "verify/by_private_pki.py", "if vouched_for(leaf)")

# ---- ancestors and revocations

REVOKED_SIGNER = _check(
    "leaving out revoked signers",
    "attest/policy/denials.py",
    "            denials = self.of_fact(fact)\n",
    "            denials = ()\n",
)
REVOKED_VERSION = _check(
    "the revocation of a version",
    "attest/policy/denials.py",
    "for denial in denials.of(Kind.MANIFEST, case.digest)[:1]",
    "for denial in ()",
)
REVOKED_ANCESTOR = _check(
    "the revocation of ancestors",
    "attest/policy/denials.py",
    "for denial in _reaching(denials, Kind.MANIFEST, met.item.digest, met)[:1]:",
    "for denial in ():",
)
REVOKED_DATASET = _check(
    "the revocation of datasets",
    "attest/policy/denials.py",
    "for denial in _reaching(denials, Kind.DATASET, met.item.digest, met)[:1]:",
    "for denial in ():",
)
ANCESTORS_FOLLOWED = _off(
    "looking at every ancestor for revocations",
    "policy/denials.py",
    "if denials.reach_descendants and met.item.role in MODEL_ROLES and met.reference is not None",
)
FEED_THERE = _off("asking for the feed", "policy/beyond.py", "if policy.revocations is not None")
FEED_FRESH = _off("the feed's end", "policy/feed.py", "if now > said.expires")
FEED_NEWEST = _off("the feed's number", "policy/feed.py", "if said.sequence < least")
FEED_ONE_HISTORY = _off("the feed's history", "policy/feed.py", "if same or torn")
FEED_SIGNER = _off("the feed's signer", "policy/feed.py", "if identity is None or identity.name not in demand.by")
FEED_VERIFIED = _check(
    "verifying the feed",
    "attest/policy/feed.py",
    "return _not_there(given, by)",
    "return Finding(rule=RULE, status=Status.PASSED)",
)
ANCESTOR_SIGNED = _check(
    "the signature of ancestors", "attest/policy/lineage_ancestors.py", "if missing is None:", "if True:"
)
ANCESTOR_ALLOWED = _check(
    "the policy for ancestors",
    "attest/policy/lineage_ancestors.py",
    "wrong = [finding for finding in findings if finding.status in {Status.FAILED, Status.UNKNOWN}]",
    "wrong = list[Finding]()",
)
ANCESTOR_KNOWN = _check(
    "unknown is not passed",
    "attest/policy/lineage_ancestors.py",
    "replace(found, status=Status.UNKNOWN)",
    "replace(found, status=Status.NOT_REACHED)",
)
NO_CYCLE = _off("nothing is made from itself", "policy/lineage_ancestors.py", "if walk.cycle")
ONE_BASE = _check(
    "one base for an adapter",
    "attest/policy/adapters.py",
    "if found and (len(named) > 1 or None in named)",
    "if False",
)

# ---- references out of the model

_OUTSIDE: Final = "attest/model/formats_outside.py"
_ONNX: Final = "attest/model/formats_onnx_data.py"
REFERENCES_INSIDE = _check("names of files of the model only", _OUTSIDE, "        check_path(path)\n", "        pass\n")
BASE_BY_NAME = _check(
    "bases by name only", _OUTSIDE, '(_NAME.fullmatch(value) is None or ".." in value) if plain', "False if plain"
)
REFERENCE_ONCE = _off("each reference once", "model/formats_outside.py", "if value is TWICE")
INDEX_WHOLE = Check(
    name="looking through a whole index",
    edits=(
        (
            "attest/model/formats_text.py",
            "if sample.size > (HEADER_BYTES if is_index(sample.name) else _WHOLE_JSON_BYTES):",
            "if sample.size > _WHOLE_JSON_BYTES:",
        ),
        ("attest/model/formats_text.py", "followed = is_index(sample.name) or ", "followed = "),
    ),
)
ONNX_BRANCHES = _check("tensors inside of nodes", _ONNX, "_In.NODE: {5: _In.ATTRIBUTE},", "_In.NODE: {},")
ONNX_MEMORY = _check("no address for a name", _ONNX, " or location.startswith(_MEMORY)", "")
ONNX_KEYS = _off("keys of 32 bits", "model/formats_onnx_data.py", "if key >= _MOST_KEY")
ONNX_BY_NAME = _off(".onnx is ONNX", "model/formats.py", 'if sample.suffix == "onnx" and not found.outside')
CODE_ELSEWHERE = _check(
    "looking for code elsewhere",
    "attest/model/formats_text.py",
    "elsewhere = _code_elsewhere(config)",
    "elsewhere = None",
)
OUTSIDE_BY_BYTES = _off("references by the bytes", "load/folder.py", "if found.outside")
OUTSIDE_BY_BOM = _off("references by the ML-BOM", "policy/file_rules.py", "if file.outside is not None")
OUTSIDE_IN_FOLDER = _check(
    "references in a folder",
    "attest/cli/verify_folder.py",
    "if (file.format.code_bearing or file.format.outside)",
    "if file.format.code_bearing",
)
CODE_BY_BOM = _off(
    "code by the ML-BOM", "policy/file_rules.py", "if file.code_bearing is not False or kind in _ALWAYS_CODE"
)

# ---- after the check

OWN_COPY = _check(
    "a copy for each start",
    "attest/cli/exec_.py",
    "give = cached if from_cache else hand_over",
    "give = cached",
)
READ_ONLY = _check("read-only copies", "attest/load/handover.py", "sealed=True", "sealed=False")
NO_FUTURE = _off("no claims from the future", "policy/moments.py", "if late or min(times) - case.now > _AHEAD")

# ---- one bundle, two readings

STATEMENT_TYPE = _check(
    "the statement's own type",
    "attest/claims/statement.py",
    '        _check_type(document.get("_type"), predicate_type)\n',
    "",
)
PAYLOAD_TYPE_AGAIN = _check(
    "the payload's type by a certificate",
    "attest/verify/content.py",
    "case Envelope(payload_type=kind) if kind != PAYLOAD_TYPE:",
    "case Envelope(payload_type=kind) if False:",
)
ONE_SIGNATURE_AGAIN = _off("exactly one signature", "verify/sigstore_bundle.py", "if len(signatures) != 1")
FIRST_SUBJECT = _check(
    "the first subject",
    "attest/verify/binding.py",
    "subject = statement.subjects[0]\n",
    "subject = next(\n"
    "        (each for each in statement.subjects if each.digest.matches(artefact.digest)), statement.subjects[0]\n"
    "    )\n",
)
MOST_SUBJECTS = _check(
    "the number of subjects", "attest/claims/statement.py", "_MOST_SUBJECTS = 1_000", "_MOST_SUBJECTS = 9_999"
)
CERTIFIED_SIGNATURE = _check(
    "the signature of a certificate's holder",
    "attest/verify/by_certificate.py",
    "words = content.check_signature(bundle, signing.key, message)",
    "words = bundle.content",
)
KEYS_FOR_KEYS = _check(
    "keys for signatures by keys",
    "attest/verify/verifier.py",
    'signer = by_key.find_signer(bundle, only_keys(keys), what="the bundle")',
    "signer = keys[0]",
)
HINT_CHOOSES_NOTHING = _check(
    "the key that made the signature",
    "attest/verify/by_key.py",
    "        return key\n    raise _nobody",
    "        return next((each for each in keys if bundle.material.hint == cosign_hint(each.public_key)), key)\n"
    "    raise _nobody",
)
ONE_ENTRY_OF_A_LOG = _check(
    "the number of log entries",
    "attest/verify/sigstore_bundle.py",
    "\nMOST_LOG_ENTRIES: Final = 1",
    "\nMOST_LOG_ENTRIES: Final = 9",
)
MOST_CERTIFICATES = Check(
    name="the number of certificates",
    edits=(
        ("attest/signing/bundle.py", "_MOST_CERTIFICATES: Final = 16", "_MOST_CERTIFICATES: Final = 99"),
        ("attest/verify/sigstore_bundle.py", "_MOST_CERTIFICATES: Final = 16", "_MOST_CERTIFICATES: Final = 99"),
    ),
)

# ---- whom to believe

_TUF: Final = "attest/trust/tuf_mirror.py"
PINNED_TUF_ROOT = _check(
    "a root of one's own",
    _TUF,
    "            bootstrap=root,",
    '            bootstrap=service.ask("/1.root.json", asked="a root").body,',
)
ROOT_BY_ITS_OPERATOR = _check(
    "a root from its operator",
    _TUF,
    'return (files("sigstore") / "_store" / quote(url, safe="") / "root.json").read_bytes()',
    'return Service(kind=Kind.TUF, url=url).ask("/1.root.json", asked="a root").body',
)
MIRROR_REMEMBERED = _check(
    "what a mirror said before",
    _TUF,
    'own = folder / hashlib.sha256(service.url.encode() + b"\\0" + root).hexdigest()[:32]',
    'own = folder / f"{datetime.now(UTC).timestamp()}"',
)
MIRROR_FRESH = _check(
    "the end of what a mirror says",
    _TUF,
    "            updater.refresh()\n",
    "            updater._trusted_set.reference_time = datetime(2000, 1, 1, tzinfo=UTC)\n"
    "            updater.refresh()\n",
)
_CACHED: Final = (
    "    path = updater.find_cached_target(info) or updater.download_target(info)\n"
    "    data = Path(path).read_bytes()\n"
    "    info.verify_length_and_hashes(data)"
)
TARGET_DIGEST = _check(
    "the digest of what a mirror sends",
    _TUF,
    _CACHED,
    "    digest = next(iter(info.hashes.values()))\n"
    '    data = service.ask(f"/targets/{digest}.{name}", asked=name).body',
)
CACHE_VERIFIED = _check(
    "the digest of what lies in the cache",
    _TUF,
    _CACHED,
    "    cached = Path(str(updater.target_dir), name)\n"
    "    data = cached.read_bytes() if cached.exists() else Path(updater.download_target(info)).read_bytes()",
)
FIXED_TARGETS = _check(
    "names of our own",
    _TUF,
    "{name: _target(updater, name, service) for name in targets}",
    "{name: _target(updater, name, service) for name in updater._trusted_set.targets.targets}",
)
CHANGE_AGREED = _check(
    "somebody's yes", "attest/cli/trust_change.py", "        _agree(changes, answer)\n", "        pass\n"
)

# ---- while something is signed

OWN_VERIFIER = _check(
    "our own verifier first",
    "attest/publish.py",
    "    _check_own(signed, model=model, signer=signer)\n",
    "",
)
LOGIN_STATE = _check(
    "the state of a login",
    "attest/signing/browser.py",
    'hmac.compare_digest(said.get("state", "").encode(), state.encode())',
    "True",
)
SERVICE_TLS = _off(
    "TLS to services",
    "signing/services.py",
    'if parts.scheme == "http" and not self.options.plain_http and not _is_this_machine(self.url)',
)
TOKEN_SCRUBBED = _check(
    "taking tokens out of messages",
    "attest/signing/services.py",
    'open_text.replace(part, "…") if len(part) >= _SHORTEST_SECRET else open_text',
    "open_text",
)
STAMP_ANSWER = _off(
    "timestamps of this signature",
    "signing/timestamp_client.py",
    "if not granted or not same or nonce != request.nonce",
)
STAMP_NEEDED = _check(
    "timestamps that were asked for",
    "attest/signing/bundle_signer.py",
    '[{"signedTimestamp": encode_base64(each.stamp(signature))} for each in self.timestamps]',
    "list[Any]()",
)
ENTRY_ANSWER = _check(
    "log entries of this signature",
    "attest/signing/bundle_signer.py",
    "        _check_entry(made, self.signer.public_key)\n",
    "",
)
CERTIFICATE_ANSWER = _off(
    "certificates of this key",
    "signing/fulcio_client.py",
    "if _spki(issued.cert) != request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)",
)
PINNED_INSTANCE = _check(
    "the pinned root's own instance",
    "attest/cli/mirrors.py",
    "return _remembered(settings, others, hint) or Mirror(url=PUBLIC_GOOD)",
    "return Mirror(url=PUBLIC_GOOD)",
)
PUBLIC_SAID = _off(
    "asking before a public log",
    "cli/signers.py",
    "if self._trust.public or (self._mirror is not None and self._mirror.public)",
)
_LOGGED: Final = 'material["tlogEntries"] = [self.log.log_by_key(statement.raw, signature, self.signer.public_key)]\n'
STAMPED_FIRST = Check(
    name="the timestamp before the log",
    edits=(
        ("attest/signing/bundle_signer.py", f"        if self.log is not None:\n            {_LOGGED}", ""),
        (
            "attest/signing/bundle_signer.py",
            "        if self.timestamps:\n",
            f"        if self.log is not None:\n            {_LOGGED}        if self.timestamps:\n",
        ),
    ),
)
LOGGED_ON_DEMAND = _check(
    "no log by default",
    "attest/cli/signers.py",
    "            return KeyBundleSigner(signer=signer)\n",
    "            from attest.signing.log_client import LOGS\n"
    "            from attest.signing.services import Kind, Service\n"
    "            from attest.trust.tuf_mirror import PUBLIC_GOOD\n\n"
    '            service = Service(kind=Kind.REKOR, url=PUBLIC_GOOD.removesuffix("/tuf"))\n'
    "            return KeyBundleSigner(signer=signer, log=LOGS[2](service=service))\n",
)

# ---- policies below policies

COMPOSED_DIGEST = _check(
    "the digest over the composed document",
    "attest/policy/document.py",
    "digest=_digest(value, identities, lineage),",
    'digest=canonical_digest({"text": document.text}),',
)
KEYS_IN_DIGEST = _check(
    "keys by their fingerprints",
    "attest/policy/document.py",
    '    composed["identities"] = {name: _composed(identity) for name, identity in identities.items()}\n',
    "",
)
DEMANDS_JOINED = _check(
    "demands that stay",
    "attest/policy/composing.py",
    "isinstance(base.value, dict) and where not in _WHOLE:",
    "isinstance(base.value, dict) and where not in _WHOLE and not path:",
)
NEVER_FETCHED = _off("policies from files only", "policy/composing.py", 'if "://" in text')
