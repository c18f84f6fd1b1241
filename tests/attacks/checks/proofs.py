"""The checks of certificates, proofs and how long keys count."""

from __future__ import annotations

from tests.attacks.checks.check import Check, check, off

# ---- certificates and what proves them


ENTRY_BODY = off(
    "the log entry rebuilt",
    "verify/log_body.py",
    'if expected is None or body != {"apiVersion": entry.version, "kind": entry.kind, "spec": expected}',
)
ENTRY_THERE = off("the rule on log entries", "verify/witnesses.py", "if bundle.log_entry is None")
PROMISE_THERE = check(
    "times only by a promise",
    "attest/verify/log_entry.py",
    "    if entry.promise is None:\n        return None",
    "    if entry.promise is None:\n"
    "        moment = datetime.fromtimestamp(entry.integrated, tz=UTC)\n"
    "        return ProvenTime(moment=moment, source=TimeSource.LOG, witness=log.base_url)",
)
PROMISE = check(
    "the log's promise",
    "attest/verify/log_entry.py",
    'log.key.check(entry.promise, promised.encode("ascii"), what="the log\'s promise")',
    "pass",
)
ENOUGH_TIMES = off("the rule on times", "verify/witnesses.py", "if found < wanted")
IMPRINT = check(
    "what a timestamp is over",
    "attest/verify/timestamps.py",
    "if algorithm is None or hashlib.new(algorithm, signature).digest() != stated:",
    "if algorithm is None:",
)
TOKEN = check(
    "the timestamp's signature", "attest/verify/timestamps.py", "verifier.verify_message(response, signature)", "pass"
)
ONE_TIME_EACH = off(
    "one time by one authority",
    "verify/timestamps.py",
    "if len({(time.witness, time.moment) for time in times}) != len(times)",
)
PINNED_AUTHORITY = check(
    "timestamp authorities of the root",
    "attest/verify/timestamps.py",
    "if (each.leaf.issuer, each.leaf.serial_number) in signers]",
    "]",
)
PINNED_LOG = check(
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
BUNDLE_VERSION = off("the version of bundles", "signing/bundle.py", 'if document.get("mediaType") not in _MEDIA_TYPES')
BUNDLE_VERSION_AGAIN = off(
    "the version of a Sigstore's bundles",
    "verify/sigstore_bundle.py",
    "if media_type not in MEDIA_TYPES + (OLD_MEDIA_TYPES if accept_old_versions else ())",
)
INCLUSION_THERE = check(
    "the rule on inclusion proofs",
    "attest/verify/log_entry.py",
    "    if proof is None or proof.checkpoint is None:",
    "    if proof is None:\n"
    '        return Logged(log=log.base_url, origin="", index=0, size=0)\n'
    "    if proof.checkpoint is None:",
)
INCLUSION = off("the inclusion proof", "verify/log_entry.py", "if found != proof.root")
CHECKPOINT_TREE = off(
    "the tree of the checkpoint",
    "verify/log_entry.py",
    "if checkpoint.root != found or checkpoint.size != proof.size",
)
CHECKPOINT_ORIGIN = off(
    "the name on the checkpoint",
    "verify/checkpoint.py",
    "if not (tree or name in log.hosts or _note_key_id(name, log) == log.log_id[:_KEY_ID])",
)
CHECKPOINT_SIGNATURE = check(
    "the checkpoint's signature",
    "attest/verify/checkpoint.py",
    'log.key.check(signature, checkpoint.signed, what="the checkpoint")',
    "pass",
)
CERTIFICATE_SUBJECT = off(
    "the certificate's subject",
    "trust/certificate_identity.py",
    "if (self.kind is not None and signer.kind is not self.kind) or not self._matches(signer.subject)",
)
SUBJECT_KIND = check(
    "the kind of subject",
    "attest/trust/certificate_identity.py",
    "if (self.kind is not None and signer.kind is not self.kind) or not self._matches(signer.subject):",
    "if not self._matches(signer.subject):",
)
CERTIFICATE_ISSUER = off("the issuer of the login", "trust/certificate_identity.py", "if signer.issuer != self.issuer")
ONE_ISSUER = off(
    "one issuer in a certificate", "verify/fulcio.py", "if old is not None and new is not None and old != new"
)
EXTENSIONS = check(
    "what the issuer said besides",
    "attest/trust/certificate_identity.py",
    "self._check_extensions(signer.extensions.values)",
    "pass",
)
ISSUER_ASKED = off("an issuer in a policy", "policy/holders.py", 'if "issuer" not in value')
ISSUER_TEXT = off(
    "an issuer that is text", "policy/identities.py", "if not isinstance(value, str) or not value.strip()"
)
ANCHORED = check("patterns for the whole subject", "attest/trust/subject_glob.py", "re.fullmatch(", "re.search(")
STARS_STOP = check(
    "stars that stop",
    "attest/trust/subject_glob.py",
    '_ONE_PART: Final = r"[^/@\\x00-\\x1f]*"',
    '_ONE_PART: Final = r"[^\\x00-\\x1f]*"',
)
SCT_THERE = check("a certificate log's promise", "attest/verify/sct.py", "if not scts and accept_none:", "if not scts:")
ONE_SCT = off("one promise by a certificate log", "verify/sct.py", "if len(scts) != 1")
SCT = check(
    "the certificate log's signature",
    "attest/verify/sct.py",
    'logs[0].key.check(signature, signed, what="the certificate\'s SCT")',
    "pass",
)
VALID_AT_ITS_TIME = off(
    "certificates valid at the proven time", "verify/certificates.py", "if not start <= proven.moment <= end"
)
CA_WINDOW = off("the authority's window", "verify/certificates.py", "if proven.moment not in authority.window")
LOG_WINDOW = off("the log's window", "verify/log_entry.py", "if not any(proven.moment in log.window for log in logs)")
CT_WINDOW = off("the certificate log's window", "verify/sct.py", "if log is None")
TSA_WINDOW = off("the timestamp authority's window", "verify/timestamps.py", "if moment not in authority.window")
WINDOW_START = check(
    "windows with a start",
    "attest/trust/roots.py",
    'start=read_time(span.text("start"),',
    'start=read_time(span.text("start") if "start" in span else "1970-01-01T00:00:00Z",',
)
ISSUED = check(
    "who issued a certificate", "attest/trust/x509_path.py", "child.verify_directly_issued_by(issuer)", "pass"
)
PATH_LENGTH = off(
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
KNOWN_AUTHORITY = off("authorities of the root", "verify/certificates.py", "if not issued")

# ---- keys and certificates that count for a while

KEY_WINDOW = off("the time of a key", "verify/by_managed_key.py", "if not key.counts_at(time.moment)")
KEY_TIME = off("a proven time for a key", "verify/by_managed_key.py", "if needs_time and not times")
PROOFS_CHECKED = check(
    "the proofs beside a key",
    "attest/verify/by_managed_key.py",
    "if not brings or key.root is None:",
    "if True:",
)
IN_FORCE = check(
    "the clock where no time is proven",
    "attest/policy/in_force.py",
    "return fact.counts is None or bool(fact.times) or now in fact.counts",
    "return True",
)
WHOLE_COPY = off("keeping the whole copy", "verify/verifier.py", "if not kept.times and fact.times")
PKI_SUBJECT = check(
    "a subject for private certificates",
    "attest/trust/private_pki.py",
    "if name == self.subject or (self.subject_glob and matches(self.subject_glob, name)):",
    "if True:",
)
PKI_KIND = check(
    "the kind of a private certificate's name",
    "attest/trust/private_pki.py",
    "for name in names.get(self.said_as, ()):",
    "for name in [each for several in names.values() for each in several]:",
)
PKI_TIME = check(
    "a proven time for private certificates",
    "attest/verify/by_private_pki.py",
    "1 if holder.time_required else 0",
    "0",
)
ISSUER_NOT_PASSED_OVER = off("certificates of a Sigstore apart", "verify/by_private_pki.py", "if vouched_for(leaf)")
