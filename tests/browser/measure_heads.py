"""`python -m tests.browser.measure_heads`: the wall and the stage, in Chromium on this machine.

The wall of two models with 144 heads each, as the page's own component and as Plotly subplots of
the same arrays, at 32 and 64 tokens, each with a fresh server and an empty browser cache. Then the
stage of a head: frames while its matrices move, and how long a cell's answer takes.
"""

import itertools
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.serving import ROOT, launch, serve

REPEATS = 3
ENTRY = """
import sys; sys.path.insert(0, {root!r})
import streamlit as st
from ui.components import modules
app = st.App("drawn.py", routes=modules.routes())
"""
SETUP = """
import numpy as np, streamlit as st
from mla_core.models.families import read_config
from mla_core.models.locate import locate
from mla_core.models.tokenizer import open_tokenizer
from mla_core.records.trace import Trace
tokens = {tokens}
rng = np.random.default_rng(0)
weights = np.tril(rng.gamma(0.3, size=(2, 12, 12, tokens, tokens)) + 1e-6)
patterns = (weights / weights.sum(-1, keepdims=True)).astype(np.float32)
st.set_page_config(layout="wide")
"""
OURS = """
from ui.components.every_head import every_head, side
from ui.state import url
directory = locate("mini-gpt2")
config, tokenizer = read_config(directory), open_tokenizer(directory)
def drawn(i, pattern):
    ids = tuple(range(100, 100 + tokens))
    return Trace(f"m{i}", config, "x", "cpu", "float32", ids, tuple(map(str, ids)), False, tokens, (),
                 {"pattern": pattern})
every_head([side(drawn(i, p), None, tokenizer, "drawn", range(12)) for i, p in enumerate(patterns)],
           headline="", corresponds=False, origin=([(0, 0), (0, 0)], 1), view=url.read("every_head"),
           on={})
"""
PLOTLY = """
import plotly.graph_objects as go
from plotly.subplots import make_subplots
for k, pattern in enumerate(patterns):
    figure = make_subplots(12, 12, horizontal_spacing=0.005, vertical_spacing=0.005)
    for layer in range(12):
        for head in range(12):
            figure.add_trace(go.Heatmap(z=pattern[layer, head], showscale=False), layer + 1, head + 1)
    figure.update_xaxes(visible=False).update_yaxes(visible=False, autorange="reversed")
    figure.update_layout(height=700, margin=dict(l=0, r=0, t=0, b=0))
    st.plotly_chart(figure, key=f"wall{k}", on_select="rerun")
"""
LINE = "st.write('one line of text')"
WRITTEN = "() => document.body.innerText.includes('one line of text')"
PAINTED = """() => [...document.querySelectorAll('*')].flatMap(e => e.shadowRoot
  ? [...e.shadowRoot.querySelectorAll('.heads canvas')] : []).filter(c => c.height > 300 &&
  c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)).length === 2"""
SUBPLOTS = "() => document.querySelectorAll('.heatmaplayer image').length === 288"
BLOCKED = """window.blocked = 0; new PerformanceObserver(list => { for (const task of list.getEntries())
  window.blocked += Math.max(0, task.duration - 50); }).observe({type: 'longtask', buffered: true})"""


def first_sight(browser: Browser, url: str, ready: str) -> tuple[Page, dict[str, float], list[int]]:
    """A page in an empty cache, what it took until `ready`, and the sizes of socket frames."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    frames: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda payload: frames.append(len(payload))),
    )
    page.add_init_script(BLOCKED)
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(ready, polling="raf", timeout=60_000)
    drawn = 1e3 * (time.perf_counter() - begun)
    page.wait_for_timeout(1000)
    blocked = page.evaluate("window.blocked")
    return page, {"drawn ms": drawn, "blocked ms": blocked, "load KB": sum(frames) / 1e3}, frames


def click(page: Page, frames: list[int]) -> dict[str, float]:
    """Bytes and time of choosing a head."""
    before = sum(frames)
    canvas = page.locator(".heads canvas").first
    begun = time.perf_counter()
    canvas.click(position={"x": 200, "y": 200})
    page.wait_for_function(
        """() => [...document.querySelectorAll('*')].some(e => e.shadowRoot
             ?.querySelector('.which')?.textContent.includes('m0'))""",
        polling="raf",
    )
    took = 1e3 * (time.perf_counter() - begun)
    page.wait_for_timeout(1500)
    return {"click ms": took, "click KB": (sum(frames) - before) / 1e3}


def walls() -> None:
    variants = (
        ("one line", LINE, WRITTEN),
        ("canvas", OURS, PAINTED),
        ("Plotly subplots", PLOTLY, SUBPLOTS),
    )
    print(f"{'tokens':>6}  {'':16} drawn ms  blocked ms  load KB  click ms  click KB")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for tokens in (32, 64):
            for name, code, ready in variants:
                entry = Path(folder) / "entry.py"
                entry.write_text(ENTRY.format(root=str(ROOT)))
                entry.with_name("drawn.py").write_text(SETUP.format(tokens=tokens) + code)
                runs = []
                for _ in range(REPEATS):
                    with serve(entry, Path(folder)) as url:
                        browser = launch(playwright)
                        # the server's own first steps are not the picture's: imports and the like
                        warm = browser.new_page()
                        warm.goto(url)
                        warm.wait_for_function(ready, polling="raf", timeout=60_000)
                        warm.close()
                        page, found, frames = first_sight(browser, url, ready)
                        runs.append(found | (click(page, frames) if name == "canvas" else {}))
                        browser.close()
                middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                told = "  ".join(
                    f"{middle[key]:8.0f}" if key in middle else f"{'none':>8}"
                    for key in ("drawn ms", "blocked ms", "load KB", "click ms", "click KB")
                )
                print(f"{tokens:6}  {name:16} {told}")


FRAMES = """stage => new Promise(done => {
  stage.querySelector('.next').click();
  const times = []; const begun = performance.now();
  const frame = now => { times.push(now); now - begun < 650 ? requestAnimationFrame(frame) : done(times); };
  requestAnimationFrame(frame);
})"""
ANSWER = """async stage => {
  const cells = [...stage.querySelectorAll('.scene .cells')].pop();
  const box = cells.getBoundingClientRect();
  const begun = performance.now();
  cells.dispatchEvent(new MouseEvent('click', {clientX: box.left + box.width * 0.4,
    clientY: box.top + box.height * 0.9, bubbles: true}));
  stage.getBoundingClientRect();
  const computed = performance.now() - begun;
  await new Promise(requestAnimationFrame);
  return [computed, performance.now() - begun];
}"""


def stages() -> None:
    with serve() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for attention in ("MHA", "naive", "absorbed"):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/inside_one_head?attention={attention}")
            page.get_by_text("computed now on").wait_for(timeout=120_000)
            page.wait_for_timeout(2000)
            stage = page.locator(".inside-one-head")
            rates, slowest, computed, painted = [], [], [], []
            for _ in range(stage.locator(".path li").count() - 1):
                times = stage.evaluate(FRAMES)
                gaps = [b - a for a, b in itertools.pairwise(times)]
                rates.append(1e3 * len(gaps) / sum(gaps))
                slowest.append(max(gaps))
                page.wait_for_timeout(900)
                sync, frame = stage.evaluate(ANSWER)
                computed.append(sync)
                painted.append(frame)
            print(
                f"stage, {attention}: {statistics.median(rates):.0f} frames a second while moving "
                f"(slowest step {min(rates):.0f}, longest frame {max(slowest):.0f} ms); a cell's "
                f"answer {statistics.median(computed):.1f} ms, on the screen after "
                f"{statistics.median(painted):.1f} ms"
            )
        browser.close()


if __name__ == "__main__":
    walls()
    stages()
