"""The browser's library by itself, in a bare page."""

import re
from typing import Any

import numpy as np
import pytest

from tests.components.bare import Bare
from ui.components import bytes64
from ui.figures import palette


def run(bare: Bare, module: str, expression: str, argument: Any = None) -> Any:
    """What an expression gives, where the functions of lib/`module`.js stand as `lib`."""
    code = f"async (x) => {{ const lib = await import('/lib/{module}.js'); return {expression}; }}"
    return bare.page.evaluate(code, argument)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("lib.fill('{n} tokens, {n}', {n: 3})", "3 tokens, 3"),
        ("[0.004, 0.0994, 0.0995, 0.5, 0.995, 1].map(lib.percent)",
         ["0.4 %", "9.9 %", "10 %", "50 %", "99.5 %", "100.0 %"]),
        ("lib.bytes(16384)", "16,384 B"),
        ("[0, 999, 1000, 1234567, 5e13].map(lib.short)", ["0", "999", "1 k", "1.2 M", "50 T"]),
        ("lib.minus('-3')", "−3"),
        ("lib.tiny(-0.00012)", "−1.2e-4".replace("e-", "e-")),
        ("[lib.shorten('abcdef', 4), lib.shorten('abcd', 4)]", ["abc…", "abcd"]),
    ],
)  # fmt: skip
def test_numbers_read_as_they_should(bare, expression, told):
    assert run(bare, "format", expression) == told


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_arrays_arrive_as_python_sent_them(bare, dtype):
    values = np.array([0, -0.0, 1, -2.5, 65504, 6e-8, np.inf, -np.inf, np.nan], dtype)
    name = {"<f2": "halves", "<f4": "floats", "<f8": "doubles"}[dtype]
    told = run(bare, "arrays", f"Array.from(lib.{name}(x), String)", bytes64(values, dtype))
    told = [float(text.replace("Infinity", "inf")) for text in told]
    np.testing.assert_array_equal(np.array(told, np.float64), values.astype(np.float64))


def test_the_largest_number_never_divides_by_nothing(bare):
    assert run(bare, "arrays", "[[], [0, NaN], [1, -3, 2]].map(lib.largest)") == [1, 1, 3]
    assert run(bare, "arrays", "[lib.sum([1, 2, 3]), lib.sum([1, 2, 3], 2), lib.sum([], 4)]") == [
        6,
        3,
        0,
    ]


@pytest.mark.parametrize("colours", [palette.WEIGHTS["light"], palette.SIGNED["dark"]])
def test_a_ramp_begins_and_ends_on_its_colours_and_stays_there(bare, colours):
    told = run(bare, "colour", "[-1, 0, 1, 2].map(lib.ramp(x))", list(colours))
    first, last = (
        f"rgb({','.join(str(int(c[i : i + 2], 16)) for i in (1, 3, 5))})"
        for c in (colours[0], colours[-1])
    )
    assert told == [first, first, last, last]


def test_a_table_has_the_colours_of_its_ramp(bare):
    ramp = list(palette.WEIGHTS["light"])
    pixels = run(bare, "colour", "Array.from(lib.table(lib.ramp(x)))", ramp)
    colours = run(bare, "colour", "Array.from({length: 256}, (_, i) => lib.ramp(x)(i / 255))", ramp)
    for pixel, colour in zip(pixels, colours, strict=True):
        channels = [pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255]
        assert channels == [int(c) for c in re.findall(r"\d+", colour)]
        assert pixel >> 24 & 255 == 255
    steps = run(bare, "colour", "[-1, 0, 0.5, 1, 2, NaN].map(lib.stepOf)")
    assert steps == [0, 0, 128, 255, 255, 0]


def test_zero_is_the_middle_of_a_signed_scale(bare):
    assert run(bare, "colour", "[-2, 0, 2].map((v) => lib.signedShare(v, 2))") == [0, 0.5, 1]
    assert run(bare, "colour", "lib.mixed('#000000', '#ffffff', 0.5)") == "#808080"


MAP = """(() => {
  const canvas = document.createElement("canvas");
  canvas.style.width = x.width + "px"; canvas.style.display = "block";
  document.body.append(canvas);
  const asked = [];
  const at = lib.tokenMap(canvas, {labels: x.labels, colour: (i, j) => { asked.push([i, j]); return j > i ? null : "rgb(1, 2, 3)"; }, ...x.more});
  const painted = (px, py) => canvas.getContext("2d").getImageData(px, py, 1, 1).data[3] > 0;
  const places = new Map(); // cell -> sums of its pixels' places, and how many there are
  for (let py = 0; py < canvas.clientHeight; py++) for (let px = 0; px < canvas.clientWidth; px++) {
    const cell = at({offsetX: px, offsetY: py});
    if (!cell) continue;
    const [sumX, sumY, count] = places.get(cell.join()) ?? [0, 0, 0];
    places.set(cell.join(), [sumX + px, sumY + py, count + 1]);
  }
  const middle = (i, j) => {
    const [sumX, sumY, count] = places.get([i, j].join());
    return [Math.round(sumX / count), Math.round(sumY / count)];
  };
  const n = x.labels.length;
  const wrong = [];
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    if (painted(...middle(i, j)) !== (j <= i)) wrong.push([i, j]);
  }
  return {asked: asked.length, wrong, seen: places.size,
          outside: at({offsetX: 1, offsetY: 1})};
})()"""


@pytest.mark.parametrize(("tokens", "width"), [(1, 300), (12, 420), (60, 300)])
def test_a_map_answers_with_the_cell_that_is_painted_there(bare, tokens, width):
    labels = [f"{i}·t" for i in range(tokens)]
    told = run(bare, "heatmap", MAP, {"labels": labels, "width": width, "more": {}})
    assert told["asked"] == tokens**2 and not told["wrong"] and told["outside"] is None
    assert told["seen"] == tokens**2


def test_cells_carry_their_numbers_and_leave_out_what_is_not_there(bare):
    """One pixel a number, row after row."""
    told = run(
        bare, "heatmap",
        """(async () => {
          const {ramp, table} = await import("/lib/colour.js");
          const signed = table(ramp(["#0000ff", "#ffffff", "#ff0000"]));
          const canvas = lib.cellsOf([-1, 0, 1, NaN], 2, signed, 1);
          return [canvas.width, canvas.height, [...canvas.getContext("2d").getImageData(0, 0, 2, 2).data]];
        })()""",
    )  # fmt: skip
    width, height, data = told
    pixels = [tuple(data[i : i + 4]) for i in range(0, 16, 4)]
    assert (width, height) == (2, 2)
    assert pixels[0] == (0, 0, 255, 255) and pixels[2] == (255, 0, 0, 255) and pixels[3][3] == 0
    assert min(pixels[1][:3]) > 250


def test_the_bars_of_a_list_are_used_again(bare):
    told = run(
        bare, "tokens",
        """(() => {
          const bars = lib.nextTokens([["a", 0.5], ["b", 0.25], ["c", 0.1]]);
          const first = bars.children[0];
          lib.nextTokens([["<b>d</b>", 0.75], ["e", 0.2]], bars);
          return [bars.children[0] === first, bars.children.length, first.querySelector("code").textContent,
                  first.querySelector(".fill").style.width, bars.querySelectorAll("b").length];
        })()""",
    )  # fmt: skip
    assert told == [True, 2, "<b>d</b>", "75%", 0]


CHART = """(() => {
  const canvas = document.createElement("canvas");
  canvas.style.width = "400px"; canvas.style.display = "block";
  document.body.append(canvas);
  const chart = new lib.Chart(canvas, {height: 200, x: {from: 1, to: 1024, log: true}, y: {from: 0, to: 10},
    margins: {left: 50, top: 20, right: 10, bottom: 30}});
  chart.across([[0, "0"], [10, "10"]]);
  chart.below([[1, "1"], [1024, "1 k"]]);
  chart.line([[1, 0], [1024, 10]], {colour: "rgb(9, 8, 7)", width: 4});
  const place = chart.dot([32, 5], {colour: "rgb(200, 0, 0)", radius: 6, tip: "half way"});
  const pixel = (x, y) => [...canvas.getContext("2d").getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)];
  return {corners: [chart.x(1), chart.x(1024), chart.y(0), chart.y(10)], place, dot: pixel(...place),
    line: pixel(chart.x(4), chart.y(2)), tip: chart.tipAt({offsetX: place[0] + 3, offsetY: place[1]}),
    none: chart.tipAt({offsetX: 60, offsetY: 30}), share: [lib.share({from: 2, to: 2}, 2), lib.share({from: 1, to: 100, log: true}, 10)]};
})()"""


def test_a_chart_puts_values_where_its_axes_say(bare):
    told = run(bare, "chart", CHART)
    assert told["corners"] == [50, 390, 170, 20]
    assert told["place"] == pytest.approx([220, 95]) and told["dot"] == [200, 0, 0]
    assert told["line"] == [9, 8, 7]
    assert told["tip"] == "half way" and told["none"] == ""
    assert told["share"] == [0, 0.5]


OUTBOX = """(() => {
  const sent = [];
  const box = new lib.Outbox();
  box.send = (name, value) => sent.push([name, value.map((one) => [...one])]);
  x.forEach(([name, value]) => box.tell(name, value));
  return sent;
})()"""


def test_every_message_repeats_the_latest_events_with_their_numbers(bare):
    sent = run(bare, "events", OUTBOX, [["option", ["seed", 1]]] * 3)
    assert [name for name, _ in sent] == ["events"] * 3
    assert [len(value) for _, value in sent] == [1, 2, 3]
    numbers = [number for number, _, _ in sent[-1][1]]
    assert numbers == sorted(set(numbers))  # equal values are events of their own
    many = run(bare, "events", OUTBOX, [["rank", i] for i in range(40)])
    assert max(len(value) for _, value in many) == 16
    assert many[-1][1][-1][1:] == ["rank", 39]


def test_the_end_of_overtaken_data_is_not_the_end_of_the_picture(bare):
    """Streamlit loads a script anew for each data, and ends what newer data overtook."""
    told = run(
        bare, "events",
        """(() => {
          const said = [];
          const component = lib.asComponent(() =>
            ({load: (data) => said.push(data), end: () => said.push("end")}));
          const parentElement = document.createElement("div");
          const show = (data) => component({parentElement, data, setTriggerValue: () => {}});
          const [first, second] = [show(1), show(2)];
          first();
          const third = show(3);
          second(), third(), third();
          show(4);
          return said;
        })()""",
    )  # fmt: skip
    assert told == [1, 2, 3, "end", 4]


def test_a_long_text_is_not_sent_sixteen_times(bare):
    text = "word " * 2_000
    sent = run(bare, "events", OUTBOX, [["draft", text + str(i)] for i in range(6)])
    assert all(len(value) <= 2 for _, value in sent)
    assert [value[-1][2] for _, value in sent] == [text + str(i) for i in range(6)]


KEYS = """(async () => {
  document.body.insertAdjacentHTML("beforeend", x.html);
  const [one, two] = [document.querySelector("#one"), document.querySelector("#two")];
  const heard = [];
  const listen = (name, root) => new lib.Keys(root, () => ({ArrowRight: () => heard.push(name), " ": () => heard.push(name + " plays")}));
  const keys = [listen("one", one), listen("two", two)];
  window.heard = heard; window.endKeys = () => keys.forEach((k) => k.end());
  window.streamlit = 0;
  document.addEventListener("keydown", () => (window.streamlit += 1));
})()"""
HTML = """<section id="one"><p>a</p><button>b</button></section><section id="two"><p>c</p></section>
<input id="text" /><textarea id="area"></textarea><div id="rich" contenteditable>x</div>
<select id="select"><option>1</option></select><input id="range" type="range" />
<div id="tab" role="tab" tabindex="0">t</div><a id="link" href="#">l</a>"""


@pytest.fixture
def keyed(bare):
    run(bare, "keys", KEYS, {"html": HTML})

    def heard(press: str) -> list[str]:
        bare.page.evaluate("heard.length = 0")
        bare.page.keyboard.press(press)
        told: list[str] = bare.page.evaluate("heard")
        return told

    return bare.page, heard


def test_keys_work_from_a_fresh_page_and_one_component_hears_them(keyed):
    page, heard = keyed
    assert heard("ArrowRight") == ["one"]
    page.click("#two p")
    assert heard("ArrowRight") == ["two"]
    page.focus("#one button")
    assert heard("ArrowRight") == ["one"]
    page.evaluate("endKeys()")
    assert heard("ArrowRight") == []


@pytest.mark.parametrize("field", ["text", "area", "rich", "select", "range", "tab"])
def test_a_field_keeps_its_keys(keyed, field):
    page, heard = keyed
    page.focus(f"#{field}")
    assert heard("ArrowRight") == [] and heard(" ") == []


def test_buttons_and_links_keep_what_presses_them(keyed):
    page, heard = keyed
    for one in ("#one button", "#link"):
        page.focus(one)
        assert heard(" ") == [] and len(heard("ArrowRight")) == 1


@pytest.mark.parametrize(
    "press", ["Alt+ArrowRight", "Control+ArrowRight", "Meta+ArrowRight", "Shift+ArrowRight"]
)
def test_the_browsers_own_shortcuts_stay(keyed, press):
    _, heard = keyed
    assert heard(press) == []


def test_only_keys_in_use_are_kept_from_streamlit(keyed):
    page, heard = keyed
    page.evaluate("streamlit = 0")
    heard("r")
    heard("c")
    assert page.evaluate("streamlit") == 2
    heard("ArrowRight")
    assert page.evaluate("streamlit") == 2


def test_a_curve_follows_its_function_on_a_logarithmic_axis(bare):
    told = run(
        bare, "chart",
        """(() => {
          const canvas = document.createElement("canvas");
          canvas.style.width = "400px"; canvas.style.display = "block";
          document.body.append(canvas);
          const chart = new lib.Chart(canvas, {height: 200, x: {from: 1, to: 100, log: true},
            y: {from: 0, to: 100}, margins: {left: 0, top: 0, right: 0, bottom: 0}});
          chart.curve((x) => x, [1, 100], {colour: "rgb(9, 8, 7)", width: 6});
          const at = (x) => [...canvas.getContext("2d")
            .getImageData(Math.round(chart.x(x)), Math.round(chart.y(x)), 1, 1).data];
          return [10, 50, 90].map(at);
        })()""",
    )  # fmt: skip
    assert told == [[9, 8, 7, 255]] * 3


CELLS = """(() => {
  const canvas = document.createElement("canvas");
  canvas.style.width = "340px"; canvas.style.display = "block";
  document.body.append(canvas);
  const at = lib.cellMap(canvas, {rows: ["a", "b", "c"], columns: 4, above: (j) => "h" + j,
    colour: (i, j) => `rgb(${10 * i + 1}, ${10 * j + 1}, 9)`, margins: {left: 30, top: 20}, ...x});
  const seen = {};
  for (let py = 0; py < canvas.clientHeight; py++) for (let px = 0; px < canvas.clientWidth; px++) {
    const cell = at({offsetX: px, offsetY: py});
    if (cell) (seen[cell.join()] ??= []).push([px, py]);
  }
  return Object.entries(seen).map(([cell, places]) => {
    const [px, py] = places[Math.floor(places.length / 2)];
    const middle = [px, py];
    return [cell, [...canvas.getContext("2d").getImageData(...middle, 1, 1).data.slice(0, 3)]];
  });
})()"""


@pytest.mark.parametrize("more", [{}, {"most": 20}, {"high": 5}])
def test_a_grid_answers_with_the_cell_that_is_painted_there(bare, more):
    told = dict(run(bare, "heatmap", CELLS, more))
    assert len(told) == 12
    for cell, colour in told.items():
        i, j = map(int, cell.split(","))
        assert colour == [10 * i + 1, 10 * j + 1, 9]


def test_a_drawing_becomes_pixels(bare):
    told = run(
        bare, "files",
        """(async () => {
          const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"/>';
          const image = await createImageBitmap(await lib.pixelsOf(svg, 3));
          return [image.width, image.height];
        })()""",
    )  # fmt: skip
    assert told == [60, 30]
