"""What a server was told to load, read from its command line. A help for honest mistakes, not the boundary.

The boundary is the admission: only what was verified is handed over, and the hubs are switched off. But an argument
that names a second model, an adapter or a file of further options should not get as far as that
(docs/threats.md row 28).
"""

from __future__ import annotations

import re
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from attest.errors import InputError
from attest.serving.servers import SERVERS
from attest_registry.errors import ContentMismatch
from attest_registry.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest.serving.servers import Server

_PYTHON: Final = re.compile(r"python(?:[0-9](?:\.[0-9]+)?)?", re.ASCII)
_VERIFIED: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}(/.*)?", re.ASCII | re.DOTALL)
_NUMBER: Final = re.compile(r"-\.?[0-9].*", re.ASCII)
_DOCUMENT_BYTES: Final = 1 << 20
_SHORTEST: Final = len("--xx")
_NAMING: Final = frozenset(
    {"model", "tokenizer", "draft-model", "model-path", "path", "lora-path", "auto-map", "base-model-name-or-path"}
)
"""Keys of a JSON argument whose value is loaded."""

_BUILT_IN: Final = frozenset({"ngram", "[ngram]", "ngram-gpu", "suffix", "medusa", "mtp"})
"""Speculation without a second model."""

_ASKS_ONLY: Final[tuple[list[str], ...]] = (["--help"], ["-h"], ["--version"], ["serve", "--help"])


def check_arguments(arguments: Sequence[str], names: Sequence[str]) -> None:
    """Refuse what would be loaded besides the verified folders.

    Args:
        arguments: the command and its arguments, with placeholders; programs that are not known pass.
        names: the placeholders of verified folders.

    Raises:
        InputError: `exec-unverified-input`.
    """
    program, rest = _program(arguments)
    if program == "ollama":
        raise _unverified(program, "a model of its own store", "llama-server -m {model}/FILE.gguf serves a folder")
    server = SERVERS.get(program)
    if server is None or list(rest) in _ASKS_ONLY:
        return
    verified = 0
    for option, values in _options(rest):
        known = _meant(server, option)
        if not option:
            verified += _check_words(server, values, names)
        elif known in server.carriers:
            found = f"{option} {' '.join(values)} (a file of further options)"
            raise _unverified(server.name, found, "write these options on the command line")
        elif known in server.refused and (not server.refused[known] or server.refused[known] & set(values)):
            raise _unverified(server.name, f"{option} {' '.join(values)}".strip(), f"leave {option} out")
        elif known in server.documents:
            _check_document(server, option, values, names)
        elif known in server.inputs:
            verified += _check_inputs(server, option, values, names)
    if not verified and (server.positional is None or tuple(rest[: len(server.positional)]) == server.positional):
        raise _unverified(server.name, "its own choice: no verified folder is among its arguments", server.example)


def is_named_by_path(arguments: Sequence[str]) -> bool:
    """Whether clients would have to ask for the model by the path that it happens to have."""
    program, rest = _program(arguments)
    server = SERVERS.get(program)
    return (
        server is not None and server.name == "vllm" and not any(o == "--served-model-name" for o, _ in _options(rest))
    )


def _program(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The program by its own name, or the module behind `python -m`, and what follows it."""
    rest = list(arguments)
    if rest and PurePath(rest[0]).name == "env":
        rest = rest[1:]
        while rest and ("=" in rest[0] or rest[0].startswith("-")):
            rest = rest[1:]
    program = PurePath(rest[0]).name if rest else ""
    if _PYTHON.fullmatch(program):
        for at, argument in enumerate(rest[1:], start=1):
            if argument == "-m":
                return "".join(rest[at + 1 : at + 2]), rest[at + 2 :]
            if not argument.startswith("-"):
                return PurePath(argument).name, rest[at + 1 :]
    return program, rest[1:]


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Options with their values; the words before the first option come under an empty name."""
    option, values = "", list[str]()
    for argument in arguments:
        if not argument.startswith("-") or _NUMBER.fullmatch(argument):
            values.append(argument)
            continue
        yield option, values
        name, equals, value = argument.partition("=")
        option = name.replace("_", "-") if name.startswith("--") else name
        values = [value] if equals else []
    yield option, values


def _meant(server: Server, option: str) -> str:
    """The option that is meant: itself, what stands before a dot, or the first one that it is a beginning of."""
    known = (*server.carriers, *server.refused, *server.documents, *server.inputs)
    name = option.partition(".")[0]
    if name in known or not server.abbreviates or len(name) < _SHORTEST:
        return name
    return next((whole for whole in known if whole.startswith(name)), name)


def _check_words(server: Server, words: Sequence[str], names: Sequence[str]) -> int:
    """The model as a word of its own: `vllm serve MODEL`."""
    if server.positional is None or tuple(words[: len(server.positional)]) != server.positional:
        return 0
    models = words[len(server.positional) :]
    for model in models:
        if not _is_verified(model, names):
            raise _unverified(server.name, model, server.example)
    return len(models)


def _check_inputs(server: Server, option: str, values: Sequence[str], names: Sequence[str]) -> int:
    """Values that are loaded: `PATH`, `NAME=PATH` or a JSON object; the last may be followed by the model's word."""
    for value in values:
        if value.startswith(('{"', "{ ", "[")):
            _check_document(server, option, [value], names)
        elif not _is_verified(value, names) and not _is_verified(value.partition("=")[2], names):
            word = option.lstrip("-").partition("-")[0]
            raise _unverified(
                server.name,
                f"{option} {value}",
                f"leave {option} out, or verify it too: --model {word}=REF … {option} {{{word}}}",
            )
    return len(values)


def _check_document(server: Server, option: str, values: Sequence[str], names: Sequence[str]) -> None:
    """A JSON argument, or one of its keys as `--option.key VALUE`."""
    key = option.partition(".")[2].rpartition(".")[2]
    for value in values[:1]:
        if key:
            named = [value] if key in _NAMING else []
        else:
            try:
                named = list(_named(parse_json(value.encode(), what=option, limit=_DOCUMENT_BYTES)))
            except (ContentMismatch, UnicodeEncodeError) as error:
                raise _unverified(
                    server.name, f"{option} {value[:80]}, which is not JSON", f"check {option}"
                ) from error
        for found in named:
            if found not in _BUILT_IN and not _is_verified(found, names):
                raise _unverified(
                    server.name, f"{option}: {found}", "verify it too: --model draft=REF, and write {draft} there"
                )


def _named(value: Any) -> Iterator[str]:
    """Everything in a JSON value that a key says is loaded."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key.replace("_", "-") in _NAMING:
                yield from _texts(inner)
            else:
                yield from _named(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _is_verified(value: str, names: Sequence[str]) -> bool:
    """Whether a value is a verified folder, or a file in one."""
    match = _VERIFIED.fullmatch(value)
    return match is not None and match[1] in names and ".." not in PurePosixPath(match[2] or "/").parts


def _unverified(server: str, found: str, hint: str) -> InputError:
    return InputError(
        f"{server} would load something that no policy has judged",
        code="exec-unverified-input",
        found=found,
        hint=hint,
    )
