"""How answers are sampled: each row of a batch by its own settings, from its own random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one answer is sampled and where it ends.

    Attributes:
        max_tokens: the most tokens of the answer.
        temperature: 0 takes the most likely token.
        top_p: samples from the most likely tokens that hold this much of the probability, above 0 to 1.
        seed: the same seed gives the same random numbers, whoever else is in the batch; None draws one.
        stop: texts that end the answer and are not part of it.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


class Draw:
    """Makes the most likely token a drawn one, so that one greedy batch holds rows with different settings.

    Adding Gumbel noise to log-probabilities and taking the largest draws from the distribution (Gumbel 1954; Maddison,
    Tarlow and Minka, "A* Sampling", 2014, section 2). It is a logits processor for transformers' ``generate``.
    """

    def __init__(self, rows: Sequence[Sampling], device: torch.device) -> None:
        self._rows = [(i, row, _generator(row.seed, device)) for i, row in enumerate(rows) if row.temperature > 0]

    def __call__(self, _input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Changes the rows of ``scores`` (rows x vocabulary) that are sampled; greedy rows stay as they are."""
        for i, row, generator in self._rows:
            logits = nucleus(scores[i] / row.temperature, row.top_p)
            noise = torch.empty_like(logits).exponential_(generator=generator)
            scores[i] = logits - noise.log()
        return scores


def nucleus(logits: torch.Tensor, top_p: float) -> torch.Tensor:
    """``logits`` (vocabulary) with -inf for all but the fewest most likely tokens that hold ``top_p`` of the mass.

    Source: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020, section 3.1.
    """
    if top_p >= 1:
        return logits
    ranked, order = logits.softmax(-1).sort(descending=True)
    mass_before = ranked.cumsum(-1) - ranked
    return logits.index_fill(0, order[mass_before >= top_p], -torch.inf)


def _generator(seed: int | None, device: torch.device) -> torch.Generator:
    generator = torch.Generator(device)
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    return generator
