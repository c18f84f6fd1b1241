"""Evidence becomes facts. Pure; the only place where facts are made. `attest.verify(…)` is `attest.verbs.verify`."""

from attest.verb_package import make_callable

make_callable(__name__)
