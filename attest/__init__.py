"""Supply-chain attestation and signing for machine-learning models.

    import attest

    attest.push("./model", "credit-risk", key="alice.key")
    attest.promote("credit-risk:1", to="production", key="alice.key")
    model = attest.load("credit-risk@production", key="alice.pub")
    model.path          # a folder that holds exactly the signed files

The names below are imported when they are used, so that `import attest` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest._version import __version__

if TYPE_CHECKING:
    from attest.errors import AttestError
    from attest.naming import LogEvent, Moved, Resolved, history, promote, resolve, rollback
    from attest.policy.verdict import Denied
    from attest.pushing import Pushed, push
    from attest.run import TrainingRun, training
    from attest.verbs import VerifiedModel, load, pull, verify

__all__ = [
    "AttestError",
    "Denied",
    "LogEvent",
    "Moved",
    "Pushed",
    "Resolved",
    "TrainingRun",
    "VerifiedModel",
    "__version__",
    "history",
    "load",
    "promote",
    "pull",
    "push",
    "resolve",
    "rollback",
    "training",
    "verify",
]

_PLACES = {
    "AttestError": "attest.errors",
    "Denied": "attest.policy.verdict",
    "LogEvent": "attest.naming",
    "Moved": "attest.naming",
    "Pushed": "attest.pushing",
    "Resolved": "attest.naming",
    "TrainingRun": "attest.run",
    "VerifiedModel": "attest.verbs",
    "history": "attest.naming",
    "load": "attest.load",
    "promote": "attest.naming",
    "pull": "attest.verbs",
    "push": "attest.pushing",
    "resolve": "attest.naming",
    "rollback": "attest.naming",
    "training": "attest.run",
    "verify": "attest.verify",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    import importlib  # noqa: PLC0415
    import sys  # noqa: PLC0415

    if name not in _PLACES:
        raise AttributeError(f"module 'attest' has no attribute {name!r}")
    module = importlib.import_module(_PLACES[name])
    value: object = module if module.__name__ == f"attest.{name}" else getattr(module, name)
    setattr(sys.modules[__name__], name, value)
    return value


def __dir__() -> list[str]:
    """Show the public names only."""
    return sorted(__all__)
