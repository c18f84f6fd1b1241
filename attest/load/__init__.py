"""An admission becomes verified bytes. `attest.load(…)` is `attest.verbs.load`."""

from attest.verb_package import make_callable

make_callable(__name__)
