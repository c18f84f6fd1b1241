"""The same cases through sigstore-python 4.5.1. Where it says otherwise, the defect of it that explains that is named.

What it accepts and we refuse are checks that it does not make. What it refuses and we accept it does not implement.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.vectors.__main__ import VERIFIED, verdict
from tests.vectors.cases import OURS, UPSTREAM, Case

if TYPE_CHECKING:
    from sigstore.verify import Verifier

NO_KEYS = "it reads no bundles that a key signed (sigstore-python #1244)"
NO_INTOTO = "it reads no intoto entries"
HALF_OPEN = "the end of a timestamp authority's window does not belong to it"
WINDOWS = "the windows of authorities and logs in the trusted root are not looked at when verifying"
LENIENT = "base64 with junk in it, numbers in several spellings and the last of two equal JSON keys are taken"
PAYLOAD_TYPE = "the type of an envelope's payload is not looked at"
OLD_ISSUER = "the first of the two issuer extensions is compared, and the second is not looked at"
CHECKPOINT = "origin and size of a checkpoint are not compared"
UNREAD = "the words of an envelope are given back unread, whatever statement they are"
ANY_SUBJECT = "one of several subjects of a certificate is enough"
TWICE = "one authority may say the same time twice"

MISSED = {  # refused by it alone
    "managed-key-happy-path": NO_KEYS,
    "managed-key-and-trusted-root": NO_KEYS,
    "intoto-with-custom-trust-root": NO_INTOTO,
    "trust-root-tsa-validity-end-inclusive": HALF_OPEN,
    "intoto-without-payload": NO_INTOTO,
    "intoto-with-payload": NO_INTOTO,
    "tsa-window-of-one-second": HALF_OPEN,
    "key-dsse-rekor-v1": NO_KEYS,
    "key-dsse-rekor-v2": NO_KEYS,
    "key-message-rekor-v1": NO_KEYS,
    "key-message-rekor-v2": NO_KEYS,
    "key-intoto": NO_KEYS,
    "key-alone": NO_KEYS,
    "key-timestamp-only": NO_KEYS,
    "key-window-of-one-second": NO_KEYS,
}
TAKEN = {  # accepted by it alone
    **{
        f"{instance}-{how}_fail": WINDOWS
        for instance in ("ca", "ct", "rekor-v1", "rekor-v2")
        for how in ("ended-before", "began-after")
    },
    "payload-type-text_fail": PAYLOAD_TYPE,
    "payload-type-parameter_fail": PAYLOAD_TYPE,
    "statement-of-another-type_fail": UNREAD,
    "statement-without-type_fail": UNREAD,
    "statement-doubled-key_fail": UNREAD,
    "no-predicate-type_fail": UNREAD,
    "issuers-disagree_fail": OLD_ISSUER,
    "two-subjects_fail": ANY_SUBJECT,
    "timestamp-twice_fail": TWICE,
    "checkpoint-of-another-origin_fail": CHECKPOINT,
    "checkpoint-of-another-size_fail": CHECKPOINT,
    "base64-with-line-breaks_fail": LENIENT,
    "doubled-key_fail": LENIENT,
    "number-with-a-nought_fail": LENIENT,
}

CASES = [*UPSTREAM.cases, *OURS.cases]


def sigstore_accepts(case: Case) -> bool:
    from pydantic import ValidationError
    from sigstore.errors import Error
    from sigstore.hashes import Hashed
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity
    from sigstore_models.common.v1 import HashAlgorithm

    if case.key_path is not None:
        return False  # there is nothing to ask it with
    policy = Identity(identity=case.identity, issuer=case.issuer)
    digest = hashlib.sha256(case.artifact).digest()
    try:
        bundle = Bundle.from_json(case.bundle)
        verifier: Verifier = Verifier(trusted_root=TrustedRoot.from_file(str(case.root_path)))
        if bundle._dsse_envelope is None:
            verifier.verify_artifact(Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest), bundle, policy)
        else:
            _, payload = verifier.verify_dsse(bundle, policy)
            return digest.hex().encode() in payload
    except (Error, ValidationError, ValueError):
        return False
    return True


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_sigstore_python_agrees_but_for_its_defects(case: Case) -> None:
    ours, theirs = verdict(case, by_digest=True) == VERIFIED, sigstore_accepts(case)
    assert (ours and not theirs) == (case.name in MISSED)
    assert (theirs and not ours) == (case.name in TAKEN)


def test_every_defect_is_shown_by_a_case() -> None:
    ours = {case.name for case in OURS.cases}
    assert set(TAKEN) <= ours
    shown = {why for table in (MISSED, TAKEN) for name, why in table.items() if name in ours}
    assert shown == {
        *(NO_KEYS, NO_INTOTO, HALF_OPEN, WINDOWS, LENIENT, PAYLOAD_TYPE, OLD_ISSUER),
        *(CHECKPOINT, UNREAD, ANY_SUBJECT, TWICE),
    }
