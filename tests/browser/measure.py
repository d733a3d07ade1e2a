"""`python -m tests.browser.measure`: how long a reader waits, in Chromium on this machine.

Fresh server and empty browser cache: time until the first attention picture is painted, beside a
page with one line of text. Then, on a warm server: from Enter on a new ten-token text to both
pictures redrawn, and from a new size of the latent to everything redrawn.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.serving import launch, serve

REPEATS = 5
PAINTED = """() => {
  const canvas = [...document.querySelectorAll('*')]
    .flatMap(e => [e, ...(e.shadowRoot ? e.shadowRoot.querySelectorAll('canvas') : [])])
    .filter(e => e.tagName === 'CANVAS');
  return canvas.length === 2 && canvas.every(c => c.width > 0 &&
    c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0));
}"""
LINE = "() => document.body.innerText.includes('one line of text')"
SIZES = (100, 33, 57, 200, 150, 80, 120, 90, 40, 60)
WORDS = ["cat", "dog", "bird", "fish", "tree", "house", "garden", "river", "child", "king"]


def first_paint(script: str | Path, ready: str, cwd: Path) -> float:
    """Milliseconds from navigation until `ready` holds, fresh server and browser."""
    with serve(script, cwd) as url, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_function(ready, polling="raf", timeout=60_000)
        took = 1e3 * (time.perf_counter() - begun)
        browser.close()
    return took


def redraws(page: Page, url: str) -> list[float]:
    """Milliseconds from Enter to both pictures redrawn, for ten new texts of ten tokens."""
    page.goto(url)
    page.get_by_text("computed now on").nth(1).wait_for(timeout=120_000)
    took = []
    for word in WORDS:
        box = page.locator(".text")
        box.fill(f"The little {word} went to the big old")  # 9 tokens and the start
        page.wait_for_timeout(1500)
        begun = time.perf_counter()
        box.press("Enter")
        page.wait_for_function(
            f"""() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
                 .flatMap(e => [...e.shadowRoot.querySelectorAll('.chips')])
                 .filter(c => c.children[3]?.textContent === '␣{word}').length === 2""",
            polling="raf",
        )
        took.append(1e3 * (time.perf_counter() - begun))
    return took


def slides(page: Page, url: str) -> list[float]:
    """Milliseconds from a new size on "Latent compression" to everything redrawn, ten sizes."""
    page.goto(f"{url}/latent_compression")
    page.get_by_text("The first head to lose its place").wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    took = []
    for rank in SIZES:
        begun = time.perf_counter()
        page.get_by_role("slider", name="Size of the latent").fill(str(rank))
        page.wait_for_function(
            """rank => [...document.querySelectorAll('*')].some(e => e.shadowRoot
                 ?.querySelector('.source')?.textContent.includes(`@${rank},`))""",
            arg=rank,
            polling="raf",
        )
        took.append(1e3 * (time.perf_counter() - begun))
        page.wait_for_timeout(800)
    return took


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        line = Path(folder) / "line.py"
        line.write_text("import streamlit as st\nst.write('one line of text')\n")
        ours, theirs = [], []
        for _ in range(REPEATS):  # in turn, so that a busy machine slows both
            theirs.append(first_paint(line, LINE, Path(folder)))
            ours.append(first_paint("app.py", PAINTED, root))
    text, picture = statistics.median(theirs), statistics.median(ours)
    print(f"first line of text   {text:6.0f} ms  {sorted(map(round, theirs))}")
    print(f"first picture        {picture:6.0f} ms  {sorted(map(round, ours))}")
    print(f"ratio                {picture / text:6.2f}")
    with serve() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        took = redraws(browser.new_page(viewport={"width": 1440, "height": 900}), url)
        slid = slides(browser.new_page(viewport={"width": 1440, "height": 900}), url)
        browser.close()
    print(f"redraw, median       {statistics.median(took):6.0f} ms  {sorted(map(round, took))}")
    print(f"new size, median     {statistics.median(slid):6.0f} ms  {sorted(map(round, slid))}")


if __name__ == "__main__":
    main()
