"""Large ML-BOMs: validating one of 2,000 components, against the library of CycloneDX on the same file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.bench.rows import Row
from tests.bench.running import inner, paired

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.running import Run, Setting

_COMPONENTS = 2_000
_LIMIT_SECONDS = 0.05


def measure(setting: Setting) -> Iterator[Row]:
    """The validation alone, from bytes to verdict; then the whole command."""
    bom = _bom(setting.folder / "large.cdx.json")

    def ours() -> Run:
        return inner(setting.child("validate_bom.py", "ours", bom))

    def peer() -> Run:
        return inner(setting.child("validate_bom.py", "peer", bom))

    def command() -> Run:
        return setting.attest("bom", "check", bom)

    def nothing() -> Run:
        return setting.run(sys.executable, "-c", "pass")

    pairs = paired(ours, peer, rounds=setting.rounds(5), warm=True)
    yield Row.within(f"validate an ML-BOM of {_COMPONENTS:,} parts : cyclonedx", pairs, limit=_LIMIT_SECONDS)
    pairs = paired(command, nothing, rounds=setting.rounds(11), warm=True)
    yield Row.against("attest bom check of it : python -c pass", pairs)


def _bom(path: Path) -> Path:
    """A model with files, packages and datasets, each with a digest and properties, as a push writes them."""
    parts = [_part(number) for number in range(_COMPONENTS)]
    refs = [part["bom-ref"] for part in parts]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-20T00:00:00Z",
            "component": {"type": "machine-learning-model", "bom-ref": "model", "name": "acme/large"},
        },
        "components": parts,
        "dependencies": [{"ref": "model", "dependsOn": refs}, *({"ref": ref} for ref in refs)],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _part(number: int) -> dict[str, Any]:
    if number % 2:
        name = f"package-{number}"
        return {
            "type": "library",
            "bom-ref": f"package:{name}",
            "name": name,
            "version": f"1.{number}.0",
            "purl": f"pkg:pypi/{name}@1.{number}.0",
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        }
    return {
        "type": "file",
        "bom-ref": f"file:{number}.safetensors",
        "name": f"{number}.safetensors",
        "hashes": [{"alg": "SHA-256", "content": f"{number:064x}"}],
        "properties": [
            {"name": "attest:file:format", "value": "safetensors"},
            {"name": "attest:file:code-bearing", "value": "false"},
            {"name": "attest:file:size", "value": str(number)},
        ],
    }
