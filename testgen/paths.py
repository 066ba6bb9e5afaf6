"""Files that a spec names."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo


def _beside_the_spec(value: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return value if value.is_absolute() or folder is None else Path(folder) / value


BesideTheSpec = Annotated[Path, AfterValidator(_beside_the_spec)]  # a relative path is relative to the spec's folder
