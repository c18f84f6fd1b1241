"""The checks of whom to believe, and signing."""

from __future__ import annotations

from typing import Final

from tests.attacks.checks.check import Check, check, off

# ---- whom to believe

_TUF: Final = "attest/trust/tuf_mirror.py"
PINNED_TUF_ROOT = check(
    "a root of one's own",
    _TUF,
    "            bootstrap=root,",
    '            bootstrap=service.ask("/1.root.json", asked="a root").body,',
)
ROOT_BY_ITS_OPERATOR = check(
    "a root from its operator",
    _TUF,
    'return (files("sigstore") / "_store" / quote(url, safe="") / "root.json").read_bytes()',
    'return Service(kind=Kind.TUF, url=url).ask("/1.root.json", asked="a root").body',
)
MIRROR_REMEMBERED = check(
    "what a mirror said before",
    _TUF,
    'own = folder / hashlib.sha256(service.url.encode() + b"\\0" + root).hexdigest()[:32]',
    'own = folder / f"{datetime.now(UTC).timestamp()}"',
)
MIRROR_FRESH = check(
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
TARGET_DIGEST = check(
    "the digest of what a mirror sends",
    _TUF,
    _CACHED,
    "    digest = next(iter(info.hashes.values()))\n"
    '    data = service.ask(f"/targets/{digest}.{name}", asked=name).body',
)
CACHE_VERIFIED = check(
    "the digest of what lies in the cache",
    _TUF,
    _CACHED,
    "    cached = Path(str(updater.target_dir), name)\n"
    "    data = cached.read_bytes() if cached.exists() else Path(updater.download_target(info)).read_bytes()",
)
FIXED_TARGETS = check(
    "names of our own",
    _TUF,
    "{name: _target(updater, name, service) for name in targets}",
    "{name: _target(updater, name, service) for name in updater._trusted_set.targets.targets}",
)
CHANGE_AGREED = check(
    "somebody's yes", "attest/cli/trust_change.py", "        _agree(changes, answer)\n", "        pass\n"
)

# ---- while something is signed

OWN_VERIFIER = check(
    "our own verifier first",
    "attest/publish.py",
    "    _check_own(signed, model=model, signer=signer)\n",
    "",
)
LOGIN_STATE = check(
    "the state of a login",
    "attest/signing/browser.py",
    'hmac.compare_digest(said.get("state", "").encode(), state.encode())',
    "True",
)
SERVICE_TLS = off(
    "TLS to services",
    "signing/services.py",
    'if parts.scheme == "http" and not self.options.plain_http and not _is_this_machine(self.url)',
)
TOKEN_SCRUBBED = check(
    "taking tokens out of messages",
    "attest/signing/services.py",
    'open_text.replace(part, "…") if len(part) >= _SHORTEST_SECRET else open_text',
    "open_text",
)
STAMP_ANSWER = off(
    "timestamps of this signature",
    "signing/timestamp_client.py",
    "if not granted or not same or nonce != request.nonce",
)
STAMP_NEEDED = check(
    "timestamps that were asked for",
    "attest/signing/bundle_signer.py",
    '[{"signedTimestamp": encode_base64(each.stamp(signature))} for each in self.timestamps]',
    "list[Any]()",
)
ENTRY_ANSWER = check(
    "log entries of this signature",
    "attest/signing/bundle_signer.py",
    "        _check_entry(made, self.signer.public_key)\n",
    "",
)
CERTIFICATE_ANSWER = off(
    "certificates of this key",
    "signing/fulcio_client.py",
    "if _spki(issued.cert) != request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)",
)
PINNED_INSTANCE = check(
    "the pinned root's own instance",
    "attest/cli/mirrors.py",
    "return _remembered(settings, others, hint) or Mirror(url=PUBLIC_GOOD)",
    "return Mirror(url=PUBLIC_GOOD)",
)
PUBLIC_SAID = off(
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
LOGGED_ON_DEMAND = check(
    "no log by default",
    "attest/cli/signers.py",
    "            return KeyBundleSigner(signer=signer)\n",
    "            from attest.signing.log_client import LOGS\n"
    "            from attest.signing.services import Kind, Service\n"
    "            from attest.trust.tuf_mirror import PUBLIC_GOOD\n\n"
    '            service = Service(kind=Kind.REKOR, url=PUBLIC_GOOD.removesuffix("/tuf"))\n'
    "            return KeyBundleSigner(signer=signer, log=LOGS[2](service=service))\n",
)
