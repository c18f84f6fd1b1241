"""`attest role`: who may do what in a model's log."""

from __future__ import annotations

import click

from attest.cli import options, role_grant, role_ls, role_revoke


@click.group(
    epilog=options.examples(
        "attest role ls credit-risk",
        "attest role grant credit-risk evaluator eval-bot.pub",
        "attest role grant credit-risk approver alice@acme.example --issuer https://login.example --alias production",
        "attest role revoke credit-risk approver sha256:…",
    )
)
def command() -> None:
    """See, give and take away roles.

    contributor: registers versions, records claims. evaluator: records evaluations. approver: records approvals and
    rejections, moves aliases. admin: roles, policies, revocations, deletion. recovery: ends a fork.
    IDENTITY is a public key file, sha256:… of a key that the log knows, or SUBJECT with --issuer URL.
    """


command.add_command(role_ls.ls)
command.add_command(role_grant.grant)
command.add_command(role_revoke.revoke)
