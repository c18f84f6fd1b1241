"""Values and in-toto statements, both ways. Pure: no network, no database, no clock of its own."""
