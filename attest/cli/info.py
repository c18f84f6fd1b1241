"""`attest info`: what to paste in a bug report. Never a secret."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

import click

from attest._version import __version__
from attest.cli import options, render
from attest.settings import Settings
from attest.stores import default_place

_PARTS = ("click", "cryptography", "cyclonedx-python-lib", "in-toto-attestation", "oras", "sigstore")


@click.command(epilog=options.examples("attest info", "attest info --check --json"))
@click.option("--check", is_flag=True, help="Try the store too.")
@options.as_json()
def command(*, check: bool, as_json: bool) -> None:
    """Versions, folders, and where each setting came from."""
    settings = Settings.load()
    rows = _rows(settings)
    if check:
        rows["store works"] = _try_store(settings)
    if as_json:
        render.document({"schema": "attest/info/v1", **rows})
        return
    for line in render.columns([(name, str(value)) for name, value in rows.items()], indent=""):
        render.result(line)


def _rows(settings: Settings) -> dict[str, Any]:
    host, folder = default_place(settings)
    rows: dict[str, Any] = {
        "attest": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    }
    rows.update({name: _version(name) for name in _PARTS})
    rows["configuration"] = str(settings.config)
    rows["store"] = host or str(folder)
    rows["cache"] = str(settings.cache)
    rows["signing key"] = _key(settings)
    rows["trusted root"] = _root(settings)
    for name, setting in settings.values.items():
        if setting.value is not None and name != "key":
            rows[f"setting {name}"] = f"{setting.value} ({setting.origin}{', locked' if setting.locked else ''})"
    return rows


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _key(settings: Settings) -> str:
    from attest.trust.identity import load_trusted_key  # noqa: PLC0415

    if settings.values["key"].value:
        return f"named by {settings.values['key'].origin}"
    public = settings.default_key.with_suffix(".pub")
    if not public.exists():
        return "none     hint: attest keygen"
    return f"{settings.default_key} {load_trusted_key(public).fingerprint.short}"


def _root(settings: Settings) -> str:
    from attest.cli.trust_show import said  # noqa: PLC0415

    return said(settings.trusted_root)


def _try_store(settings: Settings) -> str:
    from attest_registry.oci.locate import local_models  # noqa: PLC0415

    host, folder = default_place(settings)
    if host is not None:
        return f"{host} is asked when a reference is used"
    return f"yes, {render.plural(len(local_models(folder)), 'model')}"
