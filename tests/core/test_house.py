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
CHAPTERS = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
# folder -> what nothing in it may import, at whatever depth of the file
FORBIDDEN = {
    "mla_core": {"streamlit", "plotly", "ui", "pages"},
    "mla_core/kernels": {f"mla_core.{room}" for room in ("attention", "models", "records")},
    "mla_core/attention": {
        f"mla_core.{room}"
        for room in ("models", "convert", "inference", "experiments", "engine", "training", "bench")
    },
    "mla_core/models": {
        f"mla_core.{room}"
        for room in ("convert", "inference", "experiments", "engine", "training", "bench")
    },
    "mla_core/convert": {
        f"mla_core.{room}" for room in ("inference", "experiments", "engine", "training", "bench")
    },
    "mla_core/inference": {
        f"mla_core.{room}" for room in ("convert", "experiments", "engine", "training", "bench")
    },
    "mla_core/records": {"torch", "mla_core.attention", "mla_core.inference", "mla_core.engine"},
    "mla_core/arithmetic": {"torch", "mla_core.attention", "mla_core.inference", "mla_core.engine"},
    "mla_core/experiments": {"mla_core.engine"},
    "mla_core/engine": {"mla_core.training", "mla_core.bench"},
    "ui": {"pages"},
    "ui/figures": {"streamlit", "torch", "pages"},
    "ui/words": {"mla_core", "ui.catalogue", "ui.state", "ui.show", "ui.jobs", "ui.components"},
}
OURS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("mla_core", "ui", "pages")
    for path in (ROOT / folder).rglob("*.py")
}


def imported(path: Path) -> set[str]:
    """Everything that a file imports, by its full name, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full in OURS else node.module)
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_one_way(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        wrong = {
            name for name in imported(path) if any(within(name, bad) for bad in FORBIDDEN[folder])
        }
        assert not wrong, path


def test_no_modules_import_each_other_in_a_circle():
    """Imports inside functions and those for types alone included."""
    wants = {name: (imported(path) & OURS.keys()) - {name} for name, path in OURS.items()}
    done: set[str] = set()
    while ready := {name for name in wants.keys() - done if wants[name] <= done}:
        done |= ready
    in_circles = {name: sorted(wants[name] - done) for name in sorted(wants.keys() - done)}
    assert not in_circles


def test_a_circle_would_be_found():
    """The rule above reads imports wherever they stand."""
    tree = "def f():\n    from mla_core.models import config\n"
    path = ROOT / "tests" / "core" / "test_house.py"
    assert "mla_core.models.locate" in imported(path)
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(tree))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert names == {"mla_core.models.config"} and names <= OURS.keys()


def test_nothing_lies_at_the_roots():
    for folder, allowed in (
        ("mla_core", {"__init__.py", "py.typed"}),
        ("ui", {"__init__.py", "shell.py", "catalogue.py"}),
    ):
        assert {path.name for path in (ROOT / folder).iterdir() if path.is_file()} == allowed


@pytest.mark.parametrize("floor", ["mla_core/experiments", "ui/components", "ui/words/en"])
def test_a_chapter_has_one_name_on_all_floors(floor):
    shared = {
        "mla_core/experiments": set(),
        "ui/components": {"lib", "exports", "prompt_bar", "gpu_memory", "pattern_wall"},
        "ui/words/en": {"common"},
    }
    rooms = {
        path.stem
        for path in (ROOT / floor).iterdir()
        if path.stem[0] != "_" and (path.is_dir() or path.suffix == ".py")
    }
    if floor == "ui/components":
        rooms = {room for room in rooms if (ROOT / floor / room).is_dir()}
    assert rooms - shared[floor] <= set(CHAPTERS)
    assert len(rooms - shared[floor]) >= 8


def test_jobs_records_and_arithmetic_are_free_of_torch():
    rooms = ("mla_core.records", "mla_core.arithmetic", "mla_core.experiments")
    names = [
        name
        for name in OURS
        if any(within(name, room) for room in rooms)
        and not ("experiments" in name and name.count(".") > 2 and "timings" not in name)
        # what reads any config.json asks transformers, and runs on the engine's worker
        and not name.endswith(("hugging_face", "known_kinds", "text_part"))
    ]
    code = (
        f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


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
