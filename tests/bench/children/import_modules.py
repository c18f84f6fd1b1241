"""Import modules and print the seconds that this took.

import_modules.py MODULE…
"""

from __future__ import annotations

import sys
import time
from importlib import import_module

cpu, wall = time.process_time(), time.perf_counter()
for name in sys.argv[1:]:
    import_module(name)
print(time.perf_counter() - wall, time.process_time() - cpu)  # noqa: T201
