"""`python -m attest`."""

from attest.cli.main import run

if __name__ == "__main__":
    run()
