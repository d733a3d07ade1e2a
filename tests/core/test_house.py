"""The rules of the house that a reader relies on."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mla_core
from mla_core.models.locate import ASSETS

ROOT = ASSETS.parent
FORBIDDEN = {
    "mla_core": {"streamlit", "plotly", "ui", "pages"},
    "ui": {"pages"},
    "ui/figures": {"streamlit", "torch", "pages"},
}


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_one_way(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        assert not imported(path) & FORBIDDEN[folder], path


def test_importing_the_library_loads_no_streamlit_and_no_plotly():
    code = (
        "import sys, pkgutil, importlib, mla_core\n"
        "for m in pkgutil.walk_packages(mla_core.__path__, 'mla_core.'):\n"
        "    if not m.name.endswith(('__main__', '_kernel')): importlib.import_module(m.name)\n"
        "assert not {'streamlit', 'plotly'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_papers_equations_can_be_found_by_number():
    source = (ROOT / "mla_core/attention/latent.py").read_text()
    listed = set(map(int, re.findall(r"\b(\d+)(?=[,)\-])", source)))
    assert set(range(9, 20)) <= listed
    assert {37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47} <= listed


def test_every_public_name_is_there_and_documented():
    for name in mla_core.__all__:
        assert getattr(mla_core, name).__doc__, name


def test_the_top_level_is_the_users():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    folders = {path.split("/")[0] for path in tracked if "/" in path and path[0] != "."}
    assert folders <= {"pages", "ui", "mla_core", "assets", "tests"}


@pytest.mark.parametrize("page", sorted((ROOT / "pages").glob("*.py")), ids=lambda p: p.name)
def test_pages_stay_short_and_plain(page):
    source = page.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 120
    assert "__main__" not in source
