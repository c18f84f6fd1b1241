"""Settings come from flags, environment, the user's file and the system's; never from where one happens to stand."""

from pathlib import Path

import pytest

from attest.errors import InputError
from attest.settings import ENVIRONMENT, Settings
from attest.stores import Reach, repository_for
from attest_registry.reference import Reference


def load(tmp_path: Path, system: str = "", user: str = "", **environment: str) -> Settings:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(user)
    (tmp_path / "system.toml").write_text(system)
    return Settings.load({"ATTEST_HOME": str(home), **environment}, system_file=tmp_path / "system.toml")


def test_one_home_holds_everything(tmp_path: Path) -> None:
    settings = load(tmp_path)
    home = tmp_path / "home"
    assert settings.default_key == home / "keys/default.key"
    assert settings.store == home / "store"
    assert settings.cache == home / "cache"
    assert settings.state == home / "state"


def test_without_a_home_of_its_own_the_three_xdg_places_are_used() -> None:
    settings = Settings.load({"HOME": "/home/alice"}, system_file=Path("/nowhere"))
    assert str(settings.keys) == "/home/alice/.config/attest/keys"
    assert str(settings.store) == "/home/alice/.local/share/attest/store"
    assert str(settings.cache) == "/home/alice/.cache/attest"


def test_no_home_at_all_is_said() -> None:
    with pytest.raises(InputError) as refused:
        Settings.load({}, system_file=Path("/nowhere"))
    assert (refused.value.code, refused.value.hint) == ("no-home", "set ATTEST_HOME")


def test_order_flag_environment_user_system(tmp_path: Path) -> None:
    system, user = 'policy = "/s.yaml"', 'policy = "/u.yaml"'
    assert load(tmp_path, system).values["policy"].value == "/s.yaml"
    assert load(tmp_path, system, user).values["policy"].value == "/u.yaml"
    settings = load(tmp_path, system, user, ATTEST_POLICY="/e.yaml")
    assert settings.values["policy"].value == "/e.yaml"
    assert settings.choose("policy", "/f.yaml").value == "/f.yaml"
    assert settings.choose("policy", None).origin == "environment ATTEST_POLICY"


def test_a_locked_setting_is_replaced_by_nothing(tmp_path: Path) -> None:
    system = 'policy = "/s.yaml"\nlocked = ["policy"]'
    settings = load(tmp_path, system, 'policy = "/u.yaml"', ATTEST_POLICY="/e.yaml")
    assert settings.values["policy"].value == "/s.yaml"
    with pytest.raises(InputError) as refused:
        settings.choose("policy", "/f.yaml")
    assert refused.value.code == "setting-locked"


def test_locked_hosts_and_authorities_are_replaced_by_nothing(tmp_path: Path) -> None:
    system = 'plain_http = []\nca_file = "/ca.pem"\nlocked = ["plain_http", "ca_file"]'
    settings = load(tmp_path, system, 'plain_http = ["registry.example"]')
    assert settings.plain_http == ()
    with pytest.raises(InputError) as refused:
        repository_for(Reference.parse("registry.example/model:1"), settings, Reach(ca_file="/other.pem"))
    assert refused.value.code == "setting-locked"


def test_paths_in_a_file_are_relative_to_that_file(tmp_path: Path) -> None:
    assert load(tmp_path, user='policy = "p.yaml"').values["policy"].value == str(tmp_path / "home/p.yaml")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("polcy = 'x'", "config-unknown-key"),
        ("policy = 3", "bad-config"),
        ("policy = ", "bad-config"),
        ("locked = 'policy'", "bad-config"),
        ("locked = ['polcy']", "config-unknown-key"),
        ("plain_http = [1]", "bad-config"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, system=text)
    assert refused.value.code == code


def test_an_unknown_setting_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, user="polcy = 'x'")
    assert refused.value.hint == "did you mean 'policy'?"


def test_every_configuration_name_in_the_working_folder_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A downloaded folder must not name the policy, the keys or the store."""
    before = load(tmp_path)
    here = tmp_path / "downloaded"
    here.mkdir()
    for name in ("config.toml", "attest.toml", ".attest.toml", "policy.yaml", "pyproject.toml", ".env"):
        (here / name).write_text('policy = "evil.yaml"\nkey = "evil.key"\nATTEST_POLICY=evil.yaml\n')
    (here / ".config").mkdir()
    monkeypatch.chdir(here)
    assert load(tmp_path) == before


def test_options_that_weaken_a_check_have_no_variable() -> None:
    assert not {"force", "yes", "allow_code", "exclude", "plain_http", "dereference"} & set(ENVIRONMENT)
    assert ENVIRONMENT["key"] != ENVIRONMENT["public_key"]


@pytest.mark.parametrize("typed", ["key", "policy", "identity", "environment"])
def test_a_locked_key_is_replaced_by_nothing(tmp_path: Path, typed: str) -> None:
    from attest.trusting import policy_in_force
    from attest.whom import Whom

    system = 'public_key = "/s.pub"\nlocked = ["public_key"]'
    environment = {"ATTEST_POLICY": "/e.yaml"} if typed == "environment" else {}
    given = {"key": "/other.pub", "policy": "/p.yaml", "identity": "a@example.com"}
    whom = Whom(**{typed: given[typed]}) if typed in given else Whom()  # type: ignore[arg-type]
    with pytest.raises(InputError) as refused:
        policy_in_force(load(tmp_path, system, **environment), whom, asked_for="m:1")
    assert refused.value.code == "setting-locked"
