"""Run by Alembic: migrations over the connection that `schema` gives, inside its transaction."""

from __future__ import annotations

from alembic import context

from attest_registry.catalogue.schema_version import VERSION_TABLE
from attest_registry.catalogue.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transaction_per_migration=False,
)
context.run_migrations()
