"""The checks of policies."""

from __future__ import annotations

from tests.attacks.checks.check import Check, check, off

# ---- policy


def _missing(rule: str) -> str:
    return f'    if not facts:\n        return case.missing("{rule}", demand)'


def _passed(rule: str) -> str:
    return f'    if not facts:\n        return case.passed("{rule}", "", ())'


SIGNATURE_THERE = check("the rule on signatures", "attest/policy/rules.py", _missing("signature"), _passed("signature"))
PROVENANCE_THERE = check(
    "the rule on provenance", "attest/policy/rules.py", _missing("provenance"), _passed("provenance")
)
BOM_THERE = check("the rule on ML-BOMs", "attest/policy/rules.py", _missing("ml-bom"), _passed("ml-bom"))
CLAIM_THERE = check("the rule on other claims", "attest/policy/rules.py", _missing("claims"), _passed("claims"))
SAYS_YES = check("claims that say yes", "attest/policy/rules.py", "        if answer != good\n", "        if False\n")
CLAIMS_AGREE = check("claims that agree", "attest/policy/rules.py", "    if differences:", "    if False:")
RIGHT_TYPE = check(
    "the type that is asked for",
    "attest/policy/case.py",
    "return tuple(fact for fact in self.judged.facts if fact.statement.predicate_type in types)",
    "return self.judged.facts",
)
RIGHT_SIGNER = check(
    "the signer that is asked for",
    "attest/policy/case.py",
    "return identity is not None and identity.name in names",
    "return identity is not None",
)
BOM_DIGESTS = check(
    "the ML-BOM's digests", "attest/policy/file_rules.py", "elif not stated.matches(digest):", "elif False:"
)
BOM_FILES = check(
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
SOMEBODY_TO_TRUST = check(
    "somebody to trust",
    "attest/trusting.py",
    "raise _nobody(settings, asked_for, verb, rest)",
    "own = Path('policy.yaml')\n"
    "    if own.exists():\n"
    "        return load_policy(own)\n"
    "    return policy_for_keys([load_trusted_key(settings.default_key.with_suffix('.pub'))])",
)
LOCKED_FLAG = check(
    "the lock on flags", "attest/settings.py", "if setting.locked and flag != setting.value:", "if False:"
)
LOCKED_KEY = check(
    "the lock on whom to trust", "attest/trusting.py", "    _check_locks(whom, document, own)", "    pass"
)
LOCKED_ENVIRONMENT = check(
    "the lock on the environment", "attest/settings.py", "    if name in locked:", "    if False:"
)
SOME_DEMAND = check(
    "a demand in the document",
    "attest/policy/reading.py",
    '    if not value:\n        raise document.error(path, "a policy demands something"',
    '    if False:\n        raise document.error(path, "a policy demands something"',
)
SOME_DEMAND_AGAIN = check(
    "a demand in the policy", "attest/policy/requirements.py", "        if not self.demands:", "        if False:"
)
BOM_FOR_FORMATS = check("an ML-BOM for formats", "attest/policy/reading.py", "    if not has_ml_bom:", "    if False:")
BOM_FOR_FORMATS_AGAIN = check(
    "formats that nobody stated",
    "attest/policy/file_rules.py",
    'return Finding(rule="formats", status=Status.UNKNOWN,',
    'return Finding(rule="formats", status=Status.PASSED,',
)
NAMED_CODE = check(
    "patterns that name something",
    "attest/policy/reading.py",
    "        if not patterns.names_something(pattern):",
    "        if False:",
)
KEYS_APART = check(
    "one name for a key",
    "attest/policy/identities.py",
    "if keys & {key.fingerprint for key in other.keys}:",
    "if False:",
)
PINNED = check(
    "the pinned digest",
    "attest/admit.py",
    "if reference.digest is not None and not descriptor.digest.matches(reference.digest):",
    "if False:",
)

# ---- policies below policies

COMPOSED_DIGEST = check(
    "the digest over the composed document",
    "attest/policy/document.py",
    "digest=_digest(value, identities, lineage),",
    'digest=canonical_digest({"text": document.text}),',
)
KEYS_IN_DIGEST = check(
    "keys by their fingerprints",
    "attest/policy/document.py",
    '    composed["identities"] = {name: _composed(identity) for name, identity in identities.items()}\n',
    "",
)
DEMANDS_JOINED = check(
    "demands that stay",
    "attest/policy/composing.py",
    "isinstance(base.value, dict) and where not in _WHOLE:",
    "isinstance(base.value, dict) and where not in _WHOLE and not path:",
)
NEVER_FETCHED = off("policies from files only", "policy/composing.py", 'if "://" in text')
