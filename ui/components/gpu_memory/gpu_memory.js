// The memory of a GPU as rectangles: equal areas are equal bytes.

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function drawn(frame, ink) {
  const { size: [width, height], left, rows, count, colour, grey, alt } = frame;
  const [w, h] = frame.block;
  const edge = 3;
  const svg = shape("svg", { xmlns: SVG, viewBox: `${-edge} ${-edge} ${width + 2 * edge} ${height + 2 * edge}`, role: "img", "aria-label": alt });
  svg.append(shape("rect", { x: 0, y: 0, width: left, height, fill: grey, "fill-opacity": 0.45 }));
  const gap = frame.solid ? 0 : Math.min(2, 0.16 * Math.min(w, h));
  let path = ""; // one for all: thousands of rectangles would be thousands of elements
  for (let i = 0; i < count; i++)
    path += `M${left + Math.floor(i / rows) * w + gap / 2} ${(i % rows) * h + gap / 2}h${w - gap}v${h - gap}h${gap - w}z`;
  svg.append(shape("path", { d: path, fill: colour }));
  if (left > 0.15 * width)
    svg.append(shape("text", { x: left / 2, y: height / 2, fill: ink, "text-anchor": "middle", "font-size": 26, "font-family": "sans-serif" }, frame.weights));
  svg.append(shape("rect", { x: 0, y: 0, width, height, fill: "none", stroke: grey, "stroke-width": 4 }));
  return svg;
}

export default function ({ parentElement, data }) {
  const section = parentElement.querySelector("section");
  const ink = getComputedStyle(section).color;
  section.replaceChildren(
    ...data.frames.map((frame, i) => {
      const figure = el("figure");
      const caption = el("figcaption", "", frame.model);
      caption.append(el("b", "", frame.counted));
      const svg = drawn(frame, ink);
      const told = el("p", "told");
      const one = el("span");
      const mark = el("i");
      mark.style.background = frame.colour;
      one.append(mark, frame.told);
      const name = `memory-${i + 1}`;
      const file = () => {
        const copy = svg.cloneNode(true);
        const [width, height] = frame.size;
        copy.setAttribute("viewBox", `-3 -34 ${width + 6} ${height + 37}`);
        copy.append(shape("text", { x: 0, y: -10, fill: ink, "font-size": 20, "font-family": "sans-serif" }, `${frame.model}: ${frame.counted}`));
        copy.setAttribute("width", width + 6);
        copy.setAttribute("height", height + 37);
        return new XMLSerializer().serializeToString(copy);
      };
      told.append(
        one,
        exportRow(data.words, {
          png: () => pictureOf(file(), 2, (blob) => save(`${name}.png`, blob)),
          svg: () => save(`${name}.svg`, new Blob([file()], { type: "image/svg+xml" })),
          csv: () => save(`${name}.csv`, new Blob([frame.csv], { type: "text/csv" })),
        }),
      );
      figure.append(caption, svg, told);
      return figure;
    }),
  );
}

// An SVG as pixels, so many times as large.
function pictureOf(svg, scale, done) {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(done);
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
}
