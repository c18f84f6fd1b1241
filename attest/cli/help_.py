"""`attest help [TOPIC]`."""

from __future__ import annotations

import difflib

import click

from attest.cli import render
from attest.cli.topics import TOPICS
from attest.errors import InputError


@click.command()
@click.argument("topic", required=False)
@click.pass_context
def command(ctx: click.Context, *, topic: str | None) -> None:
    """Help on all commands, on one, or on a topic."""
    root = ctx.find_root()
    if topic is None:
        render.result(root.get_help())
        render.result("\nTopics: " + ", ".join(TOPICS))
        return
    if topic in TOPICS:
        render.result(TOPICS[topic]().rstrip())
        return
    group = root.command
    verb = group.get_command(root, topic) if isinstance(group, click.Group) else None
    if verb is not None:
        with click.Context(verb, info_name=topic, parent=root) as child:
            render.result(verb.get_help(child))
        return
    near = difflib.get_close_matches(topic, TOPICS, n=1)
    raise InputError(
        f"there is no help on {topic!r}",
        code="topic-unknown",
        hint=f"attest help {near[0]}" if near else f"topics: {', '.join(TOPICS)}",
    )
