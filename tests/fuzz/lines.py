"""Line coverage of what the targets are about, by coverage.py, over the inputs that are kept.

A process for each target, because lines that run at import are counted as well, and a module is imported once.
"""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.fuzz.corpus import kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BUNDLE: Final = ("attest.signing.bundle", "attest.signing.dsse", "attest.verify.sigstore_bundle")
MODULES: Final[Mapping[str, Sequence[str]]] = {
    "bundle": (*_BUNDLE, "attest.trust.proto_json", "attest_registry.strict_json"),
    "statement": ("attest.claims.statement", "attest_registry.strict_json"),
    "trusted-root": tuple(
        f"attest.trust.{name}" for name in ("roots", "proto_json", "verifying_key", "window", "x509_path")
    ),
    "manifest": ("attest_registry.oci.manifest", "attest_registry.oci.descriptor", "attest_registry.strict_json"),
    "judge": tuple(f"attest.verify.{name}" for name in ("verifier", "by_key", "binding")),
    "certificate-bundle": tuple(
        f"attest.verify.{name}"
        for name in (
            *("by_certificate", "certificates", "checkpoint", "content", "fulcio", "log_body", "log_entry", "merkle"),
            *("sct", "sigstore_bundle", "timestamps", "witnesses"),
        )
    ),
    "reference": ("attest_registry.reference",),
}


def measure(name: str) -> str:
    """A line for each module of one target: its statements, how many ran, and what did not.

    Args:
        name: of the target.
    """
    import coverage

    measured = coverage.Coverage(branch=True, data_file=None, config_file=False)
    measured.start()
    modules = [importlib.import_module(module) for module in MODULES[name]]
    measured.stop()
    from tests.properties.fuzz import fault_in
    from tests.properties.targets import targets

    target = next(target for target in targets() if target.name == name)
    measured.start()
    for path in kept(name):
        fault_in(target, path.read_bytes())
    measured.stop()
    printed = io.StringIO()
    total = measured.report(modules, file=printed, show_missing=True)
    return f"{name}: {total:.1f} % of lines and branches\n{printed.getvalue()}\n"


def measure_all() -> None:
    """All targets, each in its own process."""
    for name in MODULES:
        subprocess.run([sys.executable, "-m", "tests.fuzz", "lines", name], check=True)
