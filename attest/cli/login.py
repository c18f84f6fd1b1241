"""`attest login`: keep a registry's credentials where docker keeps them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from attest.cli import options, render
from attest.errors import InputError
from attest.settings import Settings

_LONGEST: Final = 64 * 1024


@click.command(
    epilog=options.examples(
        "attest login ghcr.io",
        "attest login ghcr.io -u alice --password-stdin < token",
        "attest login 127.0.0.1:5000 -u alice",
    )
)
@click.argument("host", metavar="HOST")
@click.option("-u", "--username", "--user", metavar="USER", help="The user; asked for when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password or access token from standard input.")
@options.reach()
def command(*, host: str, username: str | None, password_stdin: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show user and password to a registry, and keep them if it accepts them.

    They are saved as docker does it: in ~/.docker/config.json (or where $REGISTRY_AUTH_FILE or $DOCKER_CONFIG say), or
    with the credential helper that is set up there.
    """
    from attest_registry.oci import login  # noqa: PLC0415  # requests costs 100 ms of every start
    from attest_registry.oci.ping import check_login  # noqa: PLC0415
    from attest_registry.oci.remote_options import RemoteOptions  # noqa: PLC0415

    settings = Settings.load()
    host = _host(host)
    user = username or _asked("Username")
    password = _from_stdin() if password_stdin else _asked("Password", hidden=True)
    authorities = ca_file or settings.values["ca_file"].value
    reach = RemoteOptions(
        plain_http=plain_http or host in settings.plain_http,
        ca_file=Path(authorities) if authorities else None,
        offline=settings.offline,
    )
    proven = check_login(host, user, password, reach)
    place = login.save(host, user, password)
    if not proven:
        render.warning("login-unchecked", f"{host} lets everybody in, so it could not check this login")
    render.note(f"logged in to {host} as {render.clean(user)} (saved in {_shown(place)})")


def _host(text: str) -> str:
    """The host alone; people paste addresses."""
    from attest_registry.errors import BadReference  # noqa: PLC0415
    from attest_registry.reference import Reference  # noqa: PLC0415

    host = text.removeprefix("https://").removeprefix("http://").rstrip("/")
    try:
        found = Reference.parse(f"{host}/x").host
    except BadReference:
        found = None
    if found != host:
        raise InputError(
            f"{text[:120]!r} is no registry", code="bad-host", expected="a host such as ghcr.io or 127.0.0.1:5000"
        )
    return host


def _asked(what: str, *, hidden: bool = False) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            f"there is nobody to ask for the {what.lower()}",
            code="no-terminal",
            hint="attest login HOST -u USER --password-stdin < FILE",
        )
    answer: str = click.prompt(what, hide_input=hidden, err=True)
    return answer


def _from_stdin() -> str:
    """All of standard input without the line break at its end, as docker reads it."""
    text = "" if sys.stdin is None else sys.stdin.read(_LONGEST).rstrip("\r\n")
    if not text or "\n" in text or "\0" in text:
        raise InputError(
            "standard input holds no password",
            code="no-password",
            expected="one line",
            hint="… --password-stdin < FILE",
        )
    return text


def _shown(place: str) -> str:
    home = str(Path.home())
    return f"~{place.removeprefix(home)}" if place.startswith(f"{home}/") else place
