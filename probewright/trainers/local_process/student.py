"""The model that learns: frozen weights, and a low-rank adapter on every linear layer."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from probewright.pools.engines.transformers_server.loading import native_dtype
from probewright.pools.engines.transformers_server.prefixes import keeps_all_tokens
from probewright.trainers.local_process.rows import Row

SCALE = 2.0  # alpha / rank: what the adapter's output is multiplied by, the usual choice at any rank
SOME = 32  # any token; it fills the places after a row's end, which no earlier token looks at


class Student:
    """Gives logits at the places where rows' answers stand.

    Args:
        folder: the imported model.
        rank: the adapter's.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = native_dtype(self.device)  # as the engine will compute
        # On a CPU and for short texts plain attention is faster than the fused one, above all backward.
        attention = "eager" if self.device.type == "cpu" else "sdpa"
        base: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=self.dtype, attn_implementation=attention)
        self.longest = int(base.config.max_position_embeddings)
        self._shares = keeps_all_tokens(base)
        self._kept: torch.Tensor | None = None
        base.get_output_embeddings().register_forward_pre_hook(self._keep)
        base.name_or_path = ""  # else the adapter's configuration names a folder of this machine
        lora = LoraConfig(r=rank, lora_alpha=SCALE * rank, target_modules="all-linear", task_type="CAUSAL_LM")
        self.model: Any = get_peft_model(base, lora).to(self.device).train()
        self.weights = [weight for weight in self.model.parameters() if weight.requires_grad]

    def logits(self, rows: Sequence[Row]) -> list[torch.Tensor]:
        """For each row the logits of its answer's tokens in float32, each (tokens x vocabulary).

        The tokens that all rows begin with, such as a system prompt, go through the model once for all of them.
        """
        shared = _shared_tokens(rows) if self._shares else 0
        rest = [row.tokens[shared:-1] for row in rows]
        longest = max(map(len, rest))
        ids = torch.tensor([(*tokens, *[SOME] * (longest - len(tokens))) for tokens in rest], device=self.device)
        is_answer = torch.zeros_like(ids, dtype=torch.bool)
        for place, row, tokens in zip(is_answer, rows, rest, strict=True):
            place[len(tokens) - len(row.answer) : len(tokens)] = True
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            cache = self._read(rows[0].tokens[:shared], len(rows)) if shared else None
            self._kept = is_answer
            logits = self.model(input_ids=ids, past_key_values=cache, use_cache=cache is not None).logits
        return list(logits.float().split([len(row.answer) for row in rows]))

    def _read(self, tokens: Sequence[int], copies: int) -> Any:
        """The keys and values of ``tokens``, for so many rows that begin with them."""
        ids = torch.tensor([tokens], device=self.device)
        self._kept = torch.zeros_like(ids, dtype=torch.bool)
        cache = self.model(input_ids=ids, use_cache=True).past_key_values
        cache.batch_repeat_interleave(copies)
        return cache

    def _keep(self, _: Any, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        """Lets only the wanted places into the last layer, whose output is by far the largest tensor of all."""
        return (inputs[0][self._kept],)


def _shared_tokens(rows: Sequence[Row]) -> int:
    """How many tokens all prompts begin with; the last one of a prompt stays out, as it predicts the answer."""
    shortest = min(len(row.prompt) for row in rows) - 1
    columns = zip(*(row.prompt[:shortest] for row in rows), strict=True)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
