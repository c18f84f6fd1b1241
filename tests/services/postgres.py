"""PostgreSQL as a fixture: a cluster of the test session's own, on a socket in a temporary folder, and on no port."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "attest"
_UNPRIVILEGED = ("postgres", "nobody")
_SETTINGS = (
    "listen_addresses=",
    "fsync=off",  # the cluster does not outlive the session
    "max_connections=200",
    "shared_buffers=32MB",
    "autovacuum=off",
)


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A running cluster.

    Args:
        folder: where its socket is.
    """

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, schema: str = "public", *, user: str = USER, database: str = "postgres") -> str:
        host, options = quote(str(self.folder), safe=""), quote(f"-csearch_path={schema}", safe="")
        return f"postgresql+psycopg://{user}@/{database}?host={host}&options={options}"

    def new_schema(self) -> str:
        """The name of an empty schema; a database of its own would cost each test a tenth of a second."""
        name = f"catalogue_{next(self._numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        return name

    def execute(self, statement: str, database: str = "postgres") -> None:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(host=str(self.folder), user=USER, dbname=database, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A cluster until the end of the block, or a skip where PostgreSQL is not installed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")
    programs = _programs()
    person = _person()
    folder = Path(tempfile.mkdtemp(prefix="attest-pg-"))  # a socket's path has to be short
    try:
        if person is not None:
            os.chown(folder, person.pw_uid, person.pw_gid)
        data = folder / "data"
        _run(person, programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = " ".join(f"-c {setting}" for setting in (*_SETTINGS, f"unix_socket_directories={folder}"))
        control = programs / "pg_ctl"
        _run(person, control, "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield Postgres(folder=folder)
        finally:
            _run(person, control, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as cluster:
        yield cluster


def _programs() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places or not (places[-1] / "initdb").exists():
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    return places[-1]


def _person() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is no other user here")


def _run(person: pwd.struct_passwd | None, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        user=None if person is None else person.pw_uid,
        group=None if person is None else person.pw_gid,
        extra_groups=None if person is None else [],
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{command[0]} left with {done.returncode}\n{done.stderr[-2000:]}")
