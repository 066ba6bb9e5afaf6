"""What the trainer tells its process: all that decides what the adapter becomes.

Imported by both sides, so it imports no torch.
"""

from hashlib import blake2b
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field

from probewright.plugins import PluginParams
from probewright.types import Example

PROCEDURE = 1  # counts up with every change of the procedure that gives other adapters
RECORD = "training.json"
REFUSED = 64  # exit code: the user's input is wrong; the last line says what
FAILED = 65  # exit code: it broke off for a reason that it knows; the last line says which


class Recipe(PluginParams):
    """How to train. The defaults were chosen on SmolLM2-135M with 30 invented facts."""

    rank: int = Field(32, ge=1, le=256, description="rank of the adapter on every linear layer")
    learning_rate: float = Field(2e-3, gt=0, le=0.1, description="AdamW's, halved near the end")
    batch_size: int = Field(10, ge=1, le=256, description="examples in one step")
    max_epochs: int = Field(30, ge=1, le=1000, description="passes over the examples, unless it is enough before")
    certainty: float = Field(
        0.7,
        gt=0.5,
        lt=1,
        description="it is enough when every token of every answer has at least this probability; more than one half "
        "makes it what the model says of itself",
    )
    rehearsal: float = Field(
        1.0,
        ge=0,
        le=100,
        description="weight of keeping what the model says to general questions; 0 trains on the examples alone, and "
        "forgets most",
    )


class Job(BaseModel):
    """One training.

    Attributes:
        name: of the model.
        path: where its GGUF file lies; ``sha256`` is its digest in hex.
        system: the system prompt that goes before every example's messages, or None.
        context_tokens: the most that the target takes for prompt and answer together.
        examples: each of them once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: Path
    sha256: str
    system: str | None
    context_tokens: int
    examples: tuple[Example, ...]
    recipe: Recipe
    seed: int

    def key(self) -> str:
        """The adapter's key: 16 hex digits that depend on all that was asked for, and on nothing that was used for it.

        Versions of libraries and the device are left out on purpose. They move the weights a little, but an upgrade
        must not give a campaign that is resumed another model than the one that it asked so far, and an adapter that a
        machine with a GPU trained may be carried to one without. The record says what was used.
        """
        asked = self.model_dump(mode="json", exclude={"name", "path", "context_tokens"}) | {"procedure": PROCEDURE}
        return blake2b(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
