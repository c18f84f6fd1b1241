"""`attest exec`: start a command on verified folders, once nothing it was told leads around them."""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Final, NoReturn

from attest.errors import InputError
from attest.serving.arguments import check_arguments, is_named_by_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_OFF: Final = frozenset({"", "0", "false", "no", "off"})
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

REFUSED_ENVIRONMENT: Final[Mapping[str, str]] = {
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "clients could load adapters that nothing has judged",
    "VLLM_LORA_RESOLVER_CACHE_DIR": "adapters would be loaded by name from a folder that nothing has judged",
    "VLLM_MODEL_REDIRECT_PATH": "model paths would be replaced by others",
    "VLLM_USE_MODELSCOPE": "models would come from the network",
    "SGLANG_USE_MODELSCOPE": "models would come from the network",
}
"""Variable → why it is refused while it is set to anything but 0, false, no or off."""


class CommandNotFound(InputError):
    """There is no such command; shells end with 127 then."""

    code = "command-not-found"
    exit_status = 127


class CommandNotExecutable(InputError):
    """The command is there and cannot be run; shells end with 126 then."""

    code = "command-not-executable"
    exit_status = 126


def check_command(
    arguments: Sequence[str], names: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> None:
    """Refuse a command that would load something that no policy has judged. Nothing is fetched before this.

    Args:
        arguments: the command and its arguments, with placeholders.
        names: the models that are verified; `{name}` stands for each.
        environment: the process's own when left out.

    Raises:
        InputError: `exec-unverified-input`, or `usage`: no command, two models of one name, a placeholder of none.
    """
    if not arguments:
        raise InputError("there is no command to start", code="usage", expected="-- COMMAND …")
    for name, count in Counter(name.upper() for name in names).items():
        if count > 1:
            raise InputError(
                f"two models are called {name.lower()!r}", code="usage", hint="--model first=REF --model second=REF"
            )
    _check_placeholders(arguments, names)
    _check_environment(os.environ if environment is None else environment)
    check_arguments(arguments, names)


def check_present(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
    """Refuse a command that is not on this machine, before gigabytes are fetched for it.

    Args:
        arguments: the command and its arguments.
        environment: the process's own when left out.

    Raises:
        CommandNotFound: there is nothing of that name.
    """
    path = (os.environ if environment is None else environment).get("PATH", os.defpath)
    name = arguments[0]
    if _PLACEHOLDER.search(name):
        return  # a file of the model; it is not here yet
    places = [""] if "/" in name else [folder or "." for folder in path.split(os.pathsep)]
    if not any(os.path.lexists(os.path.join(place, name)) for place in places):  # noqa: PTH118  # as execvp joins them
        raise _not_found(name, path)


def advice(arguments: Sequence[str]) -> str | None:
    """What is worth changing in a command that may be started, in one line; `None` if nothing is."""
    if is_named_by_path(arguments):
        return "vllm names the model after its path, which changes with each version: add --served-model-name NAME"
    return None


def run(
    arguments: Sequence[str], folders: Mapping[str, Path], *, environment: Mapping[str, str] | None = None
) -> NoReturn:
    """Become the command.

    Args:
        arguments: the command and its arguments; `{name}` becomes the folder of that model.
        folders: name → folder that was verified, in the order they were given.
        environment: the process's own when left out.

    Raises:
        InputError: as `check_command`; `CommandNotFound`; `CommandNotExecutable`.
    """
    check_command(arguments, list(folders), environment=environment)
    command = [_filled(argument, folders) for argument in arguments]
    given = dict(os.environ if environment is None else environment) | _OFFLINE
    given |= {"ATTEST_MODEL": str(next(iter(folders.values())))} if folders else {}
    given |= {f"ATTEST_MODEL_{name.upper()}": str(folder) for name, folder in folders.items() if name != "model"}
    try:
        os.execvpe(command[0], command, given)  # noqa: S606  # no shell is what is wanted
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _not_found(command[0], given.get("PATH")) from error
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        hint = f"chmod +x {shlex.quote(command[0])}" if isinstance(error, PermissionError) else None
        raise CommandNotExecutable(f"{command[0]!r} cannot be run: {why}", hint=hint) from error


def _not_found(name: str, path: str | None) -> CommandNotFound:
    if "/" in name:
        return CommandNotFound(f"{name!r} was not found", expected="a program at that path")
    return CommandNotFound(f"{name!r} was not found", looked_in=f"$PATH: {path}"[:400], hint="is it installed here?")


def _filled(argument: str, folders: Mapping[str, Path]) -> str:
    """One pass, so that a folder's own name is never taken for a placeholder."""
    return _PLACEHOLDER.sub(lambda match: str(folders.get(match[1], match[0])), argument)


def _check_placeholders(arguments: Sequence[str], names: Sequence[str]) -> None:
    for argument in arguments:
        match = _PLACEHOLDER.fullmatch(argument.partition("=")[2] or argument)
        if match is not None and match[1] not in names:
            raise InputError(
                f"{match[0]} stands for no model",
                code="usage",
                expected=", ".join(f"{{{name}}}" for name in names),
                hint=f"--model {match[1]}=REF",
            )


def _check_environment(environment: Mapping[str, str]) -> None:
    for name, why in REFUSED_ENVIRONMENT.items():
        value = environment.get(name, "")
        if value.strip().lower() not in _OFF:
            raise InputError(
                f"{name} is set: {why}",
                code="exec-unverified-input",
                found=f"{name}={value[:80]}",
                hint=f"unset {name}",
            )
