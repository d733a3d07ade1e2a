// @ts-check
// The wall as files.

/**
 * Patterns are pixels in any format: the sheet inside a frame of vectors.
 * @param {HTMLCanvasElement} sheet
 */
export function asSvg(sheet) {
  const size = `width="${sheet.width}" height="${sheet.height}"`;
  const image = `<image ${size} style="image-rendering:pixelated" href="${sheet.toDataURL()}"/>`;
  const box = `viewBox="0 0 ${sheet.width} ${sheet.height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${box}>${image}</svg>`;
}

/** @param {import("./pattern_wall.js").PatternWall} wall */
export function asCsv({ data, index, packed }) {
  const { columns, models, texts, tokens } = data;
  const size = (tokens * (tokens + 1)) / 2;
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const head = "row,column,model,text,layer,head,lower triangle of the pattern in 255ths";
  const lines = Array.from({ length: index.length / 4 }, (_, tile) => {
    const [model, text, layer, head] = index.slice(4 * tile, 4 * tile + 4);
    const weights = packed.slice(tile * size, (tile + 1) * size).join(" ");
    const said = quoted(texts[text].slice(1).join(""));
    const place = [Math.floor(tile / columns), tile % columns];
    return [...place, models[model], said, layer, head, weights].join(",");
  });
  return [head, ...lines, ""].join("\n");
}
