"""`attest policy`: write, check and explain policies."""

from __future__ import annotations

from pathlib import Path

import click

from attest.cli import options, policy_cases, render
from attest.errors import InputError
from attest.written_path import written_path


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


@command.command(epilog=options.examples("attest policy init --key alice.pub --out policy.yaml"))
@click.option("--out", default="policy.yaml", show_default=True, metavar="FILE", help="Where to write it.")
@click.option("--key", metavar="PUBLIC_KEY", help="Whose word is to count; written into the policy.")
@click.option("--profile", default="development", show_default=True, metavar="NAME", help="What to start from.")
def init(*, out: str, key: str | None, profile: str) -> None:
    """Write a commented policy to start from."""
    from attest.policy.starting import PLACEHOLDER, new_policy  # noqa: PLC0415
    from attest.trust.identity import load_trusted_key  # noqa: PLC0415
    from attest_registry.digest import written_whole  # noqa: PLC0415

    path = Path(out)
    if path.exists():
        raise InputError(f"{out} exists and is not replaced", code="file-exists", hint="attest policy init --out FILE")
    trusted = None if key is None else load_trusted_key(written_path(key))
    text = new_policy(profile, trusted)
    with written_whole(path) as write:
        write(text.encode("utf-8"))
    who = f"publisher is {trusted.name}, key {trusted.fingerprint.short}" if trusted else "nobody is named yet"
    render.note(f"wrote {out}: profile {profile}; {who}")
    if trusted is None:
        render.note(f"next: put a public key in place of {PLACEHOLDER}, then attest policy check {out}")
    else:
        render.note(f"next: attest policy explain {out}")
    render.result(str(path))


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
