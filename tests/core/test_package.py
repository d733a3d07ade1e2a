"""The library as a package: what the wheel holds, what it opens, and what it says it needs."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from mla_core.models.locate import ASSETS

ROOT = ASSETS.parent
OURS = {"mla_core", "ui", "pages", "tests"}
# imported where they are installed, and done without where they are not
OPTIONAL = {"flash_mla", "flashinfer", "triton"}
together = pytest.mark.xdist_group("wheel")  # it is built once


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    into = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", into]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = into.glob("*.whl")
    return built


@together
def test_the_wheel_holds_the_library_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        needed = Parser().parsestr(file.read(about).decode()).get_all("Requires-Dist")
    folders = {name.split("/")[0] for name in names}
    assert folders == {"mla_core", about.split("/")[0]}  # no `pages` among everybody's packages
    assert set(needed) == set((ROOT / "requirements.txt").read_text().splitlines())
    tracked = subprocess.run(
        ["git", "ls-files", "mla_core", "assets/models", "assets/calibration", "assets/text"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {re.sub("^assets/", "mla_core/_assets/", name) for name in tracked}
    assert expected <= set(names)


@together
def test_the_installed_library_opens_its_models_from_any_folder(wheel, tmp_path):
    """Unpacked as pip does it; `.ci/run` installs it into an empty environment, with all it needs."""
    site, elsewhere, cache = tmp_path / "site", tmp_path / "elsewhere", tmp_path / "cache"
    elsewhere.mkdir()
    variables = {"PYTHONPATH": str(site), "MLA_EXPLORER_CACHE": str(cache)}
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    code = (
        "import sys, mla_core\n"
        "assert mla_core.__file__.startswith(sys.argv[1]), mla_core.__file__\n"
        "for name in ('mini-mla', 'mini-gpt2'):\n"
        "    model = mla_core.load_model(name)\n"
        "    assert mla_core.trace(model, 'Bees make').pattern.shape[:2] == (8, 8)\n"
        "    decoder = mla_core.Decoder(model)\n"
        "    decoder.prefill('Once upon a')\n"
        "    assert decoder.step().token == ' time'\n"
        "mla_core.convert_to_mla(model, 64)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(site)],
        cwd=elsewhere, env=os.environ | variables, check=True,
    )  # fmt: skip
    assert not cache.exists()  # mini-gpt2 was converted with the statistics that the wheel brings


def imported(path: Path) -> set[str]:
    """Top-level names of what a file imports from outside this repository."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - OURS - set(sys.stdlib_module_names)


def listed(*files: str) -> set[str]:
    lines = [line for file in files for line in (ROOT / file).read_text().splitlines()]
    assert all(re.match(r"[\w.-]+==[\d.]+(; .+)?$", line) for line in lines), "each is pinned"
    return {_plain(line.split("==")[0]) for line in lines}


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (["mla_core", "ui", "pages", "app.py"], ["requirements.txt"]),
        (["tests"], ["requirements.txt", "tests/requirements.txt"]),
    ],
)
def test_what_is_imported_is_in_the_requirements(folders, files):
    """By name, not through something else that happens to bring it along."""
    sources = [
        path
        for folder in folders
        for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"))
    ]
    needed = set().union(*map(imported, sources)) - OPTIONAL
    distributions = packages_distributions()
    missing = {
        name
        for name in needed
        if not {_plain(found) for found in distributions.get(name, [name])} & listed(*files)
    }
    assert len(needed) > 5 and not missing, f"put these into {files[-1]}: {sorted(missing)}"


def test_what_builds_the_wheel_is_what_the_tests_build_it_with():
    text = (ROOT / "pyproject.toml").read_text()
    (requires,) = re.findall(r"^requires = (\[.*\])$", text, re.M)
    assert set(ast.literal_eval(requires)) <= set(
        (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    )
