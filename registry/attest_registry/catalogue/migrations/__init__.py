"""Migrations of the schema, for Alembic. Each is frozen once it is released."""
