"""The built wheel in a foreign project that has folders of the same names as ours."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.loopback.running import serving

ROOT = Path(__file__).parents[2]
SPEC = """\
name: foreign
target: {{kind: openai_chat, base_url: "{url}", model: mock}}
family: astral
limits: {{cases: 12}}
"""

pytestmark = pytest.mark.install


def done(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; its error output where it fails."""
    clean = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    ended = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_probewright_and_nothing_beside_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"probewright"}
    for wanted in (
        "probewright/campaigns/engine/engine.py",
        "probewright/campaigns/migrations/0001_initial.py",
        "probewright/campaigns/engine/redis_limits.lua",
        "probewright/campaigns/render/templates/report.html",
        "probewright/campaigns/render/styles/style.css",
        "probewright/targets/prices.yaml",
        "probewright/webapp/dashboard/templates/dashboard/site.html",
        "probewright/webapp/dashboard/static/dashboard/site.css",
        "probewright/testgen/data/astral/self_harm.yaml",
        "probewright/py.typed",
    ):
        assert wanted in names
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_a_foreign_project_with_its_own_campaigns_folder_works_beside_it(wheel: Path, tmp_path: Path) -> None:
    project, environment = tmp_path / "project", tmp_path / "environment"
    for name in ("campaigns", "webapp", "testgen", "oracles"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text(f"WHOSE = 'the foreign {name}'\n")
    uv = (sys.executable, "-m", "uv")
    done(*uv, "venv", "--quiet", "--python", sys.executable, environment, cwd=project)
    python = environment / "bin" / "python"
    done(*uv, "pip", "install", "--quiet", "--python", python, wheel, cwd=project)
    home = str(tmp_path / "home")
    with serving() as server:
        (project / "spec.yaml").write_text(SPEC.format(url=server.base_url))
        printed = done(
            environment / "bin" / "probewright", "run", "spec.yaml", "--json", cwd=project, PROBEWRIGHT_HOME=home
        )
    assert '"state": "finished"' in printed
    code = "import campaigns, probewright.campaigns.engine.engine as e; print(campaigns.WHOSE, e.__file__)"
    assert "the foreign campaigns" in (said := done(python, "-c", code, cwd=project))
    assert "site-packages/probewright/campaigns" in said
