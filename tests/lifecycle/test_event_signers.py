"""Who signed an event, and whether he may: every reader looks himself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from attest.claims.log_state import RoleName
from attest.errors import NoTrust
from attest.lifecycle.keyring import Keyring
from tests.lifecycle.begun_log import begun, refused
from tests.lifecycle.house import House, grant, manifest, promote, register, rollback, version


def test_somebody_elses_signature(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice)
    house.put([*house.bundles(), house.forged(event, signed_by=house.mallory)])
    assert refused(house) == "log-signature"


def test_somebody_elses_name(house: House) -> None:
    """Mallory signs, and says that he is mallory; his event names alice nowhere, and he has no role."""
    log = begun(house)
    event = house.next(log, register(3), by=house.mallory)
    house.put([*house.bundles(), house.forged(event, signed_by=house.mallory)])
    assert refused(house) == "log-role"


def test_a_promotion_by_a_contributor(house: House) -> None:
    """A compromised server took it: every reader looks himself (row 65)."""
    house.write(register(1))
    house.write(grant(RoleName.CONTRIBUTOR, house.alice, house.bob))
    log = house.read()
    state = replace(log.state, aliases={"production": version(1).held}, stages={"production": (1,)})
    event = house.next(log, promote(1), by=house.bob, state=state)
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-role"


def test_a_role_that_was_taken_away(house: House) -> None:
    begun(house)
    log = house.write(grant(RoleName.APPROVER, house.alice))
    event = house.next(log, rollback(1), by=house.bob)
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-role"


def test_words_that_were_changed(house: House) -> None:
    import base64
    import json

    begun(house)
    *before, last = house.bundles()
    bundle = json.loads(last)
    words = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    words["predicate"]["reason"] = "another one"
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(words).encode()).decode()
    house.put([*before, json.dumps(bundle).encode()])
    assert refused(house, "new") == "log-signature"


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"mediaType": 1}', b"[" * 5000])
def test_a_bundle_that_is_none(house: House, raw: bytes) -> None:
    begun(house)
    house.put([*house.bundles(), raw])
    assert refused(house) == "log-signature"


def test_an_event_that_is_malformed(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice)
    bundle = house.forged(event, signed_by=house.alice, words=lambda said: said["state"].update(owner="x"))
    house.put([*house.bundles(), bundle])
    assert refused(house) == "log-signature"


def test_another_kind_of_claim(house: House) -> None:
    from attest.claims.approval import Approval, Decision
    from attest.signed_claims import sign_approval
    from attest.signing.bundle_signer import KeyBundleSigner

    begun(house)
    said = Approval(decision=Decision.APPROVE, meaning="reviewed")
    bundle = sign_approval(
        said, signer=KeyBundleSigner(signer=house.alice.signer), model=house.model, manifest_digest=manifest(2)
    )
    house.put([*house.bundles(), bundle])
    assert refused(house) == "log-signature"


def test_a_key_that_is_nowhere(house: House) -> None:
    begun(house)
    house.put(house.bundles(), change={"annotations": {"dev.attest.log.first": "1"}})
    assert refused(house, "new") == "log-key-missing"
    named = Keyring(named={each.key.fingerprint: each.key for each in (house.alice, house.bob)})
    assert house.read("new", keyring=named).sequence == 4  # the operator has it


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!", "A" * 5000])
def test_a_key_beside_the_log_that_is_another(house: House, text: str) -> None:
    begun(house)
    annotations = {
        "dev.attest.log.first": "1",
        **{f"dev.attest.key.{each.key.fingerprint.hex}": text for each in (house.alice, house.bob)},
    }
    house.put(house.bundles(), change={"annotations": annotations})
    assert refused(house, "new") == "log-key-missing"


def test_a_login_needs_a_pinned_root(house: House) -> None:
    from attest.claims.signer_name import SignerName

    begun(house)
    login = SignerName(issuer="https://accounts.example.com", subject="carol@example.com")
    log = house.write(grant(RoleName.CONTRIBUTOR, login, house.alice))
    event = replace(house.next(log, register(3), by=house.alice), by=login)
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    with pytest.raises(NoTrust) as caught:
        house.read()
    assert caught.value.code == "no-trusted-root"
