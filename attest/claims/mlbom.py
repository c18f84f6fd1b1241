"""The ML-BOM: CycloneDX as an in-toto claim about one version, predicate type `https://cyclonedx.org/bom`.

`build` writes, `parse` reads and refuses a BOM that contradicts itself, `check_schema` holds one against the official
schema as well. Reading never goes through cyclonedx-python-lib: it loses modelCard and data without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.mlbom_check import check_meaning as check_meaning  # noqa: PLC0414  # public here
from attest.claims.mlbom_read import parse as parse  # noqa: PLC0414
from attest.claims.mlbom_read import read as read  # noqa: PLC0414
from attest.claims.mlbom_schema import check_schema as check_schema  # noqa: PLC0414
from attest.claims.mlbom_terms import MLBOM as MLBOM  # noqa: PLC0414
from attest.claims.mlbom_terms import SPECS as SPECS  # noqa: PLC0414
from attest.claims.mlbom_terms import BOMFile as BOMFile  # noqa: PLC0414
from attest.claims.predicates import ML_BOM
from attest.claims.statement import Statement, Subject
from attest.errors import InputError, MalformedEvidence, RecordError

if TYPE_CHECKING:
    from attest.claims.training import Training
    from attest.model.manifest import ModelManifest
    from attest_registry.digest import Digest


def build(
    training: Training,
    manifest: ModelManifest,
    *,
    model: str,
    manifest_digest: Digest,
    oms_root: Digest,
    timestamp: str,
    serial: str,
    spec: str = "1.6",
) -> Statement:
    """Write the ML-BOM of one version. The same arguments give the same bytes. Imports cyclonedx (0.2 s).

    Args:
        training: what is said about how it came to be.
        manifest: its files.
        model: its name without host.
        manifest_digest: its OCI manifest digest.
        oms_root: its OMS root digest.
        timestamp: when this is said, RFC 3339 UTC.
        serial: the BOM's serial number, `urn:uuid:…`.
        spec: CycloneDX version, 1.6 or 1.7.

    Raises:
        InputError: another version (`bom-version`).
        RecordError: what is said does not make a valid BOM; the message says where.
    """
    from attest.claims.mlbom_build import build_document  # noqa: PLC0415  # 0.2 s that readers do not pay

    if spec not in SPECS:
        raise InputError(f"CycloneDX {spec[:20]} is not written", code="bom-version", expected=" or ".join(SPECS))
    document = build_document(
        training,
        manifest,
        model=model,
        manifest_digest=manifest_digest,
        oms_root=oms_root,
        timestamp=timestamp,
        serial=serial,
        spec=spec,
    )
    try:
        check_schema(document)
        check_meaning(document)
    except MalformedEvidence as error:
        raise RecordError(
            f"the training does not make a valid ML-BOM: {error.message}",
            expected=error.expected,
            found=error.found,
        ) from error
    subjects = [Subject(name=model, digest=manifest_digest), Subject(name=f"{model} (OMS root)", digest=oms_root)]
    return Statement.build(subjects=subjects, predicate_type=ML_BOM, predicate=document)
