"""Where settings come from: flag, then environment, then the user's `config.toml`, then `/etc/attest/config.toml`.

Never the working folder and never the model's: a downloaded folder must not name the policy, the keys or the store
(docs/threats.md row 7; git had to add `safe.directory` for this). The system file can lock settings.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_FILE: Final = Path("/etc/attest/config.toml")

ENVIRONMENT: Final[Mapping[str, str]] = {
    "key": "ATTEST_KEY",
    "public_key": "ATTEST_PUBLIC_KEY",
    "policy": "ATTEST_POLICY",
    "trusted_root": "ATTEST_TRUSTED_ROOT",
    "store": "ATTEST_STORE",
    "cache": "ATTEST_CACHE",
    "state": "ATTEST_STATE",
    "offline": "ATTEST_OFFLINE",
    "ca_file": "ATTEST_CA_FILE",
    "catalogue": "ATTEST_CATALOGUE",
    "environment": "ATTEST_ENVIRONMENT",
}
"""Setting → its environment variable. Options that weaken a check are not settings and have none."""

_FLAGS: Final = frozenset({"offline"})
_PATHS: Final = frozenset({"public_key", "policy", "trusted_root", "cache", "state", "ca_file"})
KNOWN: Final = frozenset(ENVIRONMENT) | {"locked", "plain_http", "single_writer"}


class Setting(Struct, frozen=True, kw_only=True):
    """A value and where it came from.

    Args:
        value: text, or `None` where nothing says.
        origin: `environment ATTEST_POLICY`, a file's name, or `default`.
        locked: whether the system file forbids replacing it.
    """

    value: str | None
    origin: str
    locked: bool = False

    @property
    def holds(self) -> bool:
        """Whether the system file says it and locks it."""
        return self.locked and self.value is not None


class Settings(Struct, frozen=True, kw_only=True):
    """Folders and values in force.

    Args:
        config: folder of configuration and keys.
        data: folder of the store and what must last.
        cache: folder of what can be fetched again.
        values: setting → value with origin.
        plain_http: hosts that are spoken to without TLS, by configuration.
        single_writer: whether this machine alone writes the logs of the registries that it uses, by configuration.
    """

    config: Path
    data: Path
    cache: Path
    values: Mapping[str, Setting]
    plain_http: tuple[str, ...] = ()
    single_writer: bool = False

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, *, system_file: Path = SYSTEM_FILE) -> Self:
        """Read the files and the environment.

        Raises:
            InputError: a file is not TOML, or holds an unknown setting.
        """
        env = os.environ if environment is None else environment
        config, data, cache = _folders(env)
        system = _read(system_file)
        user = _read(config / "config.toml")
        locked = frozenset(_texts(system.get("locked", []), system_file, "locked"))
        for name in sorted(locked):  # a word that locks nothing would look as if it did
            _check_known(name, system_file)
        files = [(system, str(system_file)), (user, str(config / "config.toml"))]
        values = {name: _setting(name, env, files, locked) for name in ENVIRONMENT}
        plain, origin = (user, config / "config.toml") if "plain_http" in user else (system, system_file)
        if "plain_http" in locked:
            plain, origin = system, system_file
        hosts = _texts(plain.get("plain_http", []), origin, "plain_http")
        own_cache = values["cache"].value
        return cls(
            config=config,
            data=data,
            cache=written_path(own_cache) if own_cache else cache,
            values=values,
            plain_http=tuple(hosts),
            single_writer=_flag(user if "single_writer" in user else system, "single_writer", config / "config.toml"),
        )

    @property
    def keys(self) -> Path:
        """Folder of the keys that `keygen` makes."""
        return self.config / "keys"

    @property
    def default_key(self) -> Path:
        """Where push looks when nothing names a key."""
        return self.keys / "default.key"

    @property
    def trusted_root(self) -> Path:
        """The pinned root in force where no flag names one: what the settings name, or the one in the configuration."""
        own = self.values["trusted_root"].value
        return written_path(own) if own else self.config / "trusted_root.json"

    @property
    def store(self) -> Path:
        """Folder of the embedded store."""
        return self.data / "store"

    @property
    def catalogue(self) -> str:
        """URL or path of the catalogue."""
        return self.values["catalogue"].value or str(self.data / "catalogue.db")

    @property
    def environment(self) -> str | None:
        """Which registry new logs are of."""
        return self.values["environment"].value

    @property
    def state(self) -> Path:
        """Folder of what a consumer has to remember; apart from the cache."""
        own = self.values["state"].value
        return written_path(own) if own else self.data / "state"

    @property
    def offline(self) -> bool:
        """Whether any attempt to reach another host has to fail."""
        return (self.values["offline"].value or "").lower() in {"1", "true", "yes", "on"}

    def choose(self, name: str, flag: str | None) -> Setting:
        """The value in force, given what was typed.

        Raises:
            InputError: the system file locks the setting and the flag names something else.
        """
        setting = self.values[name]
        if flag is None:
            return setting
        if setting.locked and flag != setting.value:
            raise InputError(
                f"the setting {name!r} is locked on this machine",
                code="setting-locked",
                expected=f"{setting.value} ({setting.origin})",
                found=flag,
            )
        return Setting(value=flag, origin=f"--{name.replace('_', '-')}", locked=setting.locked)


def _folders(env: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Configuration, data and cache: one folder with ATTEST_HOME, the three XDG places without."""
    own = env.get("ATTEST_HOME")
    if own:
        home = written_path(own).absolute()
        return home, home, home / "cache"
    user = env.get("HOME")
    if not user:
        raise InputError("there is no home folder to keep keys and models in", code="no-home", hint="set ATTEST_HOME")
    places = (("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"), ("XDG_CACHE_HOME", ".cache"))
    config, data, cache = (Path(env.get(name) or Path(user) / default) / "attest" for name, default in places)
    return config, data, cache


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InputError(f"{path} could not be read: {error.strerror}", code="bad-config") from error
    import tomllib  # noqa: PLC0415  # most people have no such file

    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML", code="bad-config", found=str(error)) from error
    for name in document:
        _check_known(name, path)
    return document


def _check_known(name: str, path: Path) -> None:
    if name not in KNOWN:
        import difflib  # noqa: PLC0415  # only on the way to an error

        near = difflib.get_close_matches(name, KNOWN, n=1)
        raise InputError(
            f"{path} holds an unknown setting {name!r}",
            code="config-unknown-key",
            hint=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(KNOWN))}",
        )


def _setting(
    name: str, env: Mapping[str, str], files: list[tuple[dict[str, Any], str]], locked: frozenset[str]
) -> Setting:
    (system, system_name), (user, user_name) = files
    if name in locked:
        return Setting(value=_text(system.get(name), system_name, name), origin=system_name, locked=True)
    if env.get(ENVIRONMENT[name]):
        return Setting(value=env[ENVIRONMENT[name]], origin=f"environment {ENVIRONMENT[name]}")
    for document, origin in ((user, user_name), (system, system_name)):
        if name in document:
            return Setting(value=_text(document[name], origin, name), origin=origin)
    return Setting(value=None, origin="default")


def _text(value: Any, origin: str, name: str) -> str | None:
    if name in _FLAGS and isinstance(value, bool):
        return "1" if value else "0"
    if value is not None and not isinstance(value, str):
        raise InputError(f"{origin}: {name} has to be text", code="bad-config", found=type(value).__name__)
    if value is not None and name in _PATHS:
        return str(Path(origin).parent / written_path(value))
    return value


def _flag(document: Mapping[str, Any], name: str, path: Path) -> bool:
    value = document.get(name, False)
    if not isinstance(value, bool):
        raise InputError(f"{path}: {name} has to be true or false", code="bad-config", found=str(value)[:40])
    return value


def _texts(value: Any, path: Path, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{path}: {name} has to be a list of texts", code="bad-config")
    return value
