"""The version of the distribution, read by hatchling and by `attest --version`."""

__version__ = "0.1.0"
