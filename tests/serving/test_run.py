"""`attest exec` starts the command on the verified folder, or says what it would have loaded besides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attest.errors import InputError
from attest.serving.run import CommandNotExecutable, CommandNotFound, advice, check_command, run

if TYPE_CHECKING:
    from pathlib import Path

VLLM = ["vllm", "serve", "{model}"]
API = ["python3", "-m", "vllm.entrypoints.openai.api_server", "--model", "{model}"]
SGLANG = ["python", "-m", "sglang.launch_server", "--model-path", "{model}"]
TRITON = ["tritonserver", "--model-repository={model}"]
LLAMA = ["llama-server", "-m", "{model}/m.gguf"]


def check(arguments: list[str], *names: str, **environment: str) -> None:
    check_command(arguments, list(names or ("model",)), environment=environment)


def refused(arguments: list[str], *names: str, **environment: str) -> InputError:
    with pytest.raises(InputError) as caught:
        check(arguments, *names, **environment)
    assert caught.value.code == "exec-unverified-input"
    assert caught.value.exit_status == 2
    return caught.value


def started(arguments: list[str], folders: dict[str, Path], **environment: str) -> subprocess.CompletedProcess[str]:
    """`run` replaces the process, so it is given one of its own."""
    code = (
        "import json, sys; from pathlib import Path; from attest.serving.run import run\n"
        "arguments, folders = json.loads(sys.argv[1])\n"
        "run(arguments, {name: Path(path) for name, path in folders.items()})"
    )
    given = json.dumps([arguments, {name: str(path) for name, path in folders.items()}])
    return subprocess.run(
        [sys.executable, "-c", code, given],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


# --- starting ------------------------------------------------------------------------------------------------------


def test_the_folder_takes_the_place_of_its_placeholder(tmp_path: Path) -> None:
    ended = started(["echo", "{model}", "--file={model}/a.json", "{unrelated} {", '{"json": 1}'], {"model": tmp_path})
    assert ended.stdout == f'{tmp_path} --file={tmp_path}/a.json {{unrelated}} {{ {{"json": 1}}\n'


def test_several_models_have_a_placeholder_each(tmp_path: Path) -> None:
    ended = started(["echo", "{enc}", "{rank}"], {"enc": tmp_path / "{rank}", "rank": tmp_path / "b"})
    assert ended.stdout == f"{tmp_path}/{{rank}} {tmp_path}/b\n"


def test_the_command_knows_the_folders_and_that_hubs_are_off(tmp_path: Path) -> None:
    names = ("ATTEST_MODEL", "ATTEST_MODEL_TOK", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    show = f"import os; print(*(os.environ.get(name) for name in {names}))"
    ended = started([sys.executable, "-c", show], {"model": tmp_path / "m", "tok": tmp_path / "t"}, HF_HUB_OFFLINE="0")
    assert ended.stdout == f"{tmp_path}/m {tmp_path}/t 1 1\n"


def test_the_status_of_the_command_is_its_own(tmp_path: Path) -> None:
    assert started(["sh", "-c", "exit 42"], {"model": tmp_path}).returncode == 42


@pytest.mark.parametrize("command", ["no-such-command-here", "./missing", "/etc/passwd/x"])
def test_a_command_that_is_not_there_is_127(command: str, tmp_path: Path) -> None:
    with pytest.raises(CommandNotFound) as caught:
        run([command], {"model": tmp_path})
    assert (caught.value.code, caught.value.exit_status) == ("command-not-found", 127)


def test_a_command_that_cannot_be_run_is_126(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    for command in (str(tmp_path / "script"), str(tmp_path), "a\0b"):
        with pytest.raises(CommandNotExecutable) as caught:
            run([command], {"model": tmp_path})
        assert (caught.value.code, caught.value.exit_status) == ("command-not-executable", 126)


def test_run_checks_again(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run([*VLLM, "--tokenizer", "meta-llama/x"], {"model": tmp_path})
    assert caught.value.code == "exec-unverified-input"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["model"]),
        (["x"], ["a", "a"]),
        (["x"], ["tok", "TOK"]),
        (["x", "{tok}"], ["model"]),
        (["x", "--t={tok}"], ["model"]),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(arguments: list[str], names: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        check_command(arguments, names, environment={})
    assert caught.value.code == "usage"


# --- what is honest passes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        VLLM,
        [*VLLM, "--served-model-name", "chat", "--port", "8000", "--max-model-len", "-1", "--enforce-eager"],
        [*VLLM, "--tokenizer", "{tok}", "--lora-modules", "a={lora}", "b={lora}/sub"],
        [*VLLM, "--lora-modules", '{"name": "a", "path": "{lora}"}'],
        [*VLLM, "--speculative-config", '{"model": "{draft}", "num_speculative_tokens": 5}'],
        [*VLLM, "--speculative-config", '{"method": "ngram", "num_speculative_tokens": 5}'],
        [*VLLM, "--speculative-config.model", "{draft}", "--speculative-config.num_speculative_tokens", "4"],
        [*VLLM, "--hf-overrides", '{"max_position_embeddings": 4096}'],
        [*VLLM, "--model-impl", "vllm", "--tokenizer-mode", "auto"],
        ["/opt/bin/vllm", "serve", "{model}"],
        ["vllm", "--version"],
        ["vllm", "serve", "--help"],
        API,
        SGLANG,
        [*SGLANG, "--lora-paths", "a={lora}"],
        TRITON,
        [*TRITON, "--model-control-mode=none"],
        LLAMA,
        ["text-generation-launcher", "--model-id", "{model}"],
        ["python", "serve.py", "{model}", "--tokenizer", "anything"],
        ["sh", "-c", "ls {model}"],
        ["ls"],
    ],
)
def test_what_loads_verified_folders_only_may_start(arguments: list[str]) -> None:
    check(arguments, "model", "tok", "lora", "draft")


# --- what leads around the check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        ["--tokenizer", "meta-llama/Llama-3.1-8B"],
        ["--tokenizer=meta-llama/Llama-3.1-8B"],
        ["--token", "meta-llama/Llama-3.1-8B"],
        ["--tokenizer", "/models/other"],
        ["--tokenizer", "{model}/../other"],
        ["--tokenizer", "{model}x"],
        ["--tokenizer", "x{model}"],
        ["--hf_config_path", "org/other"],
        ["--lora-modules", "good={model}", "bad=org/lora"],
        ["--lora_modules", "bad=org/lora"],
        ["--lora-modules", '{"name": "bad", "path": "org/lora"}'],
        ["--lora-modules", '{"name": "bad", "path": "{model}", "path": "org/lora"}'],
        ["--speculative-config", '{"model": "org/draft"}'],
        ['--speculative-config={"model": "org/draft"}'],
        ["--speculative-config.model", "org/draft"],
        ["--speculative_config.model=org/draft"],
        ["--spec", '{"model": "org/draft"}'],
        ["--speculative-config", "not json"],
        ["--hf-overrides", '{"auto_map": {"AutoConfig": "org/code--config.Class"}}'],
        ["--hf-overrides", '{"text_config": [{"tokenizer": "org/other"}]}'],
        ["--config", "vllm.yaml"],
        ["--conf=vllm.yaml"],
        ["--model", "org/other"],
    ],
)
def test_vllm_is_not_told_to_load_something_else(extra: list[str]) -> None:
    error = refused([*VLLM, *extra])
    assert error.message.startswith("vllm would load something")
    assert error.found
    assert error.hint
    refused([*API, *extra])


@pytest.mark.parametrize(
    "arguments",
    [
        ["vllm", "serve", "meta-llama/Llama-3.1-8B"],
        ["vllm", "serve"],
        ["vllm", "serve", "--port", "80"],
        ["vllm", "serve", "{model}", "org/second"],
        ["env", "A=b", "vllm", "serve", "org/model"],
        ["python3", "-u", "-m", "vllm.entrypoints.openai.api_server"],
        ["python3.11", "/usr/bin/vllm", "serve", "org/model"],
        ["python", "-m", "sglang.launch_server", "--model-path", "org/model"],
        [*SGLANG, "--tokenizer-path", "org/other"],
        [*SGLANG, "--speculative-draft-model-path=org/draft"],
        [*SGLANG, "--lora-paths", "a=org/lora"],
        [*SGLANG, "--config", "x.yaml"],
        [*TRITON, "--model-control-mode=explicit"],
        [*TRITON, "--model-control-mode", "poll"],
        [*TRITON, "--load-model=x"],
        [*TRITON, "--model-repository=/other"],
        ["tritonserver"],
        [*LLAMA, "-hf", "org/model"],
        [*LLAMA, "--hf-repo=org/model"],
        [*LLAMA, "--lora", "/models/x.gguf"],
        [*LLAMA, "-v", "-md", "/models/draft.gguf"],
        ["text-generation-launcher", "--model-id", "org/model"],
        ["ollama", "run", "llama3"],
    ],
)
def test_other_doors_are_closed_too(arguments: list[str]) -> None:
    refused(arguments)


@pytest.mark.parametrize(
    "name",
    [
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
        "VLLM_LORA_RESOLVER_CACHE_DIR",
        "VLLM_MODEL_REDIRECT_PATH",
        "VLLM_USE_MODELSCOPE",
    ],
)
@pytest.mark.parametrize("value", ["1", "True", " yes ", "/some/path"])
def test_an_environment_that_loads_later_is_refused(name: str, value: str) -> None:
    error = refused(["ls", "{model}"], **{name: value})
    assert error.hint == f"unset {name}"


@pytest.mark.parametrize("value", ["", "0", "false", "False", "off"])
def test_an_environment_that_is_off_passes(value: str) -> None:
    check(VLLM, VLLM_ALLOW_RUNTIME_LORA_UPDATING=value)


def test_a_refused_command_is_never_started(tmp_path: Path) -> None:
    ended = started(["touch", str(tmp_path / "started"), "{model}"], {"model": tmp_path}, VLLM_USE_MODELSCOPE="1")
    assert ended.returncode != 0
    assert "exec-unverified-input" in ended.stderr or "VLLM_USE_MODELSCOPE" in ended.stderr
    assert not (tmp_path / "started").exists()


def test_vllm_without_a_served_name_gets_advice() -> None:
    assert "--served-model-name" in str(advice(VLLM))
    assert advice([*VLLM, "--served-model-name", "chat"]) is None
    assert advice(["ls"]) is None
