"""A GPU's memory in a bare page: areas as painted, and the files."""

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.components import recorded
from tests.components.test_pattern_wall import taken
from ui.components.gpu_memory import HEIGHT, WIDTH


def test_the_frames_are_true_to_area(bare):
    """As painted: the sequences of a model take the bytes that they are said to take."""
    shown = bare.show("gpu_memory", recorded.gpu_memory())
    boxes = shown.locator("svg path").evaluate_all(
        "all => all.map(path => { const b = path.getBBox(); return b.width * b.height })"
    )
    for area, share in zip(boxes, (200 * 2 / 1_000, 3 * 130 / 1_000, 0), strict=True):
        assert area / (WIDTH * HEIGHT) == pytest.approx(share, rel=0.02)  # but for the gaps
    weights = shown.locator("svg").first.locator("rect").first
    assert float(weights.get_attribute("width")) == pytest.approx(0.6 * WIDTH)


def test_frames_are_taken_along(bare, tmp_path):
    data = recorded.gpu_memory()
    bare.show("gpu_memory", data)
    for i, frame in enumerate(data["frames"]):
        png = taken(bare, "png", tmp_path, i)
        assert png.name == f"memory-{i + 1}.png"
        assert png.read_bytes().startswith(b"\x89PNG") and png.stat().st_size > 5_000
        svg = taken(bare, "svg", tmp_path, i).read_text(encoding="utf-8")
        assert svg.startswith("<svg") and frame["model"] in svg and frame["counted"] in svg
        rows = list(csv.reader(io.StringIO(taken(bare, "csv", tmp_path, i).read_text())))
        assert rows[1][0] == frame["model"] and len(rows[0]) == len(rows[1])


def test_the_picture_itself_is_not_changed_by_taking_it_along(bare, tmp_path):
    shown = bare.show("gpu_memory", recorded.gpu_memory())
    before = shown.locator("svg").first.evaluate("s => s.outerHTML")
    taken(bare, "svg", tmp_path)
    assert shown.locator("svg").first.evaluate("s => s.outerHTML") == before
    expect(shown.locator("svg")).to_have_count(3)
