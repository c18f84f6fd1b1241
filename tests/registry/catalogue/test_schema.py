"""Schemas: new, older, newer, of somebody else; and that migrations lead to what the tables are."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from attest_registry.catalogue import schema
from attest_registry.catalogue.database import Database
from attest_registry.catalogue.schema_version import HEAD, REVISIONS, VERSION_TABLE
from attest_registry.catalogue.store import Catalogue
from attest_registry.catalogue.tables import METADATA
from attest_registry.errors import BadReference, SchemaDiffers, StoreRefused, Unreachable
from tests.registry.catalogue.logs import busy_log

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def execute(url: str, *statements: str) -> None:
    database = Database.connect(url, create=True)
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    database.close()


def migrated_to(url: str, revision: str) -> None:
    database = Database.connect(url, create=True)
    with database.writing() as connection:
        schema.upgrade(connection, revision)
    database.close()


def plain(value: Any) -> Any:
    """Without order where none counts, and without objects that equal themselves alone."""
    if isinstance(value, dict):
        return sorted((key, plain(each)) for key, each in value.items())
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return sorted((plain(each) for each in value), key=str)
    return str(value)


def shape(url: str) -> dict[str, Any]:
    """Everything that the database says of the tables, by name."""
    database = Database.connect(url, create=False)
    with database.reading() as connection:
        seen = inspect(connection)
        found = {
            table: [
                plain(seen.get_columns(table)),
                plain(seen.get_indexes(table)),
                plain(seen.get_foreign_keys(table)),
                plain(seen.get_unique_constraints(table)),
                plain(seen.get_pk_constraint(table)),
                plain(seen.get_table_options(table)),
            ]
            for table in seen.get_table_names()
        }
    database.close()
    return found


def test_an_empty_database_becomes_a_catalogue(url: str) -> None:
    with Catalogue.open(url) as catalogue:
        assert catalogue.schema_version == HEAD
        assert catalogue.models().items == ()
    with Catalogue.open(url, create=False) as catalogue:
        assert catalogue.head("acme/credit-risk") is None


def test_the_list_of_revisions_is_that_of_the_migrations() -> None:
    scripts = ScriptDirectory.from_config(schema.configuration())
    assert [each.revision for each in reversed(list(scripts.walk_revisions()))] == list(REVISIONS)


def test_migrations_lead_to_the_tables(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    migrated_to(url, "head")
    database = Database.connect(url, create=False)
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, METADATA) == []
    database.close()
    if url.startswith("postgresql"):
        cluster = request.getfixturevalue("postgres")
        other = cluster.url(cluster.new_schema())
    else:
        other = str(tmp_path / "made.db")
    Catalogue.open(other).close()
    assert shape(url) == shape(other)


@pytest.mark.parametrize("older", REVISIONS[:-1])
def test_an_older_schema_is_refused_and_can_be_brought_up(url: str, older: str) -> None:
    migrated_to(url, older)
    execute(url, "INSERT INTO models (name) VALUES ('acme/old')")
    for create in (True, False):
        with pytest.raises(SchemaDiffers) as error:
            Catalogue.open(url, create=create)
        assert (error.value.code, error.value.exit_status) == ("catalogue-older", 2)
        assert (error.value.expected, error.value.found) == (f"schema {HEAD}", f"schema {older}")
        assert str(error.value.hint).startswith("attest catalogue migrate")
    assert Catalogue.migrate(url) == (older, HEAD)
    log = busy_log("acme/old")
    with Catalogue.open(url) as catalogue:
        log.commit_all(catalogue)
        assert [row.model for row in catalogue.models().items] == ["acme/old"]
        assert catalogue.models(limit=1).next is None
    assert Catalogue.migrate(url) == (HEAD, HEAD)


def test_a_catalogue_that_was_brought_up_signs_its_page_tokens(url: str) -> None:
    """The key is not made by the tables; without it, tokens could be made by anybody."""
    migrated_to(url, REVISIONS[0])
    Catalogue.migrate(url)
    with Catalogue.open(url) as catalogue:
        assert len(catalogue._database.token_key()) == 32


def test_a_newer_schema_is_refused(url: str) -> None:
    Catalogue.open(url).close()
    execute(url, "UPDATE attest_schema SET version_num = '0999'")
    with pytest.raises(SchemaDiffers) as error:
        Catalogue.open(url)
    assert (error.value.code, error.value.exit_status) == ("catalogue-newer", 2)
    assert error.value.found == "schema 0999"
    with pytest.raises(SchemaDiffers) as error:
        Catalogue.migrate(url)
    assert error.value.code == "catalogue-newer"


def test_a_database_without_a_catalogue_is_not_taken_for_an_empty_one(url: str) -> None:
    execute(url, "CREATE TABLE something (x INTEGER)")
    with pytest.raises(StoreRefused) as error:
        Catalogue.open(url, create=False)
    assert (error.value.code, error.value.exit_status) == ("catalogue-foreign", 4)
    with pytest.raises(StoreRefused) as error:
        Catalogue.migrate(url)
    assert error.value.code == "catalogue-foreign"


def test_tables_of_something_else_are_left_alone(url: str) -> None:
    execute(url, "CREATE TABLE events (x INTEGER)", "INSERT INTO events VALUES (1)")
    with pytest.raises(StoreRefused) as error:
        Catalogue.open(url)
    assert (error.value.code, error.value.found) == ("catalogue-foreign", "events")


def test_a_file_that_is_not_there_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as error:
        Catalogue.open(str(tmp_path / "none.db"), create=False)
    assert (error.value.code, error.value.exit_status) == ("catalogue-unreachable", 4)
    with pytest.raises(Unreachable):
        Catalogue.migrate(str(tmp_path / "none.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        ":memory:",
        "sqlite://",
        "sqlite:///x?mode=ro",
        "mysql://u:secret@h/n",
        "postgresql+asyncpg://u:secret@h/n",
        "://",
        "postgresql://u:secret@h:port/n",
        "a\0b",
    ],
)
def test_an_address_that_cannot_be_one(address: str) -> None:
    with pytest.raises(BadReference) as error:
        Catalogue.open(address)
    assert (error.value.code, error.value.exit_status) == ("bad-catalogue", 2)
    assert "secret" not in f"{error.value.message} {error.value.found} {error.value.hint}"


def test_opening_a_catalogue_of_this_version_loads_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from attest_registry.catalogue.store import Catalogue\n"
        f"for _ in range(2): Catalogue.open({str(tmp_path / 'catalogue.db')!r}).close()\n"
        "assert 'sqlalchemy' in sys.modules and 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_values_load_no_sqlalchemy() -> None:
    code = (
        "import sys, attest_registry.catalogue.rows, attest_registry.catalogue.filters\n"
        "import attest_registry.catalogue.liveness\n"
        "assert 'sqlalchemy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
