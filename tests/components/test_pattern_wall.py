"""The wall of patterns in a bare page: whose a tile is, its keys, its files."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from mla_core.experiments.deepseeks_scale import HEADS, LAYERS, TOKENS
from tests.components import recorded
from tests.components.bare import Bare

COLOURS = """c => new Set(new Uint32Array(
  c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size"""


def taken(bare: Bare, button: str, into: Path, place: int = 0) -> Path:
    with bare.page.expect_download() as download:
        bare.page.locator(f"button.{button}").nth(place).click()
    file = into / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_the_wall_tells_whose_a_tile_is(bare):
    wall = recorded.wall()
    shown = bare.show("pattern_wall", recorded.pattern_wall())
    canvas = shown.locator(".wall")
    box = canvas.bounding_box()
    assert box["height"] == pytest.approx(box["width"] * LAYERS / HEADS, abs=1)
    tile = box["width"] / HEADS
    canvas.hover(position={"x": 70.5 * tile, "y": 20.5 * tile})
    lens = shown.locator(".lens")
    model, text, layer, head = np.asarray(wall.index).reshape(-1, 4)[20 * HEADS + 70]
    expect(lens.locator("b")).to_have_text(f"{wall.models[model]}, layer {layer}, head {head}")
    expect(lens.locator("span")).to_have_text("".join(wall.texts[text][1:]))
    assert lens.locator("canvas").evaluate(COLOURS) > 5
    inside = lens.bounding_box()
    assert inside["x"] >= 0 and inside["x"] + inside["width"] <= box["x"] + box["width"]
    bare.page.mouse.move(box["x"] + 5, box["y"] + box["height"] + 30)
    expect(lens).to_be_hidden()


def test_arrows_walk_and_escape_leaves(bare):
    shown = bare.show("pattern_wall", recorded.pattern_wall())
    where = shown.locator(".lens small")
    shown.locator(".wall").focus()
    for key, place in [
        ("ArrowRight", (1, 2)), ("ArrowDown", (2, 2)), ("Shift+ArrowRight", (2, 10)),
        ("ArrowUp", (1, 10)), ("ArrowUp", (1, 10)), ("Shift+ArrowLeft", (1, 2)),
    ]:  # fmt: skip
        bare.page.keyboard.press(key)
        row, column = place
        expect(where).to_have_text(f"tile {row}·{column} of {LAYERS}·{HEADS}")
    assert shown.locator(".spoken").inner_text().startswith(shown.locator(".lens b").inner_text())
    bare.page.keyboard.press("Escape")
    expect(shown.locator(".lens")).to_be_hidden()


def test_the_wall_is_taken_along(bare, tmp_path):
    wall = recorded.wall()
    bare.show("pattern_wall", recorded.pattern_wall())
    assert taken(bare, "png", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in taken(bare, "svg", tmp_path).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(taken(bare, "csv", tmp_path).read_text(encoding="utf-8"))))
    assert len(rows) == 1 + LAYERS * HEADS
    size = TOKENS * (TOKENS + 1) // 2
    packed = np.asarray(wall.packed).reshape(-1, size)
    for tile in (0, 1000, LAYERS * HEADS - 1):
        row, column = rows[1 + tile][:2]
        assert (int(row), int(column)) == divmod(tile, HEADS)
        assert [int(x) for x in rows[1 + tile][-1].split()] == packed[tile].tolist()
