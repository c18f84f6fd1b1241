"""Keeps bytes, names and order. Believes nothing, decides nothing: everything it returns is untrusted."""
