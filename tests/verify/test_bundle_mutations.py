"""Every field of a good bundle and of a good root removed, doubled, retyped and bent: none verifies, none crashes.

Every form that is accepted: by certificate and by key, an envelope or a bare message, in Rekor v1, Rekor v2, both with
timestamps, or nowhere. The demands ask for everything that each bundle brings, so that what is taken away is missed.
What may change without consequence is listed by name, with the reason.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attest.errors import AttestError, InputError
from attest.evidence.evidence import Evidence
from attest.signing.fingerprint import fingerprint
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.trust.private_pki import PrivateIdentity
from attest.trust.roots import TrustedRoot
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.by_managed_key import verify_key_bundle
from attest.verify.demands import Demands, KeyDemands
from attest.verify.sigstore_bundle import MEDIA_TYPES, SigstoreBundle
from attest.verify.verifier import authenticate
from tests.verify.private_authority import NOON
from tests.verify.private_forms import intoto_bundle, message_bundle
from tests.verify.private_keys import new_key
from tests.verify.private_pki import RELEASE, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.refusals import ALICE, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attest.trust.signatory import Signatory
    from attest.verify.proven import VerifiedBundle

    Path = tuple[str | int, ...]

INSTANCE: Final = PrivateSigstore()
ROOT: Final = INSTANCE.root()
KEY: Final = new_key()
MESSAGE: Final = b"words that stand elsewhere"
MANAGED: Final = ManagedKey(
    key=TrustedKey(name="k", public_key=KEY.public_key(), fingerprint=fingerprint(KEY.public_key()), origin="k.pub")
)
BUNDLES: Final[dict[str, dict[str, Any]]] = {
    "certificate, Rekor v1 and timestamp": INSTANCE.bundle(version=1, stamps=(NOON,)),
    "certificate, Rekor v2 and timestamp": INSTANCE.bundle(version=2),
    "certificate, Rekor v1 intoto": intoto_bundle(INSTANCE, with_payload=True),
    "certificate, message, Rekor v1": message_bundle(INSTANCE, MESSAGE, version=1),
    "certificate, message, Rekor v2 and timestamp": message_bundle(INSTANCE, MESSAGE, version=2, stamps=(NOON,)),
    "key": INSTANCE.key_bundle(KEY),
    "key, Rekor v1 and timestamp": INSTANCE.key_bundle(KEY, version=1, stamps=(NOON,)),
    "key, Rekor v2": INSTANCE.key_bundle(KEY, version=2),
    "key, message, Rekor v1": message_bundle(INSTANCE, MESSAGE, version=1, key=KEY),
    "key, message, Rekor v2 and timestamp": message_bundle(INSTANCE, MESSAGE, version=2, key=KEY, stamps=(NOON,)),
}
AUTHORITY: Final = PrivatePki()
NAMED: Final[dict[str, tuple[Signatory, dict[str, Any]]]] = {
    "key": (MANAGED.key, INSTANCE.key_bundle(KEY)),
    "key for a while, timestamp": (
        ManagedKey(key=MANAGED.key, not_after=NOON, root=ROOT),
        INSTANCE.key_bundle(KEY, stamps=(NOON,)),
    ),
    "identity, Rekor v1": (
        TrustedHolder(name="alice", identity=ALICE, root=ROOT, origin="root"),
        INSTANCE.bundle(version=1),
    ),
    "identity, Rekor v2 and timestamp": (
        TrustedHolder(name="alice", identity=ALICE, root=ROOT, origin="root"),
        INSTANCE.bundle(version=2),
    ),
    "private authority, timestamp": (
        PkiHolder(
            name="release",
            identity=PrivateIdentity(subject=RELEASE),
            authority=AUTHORITY.pinned(),
            root=ROOT,
            origin="ca.pem",
        ),
        changed(AUTHORITY.bundle(INSTANCE), lambda bundle: bundle["verificationMaterial"].pop("tlogEntries")),
    ),
}
HINTED: Final = {  # the hint selects nothing, so it can be anything or absent
    ("verificationMaterial", "publicKey", "hint"),
    ("verificationMaterial", "publicKey"),
}
DIGESTED: Final = {("messageSignature", "messageDigest")}  # a hint too: without it the message itself counts


def verify(name: str, raw: bytes, root: TrustedRoot = ROOT) -> VerifiedBundle:
    bundle = SigstoreBundle.parse(raw)
    stamped, logged = "timestamp" in name, "Rekor" in name
    times = stamped + ("v1" in name)
    message = MESSAGE if "message" in name else None
    if name.startswith("key"):
        demands = KeyDemands(log_entry=logged, times=times, timestamps=int(stamped))
        return verify_key_bundle(bundle, key=MANAGED, root=root, demands=demands, message=message)
    wanted = Demands(times=times, timestamps=int(stamped))
    return verify_certificate_bundle(bundle, root=root, identity=ALICE, demands=wanted, message=message)


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of everything in a document but the whole of it."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from fields(each, (*path, key))


def at(document: Any, path: Path) -> tuple[Any, str | int]:
    *way, last = path
    for step in way:
        document = document[step]
    return document, last


def removed(document: Any, path: Path) -> None:
    holder, last = at(document, path)
    del holder[last]


def retyped(value: Any) -> list[Any]:
    others: list[Any] = [None, True, 7, -1, 1.5, "", "AAAA", [], {}, [value], {"value": value}]
    return [other for other in others if type(other) is not type(value) or other != value]


def bent(value: Any) -> list[Any]:
    """Values of the same type that differ by one bit, one character, one place or a spelling."""
    if not isinstance(value, str):
        return []
    middle = len(value) // 2
    found: list[Any] = [
        value[:-1],
        value + "=",
        value + "\n",
        " " + value,
        value.replace("+", "-").replace("/", "_"),
        value.swapcase(),
        *(
            value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
            for place in (0, middle, -2)
            if len(value) > 2
        ),
    ]
    if value.isdecimal():
        found += ["0" + value, "+" + value, str(int(value) + 1), str(int(value) + 2**64), int(value)]
    return [other for other in found if other != value]


def flipped(value: Any) -> Iterator[str]:
    """What base64 holds, with one bit changed, at one place after the other."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        return
    for place in range(0, len(raw), 1 + len(raw) // 32):
        yield base64.b64encode(raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :]).decode()


def mutants(document: dict[str, Any], *, below_base64: bool = True) -> Iterator[tuple[str, Path, bytes]]:
    for path in fields(document):
        holder, last = at(document, path)
        value = holder[last]
        other = copy.deepcopy(document)
        removed(other, path)
        yield "removed", path, json.dumps(other).encode()
        whole = last != "signedTimestamp"  # which is not signed whole, and has a test of its own
        bits = flipped(value) if whole and below_base64 else ()
        for replacement in (*retyped(value), *bent(value), *bits):
            other = copy.deepcopy(document)
            place, _ = at(other, path)
            place[last] = replacement
            yield f"{replacement!r}"[:40], path, json.dumps(other).encode()
        if isinstance(last, int):
            other = copy.deepcopy(document)
            at(other, path)[0].append(value)
            yield "appended", path, json.dumps(other).encode()
        else:
            yield "doubled", path, doubled(document, path)
            other = copy.deepcopy(document)
            at(other, path)[0][f"{last}X"] = value
            yield "unknown field", path, json.dumps(other).encode()


def doubled(document: dict[str, Any], path: Path) -> bytes:
    """The same field twice in one object, as no serialiser would write it."""
    other = copy.deepcopy(document)
    holder, last = at(other, path)
    value = holder.pop(last)
    holder["@1"], holder["@2"] = value, value
    return json.dumps(other).replace('"@1"', json.dumps(last)).replace('"@2"', json.dumps(last)).encode()


def survivors(document: dict[str, Any], judge: Callable[[bytes], object]) -> list[tuple[str, Path]]:
    """Mutants that verify. Anything but our own errors goes through and fails the test."""
    found = []
    for how, path, raw in mutants(document):
        with contextlib.suppress(AttestError):
            judge(raw)
            found.append((how, path))
    return found


@pytest.mark.parametrize("name", BUNDLES)
def test_the_bundle_itself_verifies(name: str) -> None:
    verify(name, json.dumps(BUNDLES[name]).encode())


@pytest.mark.parametrize("name", BUNDLES)
def test_no_mutant_of_a_bundle_verifies(name: str) -> None:
    found = survivors(BUNDLES[name], lambda raw: verify(name, raw))
    surprising = [(how, path) for how, path in found if not is_harmless(how, path)]
    assert not surprising


def is_harmless(how: str, path: Path) -> bool:
    return (
        (path in HINTED and how not in {"doubled", "unknown field"})
        or (path in DIGESTED and how in {"removed", "None"})
        or is_other_spelling(how, path)
    )


def judge(name: str, raw: bytes) -> object:
    """As `attest verify` reads evidence: whoever signed it is found among those that the operator named."""
    return authenticate(Evidence(raw=raw, origin=name), [NAMED[name][0]])


@pytest.mark.parametrize("name", NAMED)
def test_no_mutant_of_a_bundle_is_found_to_be_anybody_s(name: str) -> None:
    document = NAMED[name][1]
    judge(name, json.dumps(document).encode())
    found = survivors(document, lambda raw: judge(name, raw))
    surprising = [(how, path) for how, path in found if not is_harmless(how, path)]
    assert not surprising


def is_other_spelling(how: str, path: Path) -> bool:
    """What protobuf itself calls the same: the media type's second form."""
    return path == ("mediaType",) and how.strip("'") in MEDIA_TYPES


def test_no_mutant_of_the_root_crashes_and_none_widens_it() -> None:
    """Most of a root can be changed into another good root; it must never be read in two ways or blow up."""
    bundle = json.dumps(BUNDLES["certificate, Rekor v2 and timestamp"]).encode()
    document = INSTANCE.root_document()
    for how, _, raw in mutants(document, below_base64=False):
        with contextlib.suppress(InputError):
            root = TrustedRoot.parse(raw)
            assert how not in {"doubled", "unknown field"}
            with contextlib.suppress(AttestError):
                verify("certificate, Rekor v2 and timestamp", bundle, root)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_single_bit_of_a_bundle_can_change(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(BUNDLES)))
    raw = bytearray(json.dumps(BUNDLES[name], separators=(",", ":")).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    material = BUNDLES[name]["verificationMaterial"]
    free = [json.dumps(material["publicKey"], separators=(",", ":"))] if "publicKey" in material else []
    stamps = material.get("timestampVerificationData", {"rfc3161Timestamps": []})["rfc3161Timestamps"]
    free += [stamp["signedTimestamp"] for stamp in stamps]  # see the test of timestamps below
    assume(not any(begin <= place < begin + len(each) for each in free for begin in [raw.index(each.encode())]))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(AttestError):
        verify(name, bytes(raw))


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=300))
def test_bytes_that_are_no_bundle(raw: bytes) -> None:
    with pytest.raises(AttestError):
        SigstoreBundle.parse(raw)


def with_one_bit(data: st.DataObject, holder: dict[str, str], key: str) -> None:
    """Bits of the DER itself, with the base64 around it put right again."""
    raw = bytearray(base64.b64decode(holder[key]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    holder[key] = base64.b64encode(raw).decode()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bit_of_a_certificate_or_of_an_entry_can_change(data: st.DataObject) -> None:
    bundle = copy.deepcopy(BUNDLES["certificate, Rekor v2 and timestamp"])
    material = bundle["verificationMaterial"]
    with_one_bit(
        data,
        *data.draw(
            st.sampled_from([(material["certificate"], "rawBytes"), (material["tlogEntries"][0], "canonicalizedBody")])
        ),
    )
    with pytest.raises(AttestError):
        verify("certificate, Rekor v2 and timestamp", json.dumps(bundle).encode())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bit_of_a_timestamp_can_change_what_it_proves(data: st.DataObject) -> None:
    """CMS leaves parts of a token unsigned (the list of digest algorithms): those may change, the time may not."""
    bundle = copy.deepcopy(BUNDLES["certificate, Rekor v2 and timestamp"])
    stamp = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    with_one_bit(data, stamp, "signedTimestamp")
    with contextlib.suppress(AttestError):
        found = verify("certificate, Rekor v2 and timestamp", json.dumps(bundle).encode())
        assert [time.moment for time in found.times] == [NOON]
