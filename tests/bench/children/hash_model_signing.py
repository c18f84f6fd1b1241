"""Hash a folder as `model_signing sign` does and print the seconds that this alone took. Runs under the peer's Python.

hash_model_signing.py DIR
"""

from __future__ import annotations

import pathlib
import sys
import time

import model_signing  # type: ignore[import-not-found]

cpu, wall = time.process_time(), time.perf_counter()
model_signing.hashing.Config().hash(pathlib.Path(sys.argv[1]))
print(time.perf_counter() - wall, time.process_time() - cpu)  # noqa: T201
