"""Judge a version with all of its ancestors, or verify their signatures alone: judge_lineage.py WHAT POLICY REF STORE.

WHAT is `verdict`, or `signatures` (each bundle of the version and of every ancestor is read from the store, its signer
found and its signature verified, and no more), or `cryptography` (the same of bundles in memory). Each is done once, as
a command does it; imports and the reading of the policy are left out.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attest.gathering
import attest.policy.beyond
import attest.policy.log_rules  # noqa: F401  # imports are left out of the measurement
from attest.admit import judge_version, locate_version
from attest.evidence.collect import collect
from attest.policy.document import load_policy
from attest.stores import Surroundings
from attest.verify.verifier import authenticate
from attest_registry.oci.layout import LayoutRepository
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.evidence.evidence import Evidence

what, file, text, store = sys.argv[1:]
policy, top = load_policy(Path(file)), Reference.parse(text)


def repository_of(reference: Reference) -> LayoutRepository:
    return LayoutRepository(Path(store), reference.model)


def verdict() -> None:
    judged = judge_version(top, repository_of(top), policy, surroundings=Surroundings(repository_of=repository_of))
    if not judged.verdict.allowed:
        raise SystemExit(str(judged.verdict.to_json()))


def evidence() -> list[Evidence]:
    found: list[Evidence] = []
    for model in sorted(path.parent.relative_to(store) for path in Path(store).glob("bench/lineage/*/oci-layout")):
        reference = Reference.parse(f"{model}:1")
        repository = repository_of(reference)
        _, artefact = locate_version(reference, repository)
        found += collect(repository, artefact.digest).evidence
    return found


def signatures() -> None:
    for piece in evidence():
        authenticate(piece, policy.keys)


def cryptography() -> None:
    for piece in read:
        authenticate(piece, policy.keys)


gc.set_threshold(50_000)
read = evidence() if what == "cryptography" else []
wall, cpu = time.perf_counter(), time.process_time()
{"verdict": verdict, "signatures": signatures, "cryptography": cryptography}[what]()
sys.stdout.write(f"{time.perf_counter() - wall} {time.process_time() - cpu}\n")
