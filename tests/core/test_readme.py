"""What the README names is there: modules, paths, commands, variables; and its lines of Python run."""

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

import mla_core
from mla_core.models import hub
from mla_core.models.locate import ASSETS

ROOT = ASSETS.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


def test_every_path_is_there():
    named = set(re.findall(r"`((?:mla_core|ui|pages|tests|assets)(?:/[\w.*-]+)*/?)`", README))
    named |= set(re.findall(r"\]\(((?!http)[^)#]+)\)", README))
    missing = {path for path in named if not (ROOT / path).exists()}
    assert len(named) > 15 and not missing


def test_every_module_is_there():
    """`mla_core.a.b`, or a name in one."""
    named = set(re.findall(r"\b(mla_core(?:\.\w+)+)", README))
    for name in named:
        *parts, last = name.split(".")
        home = importlib.import_module(".".join(parts))
        assert hasattr(home, last) or importlib.util.find_spec(name), name
    assert len(named) > 10


def test_every_file_of_the_folder_table_is_in_its_folder():
    rows = re.findall(r"^\| (`(?:mla_core|ui|assets|tests)[^|]*) \| ([^|]*) \|$", README, re.M)
    assert len(rows) > 8
    for folders, about in rows:
        roots = [ROOT / folder for folder in re.findall(r"`([^`]+)`", folders)]
        assert all(root.exists() for root in roots), folders
        for file in re.findall(r"`([\w/]+\.py)`", about):
            assert any((root / file).exists() for root in roots), (folders, file)


def commands() -> list[tuple[str, str | None]]:
    """(module, its first word) of every `python -m` of ours."""
    found = re.findall(r"python -m ((?:mla_core|ui|tests)[\w.]*)(?:\s+([a-z]+)\b)?", README)
    return sorted({(module, word or None) for module, word in found}, key=str)


@pytest.mark.parametrize(("module", "word"), commands())
def test_every_command_is_there(module, word):
    spec = importlib.util.find_spec(module)
    assert spec is not None, module
    if spec.submodule_search_locations:
        spec = importlib.util.find_spec(f"{module}.__main__")
        assert spec is not None, f"{module} is no command"
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert spec.name.endswith("__main__") or '__name__ == "__main__"' in source
    assert word is None or f'"{word}"' in source, f"python -m {module} {word}"


def test_every_variable_is_read():
    named = set(re.findall(r"\b((?:MLA_EXPLORER|HF)_[A-Z0-9_]+)", README))
    sources = "".join(
        path.read_text(encoding="utf-8")
        for f in ("mla_core", "ui")
        for path in (ROOT / f).rglob("*.py")
    )
    made = {hub.variable(name) for name in hub.REPOSITORIES}
    assert "MLA_EXPLORER_GPT2" in named & made
    assert not {name for name in named - made if f'"{name}"' not in sources}


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_import_of_its_python_works(block):
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom):
            home = importlib.import_module(node.module)
            assert all(hasattr(home, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "mla_core":
            assert node.attr in mla_core.__all__


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    """All but the call of the kernel, whose tensors it leaves to the reader."""
    monkeypatch.chdir(tmp_path)
    variables: dict[str, object] = {}
    *complete, kernel = BLOCKS
    assert "q_latent" in kernel and len(complete) == 3
    for block in complete:
        exec(compile(block, "README.md", "exec"), variables)
    said = capsys.readouterr().out
    assert "' flag'" in said and "(8, 8, 10, 10)" in said
    assert "61 · 100,000 · (512 + 64) · 2 = 7027200000" in said
    assert (tmp_path / "mini-gpt2-latent" / "model.safetensors").exists()
