// @ts-check
// A chart as a picture or as numbers. The chart is Streamlit's, drawn by Plotly: its own camera
// button makes the picture, in the format that its options name at the moment of the click.

import { asComponent } from "../lib/events.js";
import { exportRow, save } from "../lib/files.js";

const CAMERA = '[data-title^="Download plot"]';

/**
 * @param {string} key of the chart
 * @param {"png" | "svg"} format
 */
function picture(key, format) {
  const chart = /** @type {any} */ (document.querySelector(`.st-key-${key} .js-plotly-plot`));
  const camera = chart?.querySelector(CAMERA);
  if (!camera) return;
  const scale = format === "png" ? 2 : 1;
  chart._context.toImageButtonOptions = { format, filename: key, scale };
  camera.click();
}

export default asComponent((root) => ({
  load({ key, csv, words }) {
    const row = exportRow(words, {
      png: () => picture(key, "png"),
      svg: () => picture(key, "svg"),
      csv: () => save(`${key}.csv`, new Blob([csv], { type: "text/csv" })),
    });
    root.querySelector("section")?.replaceChildren(row);
  },
}));
