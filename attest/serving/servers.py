"""Which options of which servers name something that is loaded, as one table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping


class Server(Struct, frozen=True, kw_only=True):
    """What one server reads.

    Args:
        name: for messages.
        example: how it is told to serve a verified folder.
        inputs: options whose values are loaded: each has to be a verified folder, or a file in one.
        documents: options whose value is JSON that may name a model.
        carriers: options that read further options from a file, past any check.
        refused: option → values that make it dangerous; none for any value.
        positional: words before the model in `SERVER … MODEL`; `None` where the model is an option.
        abbreviates: whether it takes the beginning of an option for the whole.
    """

    name: str
    example: str
    inputs: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()
    refused: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    positional: tuple[str, ...] | None = None
    abbreviates: bool = False


_VLLM: Final = Server(
    name="vllm",
    example="vllm serve {model}",
    inputs=frozenset(
        {
            *("--model", "--tokenizer", "--hf-config-path", "--lora-modules", "--default-mm-loras"),
            *("--speculative-model", "--draft-model", "--qlora-adapter-name-or-path", "--prompt-adapters"),
        }
    ),
    documents=frozenset({"--speculative-config", "--hf-overrides"}),
    carriers=frozenset({"--config"}),
    positional=("serve",),
    abbreviates=True,
)
_VLLM_MODULE: Final = replace(
    _VLLM, example="python -m vllm.entrypoints.openai.api_server --model {model}", positional=None
)
_SGLANG: Final = Server(
    name="sglang",
    example="python -m sglang.launch_server --model-path {model}",
    inputs=frozenset(
        {
            *("--model", "--model-path", "--tokenizer-path", "--lora-paths"),
            *("--speculative-draft-model-path", "--speculative-draft-model", "--speculative-token-map"),
        }
    ),
    documents=frozenset({"--json-model-override-args"}),
    carriers=frozenset({"--config"}),
    abbreviates=True,
)
_TRITON: Final = Server(
    name="tritonserver",
    example="tritonserver --model-repository={model} --model-control-mode=none",
    inputs=frozenset({"--model-repository", "--model-store"}),
    refused=MappingProxyType({"--model-control-mode": frozenset({"explicit", "poll"}), "--load-model": frozenset()}),
)
_TGI: Final = Server(
    name="text-generation-launcher",
    example="text-generation-launcher --model-id {model}",
    inputs=frozenset({"--model-id", "--tokenizer-config-path", "--lora-adapters"}),
)
_LLAMA: Final = Server(
    name="llama.cpp",
    example="llama-server -m {model}/FILE.gguf",
    inputs=frozenset(
        {
            *("-m", "--model", "-md", "--model-draft", "-mm", "--mmproj", "--lora", "--lora-scaled"),
            *("--control-vector", "--control-vector-scaled", "-mv", "--model-vocoder"),
        }
    ),
    refused=MappingProxyType(
        dict.fromkeys(
            (
                *("-mu", "--model-url", "-mmu", "--mmproj-url", "-hf", "-hfr", "--hf-repo", "-hff", "--hf-file"),
                *("-hfd", "-hfrd", "--hf-repo-draft", "-hfv", "-hfrv", "--hf-repo-v", "-dr", "--docker-repo"),
            ),
            frozenset[str](),
        )
    ),
)

SERVERS: Final[Mapping[str, Server]] = MappingProxyType(
    {
        "vllm": _VLLM,
        "vllm.entrypoints.cli.main": _VLLM,
        "vllm.entrypoints.openai.api_server": _VLLM_MODULE,
        "vllm.entrypoints.api_server": _VLLM_MODULE,
        "sglang.launch_server": _SGLANG,
        "tritonserver": _TRITON,
        "text-generation-launcher": _TGI,
        "llama-server": _LLAMA,
        "llama-cli": _LLAMA,
    }
)
"""Program, or module behind `python -m`, → what it reads."""
