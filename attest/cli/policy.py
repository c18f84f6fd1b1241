"""`attest policy`: write, check and explain policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from attest.cli import options, policy_cases, render
from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from attest.trust.identity import TrustedKey


@click.group(
    epilog=options.examples(
        "attest policy init --key alice.pub --out policy.yaml",
        "attest policy check policy.yaml",
        "attest policy explain policy.yaml",
        "attest policy explain --profile key",
        "attest policy test policy.yaml",
    )
)
def command() -> None:
    """Write, check, try out and explain policies: which facts, by whom, the use of a model needs."""


command.add_command(policy_cases.test)
command.add_command(policy_cases.schema)


@command.command(
    epilog=options.examples(
        "attest policy init --key alice.pub --out policy.yaml",
        "attest policy init --profile production --key ci.pub --key approver=bob.pub",
    )
)
@click.option("--out", default="policy.yaml", show_default=True, metavar="FILE", help="Where to write it.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="[NAME=]PUBLIC_KEY",
    help="Whose word is to count; written into the policy. Without NAME, the publisher's.",
)
@click.option("--profile", default="development", show_default=True, metavar="NAME", help="What to start from.")
def init(*, out: str, keys: tuple[str, ...], profile: str) -> None:
    """Write a commented policy to start from, and its cases beside it.

    Profiles: development, staging, production, air-gapped, regulated; and key, which is what --key stands for.
    """
    from attest.policy import starting  # noqa: PLC0415
    from attest_registry.digest import written_whole  # noqa: PLC0415

    names = starting.waiting(profile)
    given = _keys(keys, names[0])
    texts = {Path(out): starting.new_policy(profile, given)}
    cases = starting.new_cases(profile)
    if cases is not None:
        texts[Path(out).with_suffix(".cases.yaml")] = cases
    for path in texts:
        if path.exists():
            raise InputError(
                f"{path} exists and is not replaced", code="file-exists", hint="attest policy init --out FILE"
            )
    for path, text in texts.items():
        with written_whole(path) as write:
            write(text.encode("utf-8"))
    _say_next(out, profile, given, names, has_cases=cases is not None)
    render.result(str(Path(out)))


def _keys(texts: tuple[str, ...], publisher: str) -> dict[str, TrustedKey]:
    from attest.trust.identity import load_trusted_key  # noqa: PLC0415

    found: dict[str, TrustedKey] = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not equals or "/" in name:  # a path may hold one
            name, file = publisher, text
        if name in found:
            raise InputError(f"two keys are given for {name}", code="usage", expected="--key NAME=PUBLIC_KEY for each")
        found[name] = load_trusted_key(written_path(file))
    return found


def _say_next(out: str, profile: str, given: dict[str, TrustedKey], names: tuple[str, ...], *, has_cases: bool) -> None:
    from attest.policy import starting  # noqa: PLC0415

    who = ", ".join(f"{name} is {key.name}, key {key.fingerprint.short}" for name, key in given.items())
    render.note(f"wrote {out}: profile {profile}; {who or 'nobody is named yet'}")
    missing = [starting.placeholder(name, alone=len(names) == 1) for name in names if name not in given]
    if missing:
        what = "a public key" if len(missing) == 1 else "public keys"
        render.note(f"next: put {what} in place of {', '.join(missing)}, then attest policy check {out}")
    else:
        render.note(f"next: attest policy explain {out}")
    if has_cases:
        render.note(f"and: attest policy test {out}     tries it out on the cases beside it; add your own")
    offered = starting.offered(profile)
    if offered:
        what = " and ".join(f"`{key}`" for key in offered)
        render.note(f"not asked for yet: {what}, what no longer counts; they are comments at its end")
    if "revocations" in offered:
        render.note("     attest revocations init FILE     begins the signed feed that `revocations` names")


@command.command(epilog=options.examples("attest policy check policy.yaml"))
@click.argument("file", metavar="FILE")
@options.as_json()
def check(*, file: str, as_json: bool) -> None:
    """Find mistakes in a policy. Exit status: 0 sound, 2 not."""
    from attest.policy.document import load_policy  # noqa: PLC0415

    policy = load_policy(written_path(file))
    if as_json:
        render.document(
            {
                "schema": "attest/policy-check/v1",
                "file": file,
                "sound": True,
                "name": policy.name,
                "digest": str(policy.digest),
            }
        )
    else:
        render.result(f"{file} is sound        {policy.digest}")


@command.command(epilog=options.examples("attest policy explain policy.yaml", "attest policy explain --profile key"))
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--profile", metavar="NAME", help="A shipped policy instead of a file.")
@options.as_json()
def explain(*, file: str | None, profile: str | None, as_json: bool) -> None:
    """Say in words what a policy demands."""
    from attest.policy import explain as words  # noqa: PLC0415
    from attest.policy.document import load_shipped, load_unfilled  # noqa: PLC0415

    if (file is None) == (profile is None):
        raise InputError(
            "explain takes one policy",
            code="usage",
            expected="FILE or --profile NAME",
            hint="attest policy explain --profile key",
        )
    policy = load_unfilled(written_path(file)) if file is not None else load_shipped(str(profile))
    demands = words.sentences(policy)
    if as_json:
        render.document(
            {
                "schema": "attest/policy-explanation/v1",
                "name": policy.name,
                "digest": str(policy.digest),
                "identities": dict(words.identities(policy)),
                "demands": list(demands),
            }
        )
        return
    render.result(f"{policy.name}: {policy.description}" if policy.description else policy.name)
    render.result("A version may be used when all of this holds:")
    for number, sentence in enumerate(demands, start=1):
        render.result(f"  {number:>2}  {sentence}")
    render.result("Who is named:")
    for line in render.columns(words.identities(policy)):
        render.result(line)
