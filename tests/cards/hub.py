"""Cards as Hugging Face's own library reads them; it has no types of its own."""

from __future__ import annotations

from typing import Any

from huggingface_hub import ModelCard


def loaded(text: str) -> Any:
    """A card."""
    made: Any = ModelCard(text)
    return made
