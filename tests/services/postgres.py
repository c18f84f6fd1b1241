"""PostgreSQL as a fixture: a cluster of the test session's own, on a socket in a temporary folder, and on no port."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "attest"
_SECONDS = 60.0
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
        settings = [f"-c{setting}" for setting in (*_SETTINGS, f"unix_socket_directories={folder}")]
        with _started(person, folder, programs / "postgres", "-D", data, *settings):
            yield Postgres(folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as cluster:
        yield cluster


def _programs() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
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


@contextlib.contextmanager
def _started(person: pwd.struct_passwd | None, folder: Path, *command: object) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **_as(person)
        )
        try:
            _wait(server, folder)
            yield
        finally:
            server.send_signal(signal.SIGINT)  # end connections, then the server
            server.wait(timeout=_SECONDS)


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user=USER, dbname="postgres").close()
            return
        time.sleep(0.02)
    pytest.fail(f"PostgreSQL did not start\n{(folder / 'log').read_text(errors='replace')[-2000:]}")


def _as(person: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if person is None else {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _run(person: pwd.struct_passwd | None, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        check=False,
        **_as(person),
    )
    if done.returncode != 0:
        pytest.fail(f"{command[0]} left with {done.returncode}\n{done.stderr[-2000:]}")
