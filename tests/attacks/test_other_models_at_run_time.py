"""Row 28: a server that was given a verified folder and told to load something else as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

COMMANDS = {
    "vllm-other": "vllm serve someone/else",
    "vllm-lora": "vllm serve {model} --lora-modules extra=/tmp/adapter",
    "vllm-lora-equals": "vllm serve {model} --lora-modules=extra=/tmp/adapter",
    "vllm-tokenizer": "vllm serve {model} --tokenizer someone/else",
    "vllm-abbreviated": "vllm serve {model} --tokenize someone/else",
    "vllm-config": "vllm serve {model} --config /tmp/options.yaml",
    "vllm-draft": 'vllm serve {model} --speculative-config {"model":"someone/else"}',
    "vllm-draft-dotted": "vllm serve {model} --speculative-config.model someone/else",
    "vllm-auto-map": 'vllm serve {model} --hf-overrides {"auto_map":{"AutoModel":"someone/else--x.Y"}}',
    "vllm-climbing": "vllm serve {model}/../../other",
    "vllm-default": "vllm serve",
    "env": "env X=1 vllm serve someone/else",
    "python-vllm": "python -m vllm.entrypoints.openai.api_server --model someone/else",
    "sglang": "python3 -m sglang.launch_server --model-path someone/else",
    "sglang-lora": "python3 -m sglang.launch_server --model-path {model} --lora-paths /tmp/adapter",
    "triton-explicit": "tritonserver --model-repository={model} --model-control-mode=explicit",
    "triton-poll": "tritonserver --model-repository={model} --model-control-mode poll",
    "triton-load": "tritonserver --model-repository={model} --load-model=x",
    "triton-second": "tritonserver --model-repository={model} --model-repository=/tmp/other",
    "llama-lora": "llama-server -m {model}/model.safetensors --lora /tmp/adapter.gguf",
    "llama-hub": "llama-server -hf someone/else",
    "llama-url": "llama-server -m {model}/model.safetensors --model-url https://example.com/x.gguf",
    "tgi": "text-generation-launcher --model-id someone/else",
    "ollama-create": "ollama create evil -f Modelfile",
    "ollama-serve": "ollama serve",
}
HONEST = {
    "vllm": "vllm serve {model} --port 8000",
    "python": "python -m vllm.entrypoints.openai.api_server --model {model}",
    "python3": "python3 -m sglang.launch_server --model-path {model}",
    "tritonserver": "tritonserver --model-repository={model} --model-control-mode=none",
    "llama-server": "llama-server -m {model}/model.safetensors",
    "text-generation-launcher": "text-generation-launcher --model-id {model}",
    "ollama": "vllm serve {model}",
    "env": "env X=1 vllm serve {model}",
}


def _programs(scene: Scene) -> str:
    """Servers that only leave a mark; the path to find them by."""
    folder = scene.folder / "home/bin"
    folder.mkdir(parents=True)
    for name in [*HONEST, "true"]:
        if name == "env":
            continue
        (folder / name).write_text("#!/bin/sh\n: > started\n")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def _try(scene: Scene, reference: str, command: str, path: str, **environment: str) -> tuple[bool, int, str]:
    given = ("--model", reference, *scene.by_key, "--", *command.split(" "))
    done = scene.execute(*given, PATH=path, **environment)
    mark = scene.folder / "started"
    started = mark.exists()
    mark.unlink(missing_ok=True)
    return started, done.returncode, done.stderr


def _judge(scene: Scene, tried: tuple[bool, int, str], asked: int) -> None:
    started, status, err = tried
    scene.judge(outcome="got through" if started else "refused", code="exec-unverified-input", status=status - 120)
    assert not started
    assert (status, "error[exec-unverified-input]" in err) == (122, True), err
    assert len(scene.fake.seen) == asked, "something was fetched before the command was looked at"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_an_argument(scene: Scene, command: str) -> None:
    reference, path = scene.served(), _programs(scene)
    honest = _try(scene, reference, HONEST[command.partition(" ")[0]], path)
    scene.noted_honest(honest[0], honest[2])
    asked = len(scene.fake.seen)
    _judge(scene, _try(scene, reference, command, path), asked)


@pytest.mark.parametrize(
    "variable", ["VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_LORA_RESOLVER_CACHE_DIR", "VLLM_USE_MODELSCOPE"]
)
def test_a_variable(scene: Scene, variable: str) -> None:
    reference, path = scene.served(), _programs(scene)
    honest = _try(scene, reference, HONEST["vllm"], path, **{variable: "0"})
    scene.noted_honest(honest[0], honest[2])
    asked = len(scene.fake.seen)
    _judge(scene, _try(scene, reference, HONEST["vllm"], path, **{variable: "1"}), asked)


def test_the_hubs_are_switched_off(scene: Scene) -> None:
    """Whatever a server would fetch by itself, it is told not to, even where the environment said otherwise."""
    reference = scene.served()
    scene.honest_exec(reference)
    script = 'test "$HF_HUB_OFFLINE$TRANSFORMERS_OFFLINE" = 11 || : > started'
    given = ("--model", reference, *scene.by_key, "--", "sh", "-c", script)
    scene.execute(*given, HF_HUB_OFFLINE="0", TRANSFORMERS_OFFLINE="")
    scene.harmless(not (scene.folder / "started").exists(), why="switched off")
