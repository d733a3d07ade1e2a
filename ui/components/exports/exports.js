// A chart as a picture or as numbers. The chart is Streamlit's, drawn by Plotly: its own camera
// button makes the picture, in the format that its options name at the moment of the click.

const CAMERA = '[data-title^="Download plot"]';

function picture(key, format) {
  const chart = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  const camera = chart?.querySelector(CAMERA);
  if (!camera) return;
  chart._context.toImageButtonOptions = { format, filename: key, scale: format === "png" ? 2 : 1 };
  camera.click();
}

export default function ({ parentElement, data }) {
  const { key, csv, words } = data;
  const row = exportRow(words, {
    png: () => picture(key, "png"),
    svg: () => picture(key, "svg"),
    csv: () => save(`${key}.csv`, new Blob([csv], { type: "text/csv" })),
  });
  parentElement.querySelector("section").replaceChildren(row);
}
