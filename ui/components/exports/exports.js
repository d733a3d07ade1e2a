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
  const find = (selector) => parentElement.querySelector(selector);
  find("span").textContent = data.words.label;
  for (const format of ["png", "svg", "csv"]) {
    const button = find("." + format);
    button.textContent = data.words[format];
    button.setAttribute("aria-label", `${data.words.label}: ${data.words[format]}`);
    button.onclick = () => (format === "csv" ? save(`${data.key}.csv`, new Blob([data.csv], { type: "text/csv" })) : picture(data.key, format));
  }
}
