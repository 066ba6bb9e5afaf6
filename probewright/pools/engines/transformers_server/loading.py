"""Loads an imported model: which device, which precision, which attention, which adapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from probewright.errors import PoolError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
AUTO = "auto"
NATIVE_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # without one of these a processor computes bfloat16 slower than float32


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be asked.

    Attributes:
        name: what it is called in requests and replies.
        model: a causal language model of transformers, in evaluation mode.
        tokenizer: its tokenizer, with a chat template where the model has one.
        device: where the weights are.
        context_tokens: the longest prompt and answer together.
        end_tokens: the tokens that end an answer.
    """

    name: str
    model: Any
    tokenizer: Any
    device: torch.device
    context_tokens: int
    end_tokens: frozenset[int]


def load(folder: Path, name: str, context_tokens: int, dtype: str = AUTO, adapter: Path | None = None) -> Loaded:
    """Loads the model in ``folder`` (see `probewright.pools.imported`), with the adapter merged into its weights.

    ``dtype`` is ``auto``, ``float32`` or ``bfloat16``. `auto` takes bfloat16 on CUDA and on processors that compute it
    natively, else float32.

    Raises:
        PoolError: the context is longer than the model was made for.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # Eager attention adds up in the same order whatever else is in the batch or in the cache: on the CPU a score in
    # bfloat16 is then the same to the last bit (a token's moved by up to 0.3 nats else), and it costs no speed.
    attention = "sdpa" if device.type == "cuda" else "eager"
    precision = native_dtype(device) if dtype == AUTO else DTYPES[dtype]
    merging = torch.float32 if adapter else precision  # small changes of large weights would be rounded away
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=merging, attn_implementation=attention)
    _check_context(model.config, context_tokens)
    if adapter:
        model = _merged(model, adapter)
    model = model.to(device=device, dtype=precision).eval()
    end_tokens = _end_tokens(model)
    model.generation_config = GenerationConfig()  # a folder may hold sampling settings that no request asked for
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Loaded(name, model, tokenizer, device, context_tokens, end_tokens)


def _merged(model: Any, adapter: Path) -> Any:
    from peft import PeftModel  # noqa: PLC0415 (its import takes seconds, and most models have no adapter)

    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()


def native_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 on CUDA and on processors that compute it natively, else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    capabilities = torch.cpu.get_capabilities()
    return torch.bfloat16 if any(capabilities.get(name) for name in NATIVE_BFLOAT16) else torch.float32


def _check_context(config: Any, context_tokens: int) -> None:
    longest = getattr(config, "max_position_embeddings", None)
    if longest and context_tokens > longest:
        raise PoolError(f"context_tokens is {context_tokens}; the model was made for at most {longest}")


def _end_tokens(model: Any) -> frozenset[int]:
    ends: int | Sequence[int] | None = model.generation_config.eos_token_id
    if ends is None:
        ends = model.config.eos_token_id
    if ends is None:
        return frozenset()
    return frozenset([ends] if isinstance(ends, int) else ends)
