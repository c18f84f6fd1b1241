"""oras-py's own push and pull, called as its documentation does.

oras_client.py push REFERENCE     all files of the working folder
oras_client.py pull REFERENCE DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

import oras.provider


def main(action: str, reference: str, folder: str = ".") -> None:
    """Push or pull."""
    client = oras.provider.Registry(insecure=True)
    if action == "push":
        client.push(target=reference, files=sorted(path.name for path in Path(folder).iterdir()))
    else:
        client.pull(target=reference, outdir=folder)


main(*sys.argv[1:])
