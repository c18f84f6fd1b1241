"""A database that is gone, full, read-only, busy or damaged: said so, never taken for empty."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from attest_registry.catalogue import database
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import StoreError, StoreRefused, Unauthorised, Unreachable
from tests.registry.catalogue.logs import Log
from tests.services import postgres as service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.postgres import Postgres


def fails(catalogue: Catalogue, code: str, kind: type[StoreError] = StoreRefused) -> StoreError:
    """What a writer is told."""
    log = Log("acme/another")
    with pytest.raises(kind) as error:
        log.commit(catalogue, log.register())
    assert (error.value.code, error.value.exit_status) == (code, 4)
    return error.value


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def filled(url: str) -> Log:
    log = Log()
    with Catalogue.open(url) as catalogue:
        log.commit(catalogue, log.register())
    return log


def test_a_file_that_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    log = filled(str(path))
    with Catalogue.open(str(path)) as catalogue:
        assert catalogue.head(log.model)
        path.unlink()
        fails(catalogue, "catalogue-unreachable", Unreachable)
        with pytest.raises(Unreachable):
            catalogue.head(log.model)


def test_a_file_that_was_replaced(tmp_path: Path) -> None:
    path, other = tmp_path / "catalogue.db", tmp_path / "other.db"
    filled(str(path))
    Catalogue.open(str(other)).close()
    with Catalogue.open(str(path)) as catalogue:
        catalogue.head("acme/credit-risk")
        other.replace(path)
        fails(catalogue, "catalogue-unreachable", Unreachable)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreRefused) as error:
        Catalogue.open(str(path))
    assert (error.value.code, error.value.exit_status) == ("catalogue-damaged", 4)
    assert path.read_bytes().startswith(b"this is no database")


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    filled(str(path))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))
    with pytest.raises(StoreRefused) as error, Catalogue.open(str(path)) as catalogue:
        catalogue.head("acme/credit-risk")
    assert error.value.code == "catalogue-damaged"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as error:
        Catalogue.open(str(tmp_path))
    assert (error.value.code, error.value.exit_status) == ("catalogue-unreachable", 4)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreRefused) as error:
        Catalogue.open(str(tmp_path / "file" / "catalogue.db"))
    assert (error.value.code, error.value.exit_status) == ("catalogue-read-only", 4)


READ_ONLY = """
import os, sys
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import StoreError

def use(path):
    with Catalogue.open(path) as catalogue:
        print(catalogue.head("acme/credit-risk"))
        try:
            print(catalogue.reserve("m", sequence=1, previous=None, holder="h", seconds=1, wait=0).sequence)
        except StoreError as error:
            print(error.code, error.exit_status)

use(sys.argv[1])  # so that everything is loaded before the rights to do so go
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
use(sys.argv[2])
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; those of pytest are for one person, which root has to stop being."""
    folder = Path(tempfile.mkdtemp(prefix="attest-catalogue-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_file_that_may_only_be_read(open_folder: Path, tmp_path: Path) -> None:
    path = open_folder / "catalogue.db"
    log = filled(str(path))
    held = sqlite3.connect(path)  # with another process that has it open, as in real life
    held.execute("SELECT count(*) FROM models").fetchone()
    for each in open_folder.iterdir():
        each.chmod(0o444)
    open_folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(tmp_path / "other.db"), str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    held.close()
    open_folder.chmod(0o755)
    assert done.stdout.splitlines() == ["None", "1", str((1, log.last)), "catalogue-read-only 4"], done.stderr


def test_a_full_file_system(tmp_path: Path) -> None:
    url = str(tmp_path / "catalogue.db")
    filled(url)
    with Catalogue.open(url) as catalogue:
        with catalogue._database.raw() as connection:
            (pages,) = connection.exec_driver_sql("PRAGMA page_count").one()
        event.listen(
            catalogue._database._engine,
            "checkout",
            lambda raw, *_: raw.execute(f"PRAGMA max_page_count={pages}"),
        )
        log = Log("acme/large")
        log.register("x" * 250)
        for _ in range(1_000):
            log.add("grant", number=1, by="y" * 900)
        with pytest.raises(StoreRefused) as error:
            log.commit_all(catalogue)
        assert (error.value.code, error.value.exit_status) == ("catalogue-full", 4)
        assert catalogue.head("acme/large") is None
        assert catalogue.head("acme/credit-risk")


def test_somebody_who_writes_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    url = str(tmp_path / "catalogue.db")
    filled(url)
    other = sqlite3.connect(url, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Catalogue.open(url) as catalogue:
        assert catalogue.head("acme/credit-risk")  # readers do not wait
        assert "wait" in str(fails(catalogue, "catalogue-busy").hint)
    other.close()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as error:
        Catalogue.open(f"postgresql://alice:s3cret@/n?host={tmp_path}")
    assert (error.value.code, error.value.exit_status) == ("catalogue-unreachable", 4)
    assert "s3cret" not in f"{error.value.message} {error.value.found}"


def test_a_server_that_went_away() -> None:
    with service.running() as cluster:
        catalogue = Catalogue.open(cluster.url())
        catalogue.head("acme/credit-risk")
    fails(catalogue, "catalogue-unreachable", Unreachable)
    catalogue.close()


def test_a_server_that_drops_a_connection_is_asked_again(postgres: Postgres) -> None:
    with Catalogue.open(postgres.url(postgres.new_schema())) as catalogue:
        log = Log()
        log.commit(catalogue, log.register())
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'attest'")
        log.commit(catalogue, log.register())
        assert catalogue.head(log.model) == (2, log.last)


def test_a_database_that_is_not_there(postgres: Postgres) -> None:
    with pytest.raises(Unreachable) as error:
        Catalogue.open(postgres.url(database="nowhere"))
    assert error.value.code == "catalogue-unreachable"


def test_somebody_whom_the_server_does_not_know(postgres: Postgres) -> None:
    with pytest.raises(Unauthorised) as error:
        Catalogue.open(postgres.url(user="mallory"))
    assert (error.value.code, error.value.exit_status) == ("catalogue-unauthorised", 4)


def test_somebody_who_may_not_read(postgres: Postgres) -> None:
    schema = postgres.new_schema()
    filled(postgres.url(schema))
    postgres.execute(f"CREATE ROLE guest_of_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO guest_of_{schema}")
    with pytest.raises(Unauthorised) as error:
        Catalogue.open(postgres.url(schema, user=f"guest_of_{schema}"))
    assert error.value.code == "catalogue-unauthorised"


def test_a_server_that_only_reads(postgres: Postgres) -> None:
    schema = postgres.new_schema()
    url = postgres.url(schema)
    log = filled(url)
    postgres.execute(
        f"CREATE ROLE reader_of_{schema} LOGIN SUPERUSER; "
        f"ALTER ROLE reader_of_{schema} SET default_transaction_read_only = on"
    )
    with Catalogue.open(postgres.url(schema, user=f"reader_of_{schema}")) as catalogue:
        assert catalogue.head(log.model) == (1, log.last)
        fails(catalogue, "catalogue-read-only")


def test_a_server_without_room(postgres: Postgres) -> None:
    """The server's own error of a full disk, which it raises for one table here."""
    schema = postgres.new_schema()
    url = postgres.url(schema)
    filled(url)
    postgres.execute(
        f"SET search_path = {schema}; CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE TRIGGER full_disk BEFORE INSERT ON events EXECUTE FUNCTION full_disk()"
    )
    with Catalogue.open(url) as catalogue:
        fails(catalogue, "catalogue-full")
        assert catalogue.head("acme/another") is None


def test_the_address_is_shown_without_its_password(tmp_path: Path) -> None:
    made = database.Database.connect(
        "postgresql://alice:s3cret@db.example.com:5433/n?password=x&sslmode=require", create=False
    )
    assert made.shown == "postgresql+psycopg://alice@db.example.com:5433/n"
    assert not made.is_file
    with Catalogue.open(f"sqlite:///{tmp_path}/catalogue.db") as catalogue:
        assert catalogue.url_shown == str(tmp_path / "catalogue.db")
        assert not catalogue.shared


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc here")
def test_nothing_stays_open(tmp_path: Path) -> None:
    before = open_files()
    for _ in range(3):
        with Catalogue.open(str(tmp_path / "catalogue.db")) as catalogue:
            catalogue.head("acme/credit-risk")
    assert open_files() == before
