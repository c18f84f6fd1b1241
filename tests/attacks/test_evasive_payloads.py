"""Row 29: a payload that no scanner finds, in a version that somebody has scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from attest.claims.predicates import ML_BOM
from attest.claims.scan import Scan
from attest.model.manifest import FileFormat, FileKind
from attest.signed_claims import sign_scan
from attest.signing.bundle import sign_statement
from attest.signing.bundle_signer import KeyBundleSigner
from tests.attacks.release import FILES, MODEL, claims_of
from tests.verify.review import DONE

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene

DEMANDS: Final = "ml-bom: {by: [alice]}, scans: [{by: [alice], findings: {low: 0}}]"
PAYLOADS: Final = {
    "pydoc": b"cpydoc\npipepager\n(S''\nS'id'\ntR.",  # modelscan 0.8.8 says nothing
    "distutils": b"cdistutils.spawn\nspawn\n((lp0\nS'id'\natR.",
    "numpy": b"cnumpy.f2py.crackfortran\ngetlincoef\n(S'1'\n(dtR.",
    "harmless": b"\x80\x04}\x94.",  # a scanner is right about it: no list of bad names decides
    "protocol-0-text": b"(lp0\nI1\na.",
}


def _claimed(scene: Scene, release: Release, *, said: FileKind | None = None) -> str:
    """Served with a scan that found nothing; where `said`, the ML-BOM calls every file that."""
    files = release.folder.manifest
    if said is not None:
        calm = FileFormat(kind=said)
        files = replace(files, files=tuple(replace(each, format=calm) for each in files.files))
    scan = Scan(scanner="picklescan", version="1.0.5", finished=DONE, findings=())
    where: dict[str, Any] = {"model": MODEL, "manifest_digest": release.digest}
    bundles = [
        sign_statement(claims_of(files, release.digest)[ML_BOM], scene.alice.signer),
        sign_scan(scan, signer=KeyBundleSigner(signer=scene.alice.signer), **where),
    ]
    return scene.registry.serve(release, bundles=bundles, tag=release.digest.hex[:8])


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_scanned_pickle(scene: Scene, name: str) -> None:
    trust = scene.policy(DEMANDS, more="")
    scene.honest_pull(_claimed(scene, scene.release()), *trust)
    bad = scene.release({**FILES, "model.bin": PAYLOADS[name]})
    scene.pull(_claimed(scene, bad), *trust, code="code-bearing-file", status=1)


@pytest.mark.parametrize("path", ["model.bin", "vocab.txt", "notes.json"])
def test_a_pickle_that_the_bom_calls_text(scene: Scene, path: str) -> None:
    """Its kind is read from its bytes once more, whatever a claim or its name says."""
    trust = scene.policy(DEMANDS, more="formats: {allow: [safetensors, json, text]}")
    scene.honest_pull(_claimed(scene, scene.release(), said=FileKind.TEXT), *trust)
    bad = scene.release({**FILES, path: PAYLOADS["pydoc"]})
    scene.pull(_claimed(scene, bad, said=FileKind.TEXT), *trust, code="code-bearing-file", status=1)
