"""Sigstore's JavaScript verifier accepts every bundle that we write, with the public key alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop.changes import edited, other_payload, other_payload_type, other_signature
from tests.interop.conftest import BUNDLES
from tests.interop.tools import model_signing, run, sigstore_verify, succeed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interop.conftest import Published
    from tests.interop.tools import Person

pytestmark = pytest.mark.interop


def judge(public: Path, *bundles: Path) -> tuple[int, list[dict[str, Any]]]:
    outcome = run(*sigstore_verify(), public, *bundles)
    assert not outcome.err, outcome.err
    return outcome.status, [json.loads(line) for line in outcome.out.splitlines()]


@pytest.mark.witness(
    "@sigstore/verify reads attest",
    how="key, exported bundle",
    claims=("model signature", "provenance", "ML-BOM", "cosign signature"),
)
def test_every_bundle_is_accepted_and_is_about_the_version(published: Published) -> None:
    status, found = judge(published.person.public, *published.bundles.values())
    assert status == 0
    assert [one["verified"] for one in found] == [True] * len(BUNDLES)
    subjects = {one["predicateType"]: one["subject"][0]["digest"]["sha256"] for one in found}
    root = subjects.pop("https://model_signing/signature/v1.0")
    assert set(subjects.values()) == {published.digest.removeprefix("sha256:")}
    seconds = [one["subject"][1]["digest"]["sha256"] for one in found if len(one["subject"]) > 1]
    assert seconds == [root, root]  # provenance and ML-BOM also name the model signature's root


@pytest.mark.witness("@sigstore/verify refuses attest", how="key, exported bundle")
@pytest.mark.parametrize("claim", sorted(BUNDLES))
@pytest.mark.parametrize("change", [other_payload, other_signature, other_payload_type])
def test_changed_bundle_is_refused(
    change: Callable[[dict[str, Any]], None], claim: str, published: Published, tmp_path: Path
) -> None:
    changed = edited(published.bundles[claim], tmp_path / "bundle.json", change)
    status, (found,) = judge(published.person.public, changed)
    assert status == 1
    assert (found["verified"], found["code"]) == (False, "SIGNATURE_ERROR")


@pytest.mark.witness(
    "@sigstore/verify refuses attest",
    how="key, exported bundle",
    claims=("model signature", "provenance", "ML-BOM", "cosign signature"),
)
def test_another_key_is_refused(published: Published, mallory: Person) -> None:
    status, found = judge(mallory.public, *published.bundles.values())
    assert status == 1
    assert {one["code"] for one in found} == {"SIGNATURE_ERROR"}


def test_the_wrapper_judges_as_the_library_does_and_not_always_yes(
    alice: Person, mallory: Person, models: Path, tmp_path: Path
) -> None:
    """A bundle of another project goes through it the same way."""
    signature = tmp_path / "model.sig"
    succeed(
        model_signing(), "sign", "key", "--private_key", alice.key, "--signature", signature, models / "plain",
        cwd=alice.home, env=alice.env,
    )  # fmt: skip
    assert judge(alice.public, signature)[0] == 0
    assert judge(mallory.public, signature)[0] == 1
