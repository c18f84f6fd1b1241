"""Hash a folder with our functions and print the seconds that this alone took.

hash_ours.py DIR
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import attest_registry.oci.parallel  # noqa: F401  # loaded by hash_tree when it needs threads; imports are left out
from attest.model.hashing import hash_tree
from attest.model.tree import walk

cpu, wall = time.process_time(), time.perf_counter()
hash_tree(walk(Path(sys.argv[1])))
print(time.perf_counter() - wall, time.process_time() - cpu)  # noqa: T201
