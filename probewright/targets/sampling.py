"""How a model samples: the words of the spec, put into those of a protocol."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from probewright.errors import RequestRejected
from probewright.plugins import PluginParams


class CommonSampling(PluginParams):
    """What every protocol knows. ``extra`` holds a provider's own keys, sent as they are.

    ``reserved`` are keys of the body that the target sets itself, or reads only what they default to; ``words`` are the
    words of the spec that the protocol has others for.
    """

    reserved: ClassVar[frozenset[str]] = frozenset()
    words: ClassVar[Mapping[str, str]] = MappingProxyType({})

    temperature: float | None = Field(None, ge=0)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, gt=0)
    extra: dict[str, Any] = Field(default_factory=dict)

    @field_validator("extra")
    @classmethod
    def _is_not_known(cls, extra: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(extra.keys() & (cls.reserved | cls.model_fields.keys() | set(cls.words.values())))
        if taken:
            raise PydanticCustomError(
                "extra_taken",
                "{keys}: not allowed in extra, which is for a provider's own keys",
                {"keys": ", ".join(taken)},
            )
        return extra

    def sent(self) -> dict[str, Any]:
        """The keys of the request body."""
        given = self.model_dump(exclude_none=True, exclude={"extra"})
        return {self.words.get(key, key): value for key, value in given.items()} | self.extra

    @classmethod
    def overlaid(cls, own: dict[str, Any], asked: Mapping[str, Any], who: str) -> dict[str, Any]:
        """What was `sent`, with a request's params on top. A None takes a key away.

        Raises:
            RequestRejected: the request sets what the target ``who`` sets.
        """
        if not asked:
            return own
        if taken := cls.reserved & asked.keys():
            raise RequestRejected(f"{who}: a request cannot set {', '.join(sorted(taken))}; the target does")
        renamed = {cls.words.get(key, key): value for key, value in asked.items()}
        return {key: value for key, value in (own | renamed).items() if value is not None}
