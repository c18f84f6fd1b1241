"""One of several who promote at once: `python -m … FOLDER STORE MODEL CATALOGUE NUMBER ATTEMPTS`.

Each attempt reads the log and promotes once; what became of it is printed, a line of JSON each.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from attest.signing.uri import open_signer
from attest.trust.identity import load_trusted_key
from attest_registry.errors import Conflict
from tests.lifecycle.house import Clock, promote
from tests.verify.evidence import Person


class Now(Clock):
    """The real time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


def people(folder: Path) -> Person:
    """Alice, with her key in a folder, so that every process is she."""
    from attest.signing import keyfile

    key = folder / "alice.key"
    if not key.exists():
        keyfile.generate(key, folder / "alice.pub", passphrase=None)
    signer = open_signer(str(key), passphrase=lambda _: None)
    return Person(signer=signer, key=load_trusted_key(folder / "alice.pub"))  # type: ignore[arg-type]


def main() -> None:
    """All attempts."""
    from tests.lifecycle.conftest import made_at

    folder, store, model, url, number, attempts = sys.argv[1:]
    house = made_at(Path(folder), store, model, url)
    house.alice, house.clock = people(Path(folder)), Now()
    machine = f"machine-{number}"
    house.read(machine)
    while not (Path(folder) / "go").exists():
        time.sleep(0.001)
    alias = f"a{number}"
    for _ in range(int(attempts)):
        event = code = None
        try:
            log = house.read(machine)
            held = log.state.aliases.get(alias)
            version = 2 if held is not None and held.number == 1 else 1
            log = house.writer(house.alice, machine).write(log, [promote(version, alias)])
            event = str(log.head.head)
        except Conflict as error:
            code = error.code
        sys.stdout.write(json.dumps({"event": event, "code": code}) + "\n")
    house.close()


if __name__ == "__main__":
    main()
