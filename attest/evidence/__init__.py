"""Bundles at rest: unverified, wherever they lie."""
