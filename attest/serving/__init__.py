"""Hooks that start servers with admitted models only."""
