"""Reading the files of ``testgen/data`` that worlds are made from."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from probewright.errors import DataError
from probewright.testgen.scenarios import read_yaml

DATA = Path(__file__).parents[1] / "data"

M = TypeVar("M", bound=BaseModel)


def read_as(path: Path, model: type[M]) -> M:
    """The content of a YAML file as ``model``.

    Raises:
        DataError: it cannot be read, or is not what the model says; one line that names the file and the place.
    """
    try:
        return model.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "content"
        raise DataError(f"{path.name}: {where}: {first['msg']}") from error
