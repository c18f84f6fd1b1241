"""The lines of the table of attacks."""
