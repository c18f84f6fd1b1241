"""Validate an ML-BOM once, schema and meaning, from its bytes: validate_bom.py ours|peer FILE.

Imports are left out, the first compilation of the schema is not: a command validates once. Python looks for garbage as
seldom as in our command.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path


def ours(data: bytes) -> None:
    """Strict JSON, the official schema, and what it does not notice."""
    document = parse_object(data, what="the BOM", limit=limits.BUNDLE_BYTES)
    check_schema(document)
    check_meaning(document)


def peer(data: bytes) -> None:
    """The official schema, by the library of CycloneDX."""
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode())
    if problem is not None:
        raise SystemExit(str(problem))


if sys.argv[1] == "ours":
    import jsonschema_rs  # noqa: F401  # its import is left out of the measurement

    from attest.claims.mlbom import check_meaning, check_schema
    from attest_registry import limits
    from attest_registry.strict_json import parse_object
else:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

gc.set_threshold(50_000)
content = Path(sys.argv[2]).read_bytes()
wall, cpu = time.perf_counter(), time.process_time()
(ours if sys.argv[1] == "ours" else peer)(content)
sys.stdout.write(f"{time.perf_counter() - wall} {time.process_time() - cpu}\n")
