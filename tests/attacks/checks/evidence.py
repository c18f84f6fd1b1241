"""The checks of the documents of evidence and what they say."""

from __future__ import annotations

from tests.attacks.checks.check import Check, check, off

# ---- JSON and YAML

KEYS_ONCE = check(
    "each key once", "registry/attest_registry/strict_json.py", "if len(found) != len(pairs):", "if False:"
)
DEPTH = check(
    "the depth of JSON", "registry/attest_registry/strict_json.py", "if depth > limits.JSON_DEPTH:", "if False:"
)
PARTS = check(
    "the number of keys and values",
    "registry/attest_registry/strict_json.py",
    "if max(parts, strings) > most:",
    "if False:",
)
NUMBERS = check(
    "numbers that are numbers",
    "registry/attest_registry/strict_json.py",
    'raise NotStrictJSON(f"{name} is not a JSON number")',
    "return 0  # type: ignore",
)
UTF8 = check(
    "strict UTF-8",
    "registry/attest_registry/strict_json.py",
    'data.decode("utf-8")',
    'data.decode("utf-8", "replace")',
)
SURROGATES = check(
    "text that can be written again",
    "registry/attest_registry/strict_json.py",
    "if _SURROGATE.search(text):",
    "if False:",
)
INTEGERS = check(
    "the size of integers",
    "registry/attest_registry/strict_json.py",
    'if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS:',
    "if False:",
)
JSON_LIMIT = check("the bound of JSON", "registry/attest_registry/strict_json.py", "if len(data) > limit:", "if False:")
JSON_ERRORS = check(
    "telling JSON from all else",
    "registry/attest_registry/strict_json.py",
    "except (ValueError, RecursionError) as error:",
    "except RecursionError as error:",
)
KNOWN_KEYS = check("known keys only", "attest/policy/keys.py", "if key not in known:", "if False:")
KNOWN_KEYS_AGAIN = check("known keys in any document", "attest/strict_yaml.py", "if key not in known:", "if False:")
YAML_KEYS_ONCE = check("each key once in YAML", "attest/strict_yaml_reader.py", "if key in items:", "if False:")

# ---- evidence

SIGNATURE = check(
    "the signature",
    "attest/verify/by_key.py",
    "        except SignatureInvalid:\n            continue",
    "        except SignatureInvalid:\n            pass",
)
KEY_MATERIAL = check(
    "keys and certificates apart",
    "attest/verify/verifier.py",
    "    if isinstance(bundle.material, CertificateMaterial):",
    "    if False:",
)
KEY_MATERIAL_AGAIN = check(
    "keys for bundles by keys",
    "attest/verify/by_key.py",
    "    if isinstance(bundle.material, CertificateMaterial):",
    "    if False:",
)
PAYLOAD_TYPE = check(
    "the payload's type", "attest/verify/verifier.py", "if bundle.payload_type != PAYLOAD_TYPE:", "if False:"
)
EACH_ON_ITS_OWN = check(
    "judging each piece on its own",
    "attest/verify/verifier.py",
    "            rejected.append(reject(piece, error))",
    "            raise",
)
EACH_FETCHED_ON_ITS_OWN = check(
    "fetching each piece on its own",
    "attest/evidence/collect.py",
    "        return Damaged(origin=origin, error=gone)",
    "        raise gone from error",
)
OWN_NAME = check("claims in the signer's name", "attest/verify/binding.py", "    if said != own:", "    if False:")
SUBJECT_DIGEST = check(
    "the subject's digest", "attest/verify/binding.py", "if not subject.digest.matches(artefact.digest):", "if False:"
)
SUBJECT_NAME = check("the subject's name", "attest/verify/binding.py", "    if name not in names:", "    if False:")
FILE_DIGESTS = check(
    "the digests of files",
    "attest/verify/binding.py",
    "status = FileStatus.SAME if expected.matches(found) else FileStatus.DIFFERS",
    "status = FileStatus.SAME",
)
NO_FILE_MORE = check(
    "no file more", "attest/verify/binding.py", "status = FileStatus.NOT_SIGNED", "status = FileStatus.SAME"
)
NO_FILE_LESS = check(
    "no file less", "attest/verify/binding.py", "status = FileStatus.MISSING", "status = FileStatus.SAME"
)
FILE_NAMES = check(
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
NOTHING_IGNORED = check(
    "ignoring nothing",
    "attest/verify/binding.py",
    "{file.path: file.digest for file in artefact.files}",
    "{file.path: file.digest for file in artefact.files if file.path not in signature.ignored}",
)
FOLDER_NOTHING_IGNORED = check(
    "ignoring nothing",
    "attest/verify/directory.py",
    "for resource in claim.resources}, files_of(manifest))",
    "for resource in claim.resources}, "
    "{path: digest for path, digest in files_of(manifest).items() if path not in claim.ignored})",
)
NARROW_IGNORE = check(
    "single names to ignore",
    "attest/claims/signature.py",
    'if path in {"", ".", "/"} or _PATTERN & set(path) or ".." in path.split("/"):',
    "if False:",
)
SOME_FILE = check(
    "at least one signed file",
    "attest/claims/signature.py",
    "if not isinstance(value, list) or not value:",
    "if not isinstance(value, list):",
)
NO_GAP = check("no byte without a shard", "attest/claims/shards.py", "    if part.start != covered:", "    if False:")
SHARDED_SIZE = check(
    "no byte behind the last shard", "attest/verify/sharded.py", "if signed.size != there.size:", "if False:"
)
SHARDED_NO_FILE_MORE = check(
    "no file without a shard",
    "attest/verify/sharded.py",
    "FileStatus.MISSING if there is None else FileStatus.NOT_SIGNED",
    "FileStatus.MISSING if there is None else FileStatus.SAME",
)
SHA256_FILES = check(
    "SHA-256 for files",
    "attest/claims/signature.py",
    'case {"name": str(name), "algorithm": str(said), "digest": str(digest)} if said == algorithm:',
    'case {"name": str(name), "algorithm": str(_), "digest": str(digest)}:',
)
SHA256_SUBJECT = check(
    "SHA-256 for subjects",
    "attest/claims/statement.py",
    'raise MalformedEvidence("a subject has no SHA-256 digest")',
    'return Subject(name=value.get("name", ""), digest=Digest.of(b""))',
)
ONE_SIGNATURE = check(
    "exactly one signature", "attest/signing/bundle.py", "len(several) != 1 or not isinstance", "not isinstance"
)
ONE_MATERIAL = check("one way to be checked", "attest/signing/bundle.py", "if len(given) != 1:", "if not given:")
BUNDLE_SIZE = check(
    "the size of a bundle", "attest/evidence/collect.py", "if layer.size > limits.BUNDLE_BYTES:", "if False:"
)
REFERS = check(
    "evidence that refers to the version",
    "attest/evidence/collect.py",
    "if manifest.subject is None or not manifest.subject.digest.matches(subject):",
    "if False:",
)

# ---- one bundle, two readings

STATEMENT_TYPE = check(
    "the statement's own type",
    "attest/claims/statement.py",
    '        _check_type(document.get("_type"), predicate_type)\n',
    "",
)
PAYLOAD_TYPE_AGAIN = check(
    "the payload's type by a certificate",
    "attest/verify/content.py",
    "case Envelope(payload_type=kind) if kind != PAYLOAD_TYPE:",
    "case Envelope(payload_type=kind) if False:",
)
ONE_SIGNATURE_AGAIN = off("exactly one signature", "verify/sigstore_bundle.py", "if len(signatures) != 1")
FIRST_SUBJECT = check(
    "the first subject",
    "attest/verify/binding.py",
    "subject = statement.subjects[0]\n",
    "subject = next(\n"
    "        (each for each in statement.subjects if each.digest.matches(artefact.digest)), statement.subjects[0]\n"
    "    )\n",
)
MOST_SUBJECTS = check(
    "the number of subjects", "attest/claims/statement.py", "_MOST_SUBJECTS = 1_000", "_MOST_SUBJECTS = 9_999"
)
CERTIFIED_SIGNATURE = check(
    "the signature of a certificate's holder",
    "attest/verify/by_certificate.py",
    "words = content.check_signature(bundle, signing.key, message)",
    "words = bundle.content",
)
KEYS_FOR_KEYS = check(
    "keys for signatures by keys",
    "attest/verify/verifier.py",
    'signer = by_key.find_signer(bundle, only_keys(keys), what="the bundle")',
    "signer = keys[0]",
)
HINT_CHOOSES_NOTHING = check(
    "the key that made the signature",
    "attest/verify/by_key.py",
    "        return key\n    raise _nobody",
    "        return next((each for each in keys if bundle.material.hint == cosign_hint(each.public_key)), key)\n"
    "    raise _nobody",
)
ONE_ENTRY_OF_A_LOG = check(
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
