"""Rows 2 and 18: text that is taken for a digest (CVE-2024-37032, CVE-2026-7020), and hashes that are not SHA-256."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attest.claims.predicates import MODEL_SIGNATURE, PROVENANCE
from attest_registry.digest import Digest
from attest_registry.errors import BadReference
from attest_registry.oci.descriptor import IMAGE_INDEX
from tests.attacks import record
from tests.attacks.release import FILES
from tests.services.registry_faults import answer
from tests.verify.evidence import signed_payload

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

HEX = Digest.of(FILES["model.safetensors"]).hex
PATHS = {
    "path": "sha256:../../../../nowhere/at-all",
    "dash": "sha256-../../x",
    "bare-path": "../../manifests/1",
    "path-after": f"sha256:{HEX}/../../x",
}
OTHER_FORMS = {
    "upper-case": f"sha256:{HEX.upper()}",
    "cut": f"sha256:{HEX[:32]}",
    "line-end": f"sha256:{HEX}\n",
    "sha512": f"sha512:{HEX * 2}",
    "upper-name": f"SHA256:{HEX}",
    "md5": f"md5:{HEX[:32]}",
    "no-name": HEX,
    "no-digits": "sha256:",
    "nothing": "",
}
NONE = PATHS | OTHER_FORMS


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_a_layer_whose_digest_is_none(scene: Scene, text: str) -> None:
    release = scene.release()
    scene.honest_pull(scene.served(release))
    document = release.document
    document["layers"][0]["digest"] = text
    reference = scene.vouched(document, release.folder.manifest)
    asked = len(scene.fake.seen)
    scene.pull(reference, code="malformed-manifest", status=3)
    assert {seen.path.rpartition("/")[0] for seen in scene.fake.seen[asked:]} <= {"/v2/", "/v2/demo/model/manifests"}


@pytest.mark.parametrize("kind", ["path", "upper-case", "cut"])
def test_evidence_whose_digest_is_none(scene: Scene, kind: str) -> None:
    """A listing names a manifest by a path: the entry is left out, and nothing is asked for in its name."""
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    page = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [_entry(NONE[kind])]}
    scene.fake.on("GET", "/referrers/", answer(200, json.dumps(page).encode(), Content_Type=IMAGE_INDEX))
    asked = len(scene.fake.seen)
    scene.pull(reference, code="evidence-missing", status=1)
    usual = {
        f"referrers/{release.digest}",
        "manifests/1",
        "manifests/attest-log",
        f"manifests/{str(release.digest).replace(':', '-')}",
    }
    paths = {seen.path.removeprefix("/v2/demo/model/") for seen in scene.fake.seen[asked:]}
    assert paths <= usual, paths


def _entry(digest: str) -> dict[str, Any]:
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return {"mediaType": kind, "digest": digest, "size": 2, "artifactType": kind}


@pytest.mark.parametrize("kind", ["path", "path-after", "upper-case", "cut", "line-end"])
def test_a_reference_whose_digest_is_none(scene: Scene, kind: str) -> None:
    scene.honest_pull(scene.served())
    asked = len(scene.fake.seen)
    scene.pull(f"{scene.registry.name}@{NONE[kind]}", code="bad-reference", status=2)
    assert len(scene.fake.seen) == asked


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=90),
        st.from_regex(r"sha256:[0-9a-fA-F./\n]{60,68}", fullmatch=True),
        st.text("0123456789abcdef/.", min_size=60, max_size=70).map("sha256:".__add__),
    )
)
def test_no_text_but_one_form_is_a_digest(text: str) -> None:
    honest = str(Digest.of(b"x"))
    assert str(Digest.parse(honest)) == honest
    tail = text.removeprefix("sha256:")
    if text.startswith("sha256:") and len(tail) == 64 and set(tail) <= set("0123456789abcdef"):
        return
    with pytest.raises(BadReference):
        Digest.parse(text)
    if len(text) != 64:
        with pytest.raises(BadReference):
            Digest(hex=text)


def _provenance(scene: Scene, digests: dict[str, str]) -> tuple[str, tuple[str, str]]:
    """A version whose only evidence names its subject by these digests, signed by alice."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    scene.honest_pull(scene.served(release), *trust)
    scene.registry.strip(release.digest)
    document = json.loads(release.claims[PROVENANCE].raw)
    document["subject"][0]["digest"] = digests
    payload = json.dumps(document).encode()
    scene.registry.attach([signed_payload(payload, scene.alice).raw], release.digest)
    return f"{scene.registry.name}:1", trust


@pytest.mark.parametrize(
    "digests",
    [{"md5": HEX[:32]}, {"sha1": HEX[:40]}, {"sha512": HEX * 2}, {"sha256": HEX[:32]}, {"sha256": ""}, {}],
    ids=["md5", "sha1", "sha512", "cut", "empty", "none"],
)
def test_a_subject_by_another_hash(scene: Scene, digests: dict[str, str]) -> None:
    reference, trust = _provenance(scene, digests)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


def test_a_subject_that_matches_only_at_its_beginning(scene: Scene) -> None:
    digest = scene.release().digest.hex
    other = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    reference, trust = _provenance(scene, {"sha256": other})
    scene.pull(reference, *trust, code="subject-mismatch", status=3)


@pytest.mark.parametrize("algorithm", ["md5", "blake2b", "sha256-sharded", "SHA256", ""])
def test_files_by_another_hash(scene: Scene, algorithm: str) -> None:
    """The algorithm is a field that the signer writes: the same digits under another name are another digest."""
    release = scene.release()
    trust = scene.policy("signature: {by: [alice]}")
    scene.honest_pull(scene.served(release), *trust)
    scene.registry.strip(release.digest)
    document = json.loads(release.claims[MODEL_SIGNATURE].raw)
    document["predicate"]["resources"][0]["algorithm"] = algorithm
    scene.registry.attach([signed_payload(json.dumps(document).encode(), scene.alice).raw], release.digest)
    scene.pull(f"{scene.registry.name}:1", *trust, code="malformed-evidence", status=3)


def test_the_comparison_is_of_whole_digests() -> None:
    digest = Digest.of(b"x")
    assert digest.matches(Digest.of(b"x"))
    record.note(honest=True, outcome="allowed")
    near = Digest(hex=digest.hex[:-1] + ("0" if digest.hex[-1] != "0" else "1"))
    through = digest.matches(near)
    record.note(honest=False, outcome=record.GOT_THROUGH if through else "refused", code="not equal")
    assert not through
