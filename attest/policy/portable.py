"""A policy as one document that says everything itself, so that everybody who has it judges by the very same rules.

A policy that is bound to an alias is evaluated by every reader of the model's log, on machines that have none of the
files which its author had: so the composed document (`composing.py`) carries public keys as PEM, trusted roots and
private authorities as text, and policies for ancestors as documents. Its digest is that of the policy as it was read
from its file, since a policy's digest is over fingerprints and roots, never over paths.

What is another thing tomorrow (a feed of revocations in a file) or on another machine (`key: given`) cannot be carried
along. Reading the form back opens no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attest.claims.canonical import canonical_json
from attest.errors import AttestError, PolicyError
from attest.policy.composing import load_composed
from attest.policy.document import load_policy, read_inline
from attest.policy.requirements import LINEAGE_WORDS
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.written_path import written_path
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy
    from attest.trust.signatory import Signatory

MOST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a portable policy. The root of Sigstore's public instance has 7,000."""

_PREFIX: Final = "policy"


def portable(path: Path) -> bytes:
    """A policy file and all that it names, as one document in RFC 8785 form.

    Args:
        path: a place that the operator named.

    Raises:
        PolicyError: the policy is not understood whole; or `policy-not-portable`: it rests on what cannot be carried
            along, is too large, or a file changed while it was read.
    """
    policy = load_policy(path)
    raw = canonical_json(_whole(path, policy))
    if len(raw) > MOST_BYTES:
        raise _refused(f"{path} is too large", expected=f"at most {MOST_BYTES} bytes", found=str(len(raw)))
    if load_portable(raw).digest != policy.digest:
        raise _refused(f"{path} changed while it was read", expected=str(policy.digest), found="another policy")
    return raw


def load_portable(raw: bytes) -> Policy:
    """Read one. Nothing but these bytes is looked at.

    Raises:
        PolicyError: `policy-not-portable`: it has another form than `portable` writes; or what it says is not
            understood.
    """
    try:
        value = parse_object(raw, what="the portable policy", limit=MOST_BYTES)
        one_form = canonical_json(value) == raw
    except (AttestError, TypeError) as error:
        found = error.message if isinstance(error, AttestError) else str(error)
        raise _refused("this is no portable policy", expected="JSON in RFC 8785 form", found=found) from error
    if not one_form:
        raise _refused("the portable policy is spelt otherwise", expected="JSON in RFC 8785 form", found="another form")
    return read_inline(value, what="the portable policy")


def _refused(message: str, *, expected: str, found: str) -> PolicyError:
    return PolicyError(message, code="policy-not-portable", expected=expected, found=found)


def _whole(path: Path, policy: Policy) -> dict[str, Any]:
    """The composed document with what it names in the place of every path; `policy` is what was read from it."""
    document = load_composed(path, prefix=_PREFIX)
    value: dict[str, Any] = dict(document.value)
    if "file" in value.get("revocations", {}):
        from attest.policy.denial_reading import not_portable  # noqa: PLC0415  # most policies name no feed

        raise not_portable(document, ("revocations", "file"))
    value["identities"] = {
        name: said | _inside(policy.identities[name].keys[0]) for name, said in value["identities"].items()
    }
    if "trust" in value:
        value["trust"] = {key: _trusted(said, path.parent) for key, said in value["trust"].items()}
    if "lineage" in value:
        value["lineage"] = {
            key: _ancestors(said, path, key, policy) if isinstance(said, dict) else said
            for key, said in value["lineage"].items()
        }
    return value


def _inside(signatory: Signatory) -> dict[str, str]:
    """What stands in the place of an identity's path: the key, or the authority's certificates."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    if isinstance(signatory, TrustedHolder):
        return {}
    if isinstance(signatory, PkiHolder):
        return {
            "root": "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in signatory.authority.anchors)
        }
    return {"key": signatory.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")}


def _trusted(said: Any, folder: Path) -> Any:
    """A root, or several by their names, as the text of their files: its digest is over those very bytes."""
    if isinstance(said, dict):
        return {name: _text(folder / written_path(text)) for name, text in said.items()}
    return _text(folder / written_path(said))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"{path} is no text that can be carried along", expected="a file in UTF-8", found="") from error


def _ancestors(said: dict[str, Any], path: Path, key: str, policy: Policy) -> dict[str, Any]:
    demand = policy.lineage.ancestors.get(LINEAGE_WORDS[key])
    if demand is None or demand.satisfies is None:
        return said
    other = path.parent / written_path(said["satisfies"].strip())
    return said | {"satisfies": _whole(other, demand.satisfies)}
