// Where a number comes from. Every matrix says how it follows from others (mla_core.anatomy), so
// one function answers for all cells; it computes from the operands, never from the value itself.

const DIGITS = 4;
const shown = (x) => (Object.is(Number(x.toFixed(DIGITS)), -0) ? 0 : x).toFixed(DIGITS).replace("-", "−");

// A row or a column of a matrix, as an array.
const rowOf = (m, i) => m.values.subarray(i * m.columns, (i + 1) * m.columns);
const columnOf = (m, j) => Float64Array.from({ length: m.rows }, (_, i) => m.values[i * m.columns + j]);
const total = (terms) => terms.reduce((a, b) => a + b, 0);
const mean = (terms) => total(terms) / terms.length;

// {how, value, ...the numbers that it is made of} for cell (i, j) of `name`.
function explain(matrices, name, i, j) {
  const m = matrices[name];
  const [a, b, c] = m.of.map((other) => matrices[other]);
  const at = (other, row = i, column = j) => other.values[row * other.columns + column];
  switch (m.how) {
    case "product":
    case "meeting": {
      const left = rowOf(a, i);
      const right = m.how === "meeting" ? rowOf(b, j) : columnOf(b, j);
      // the future has no weight
      const products = Float64Array.from(left, (x, k) => (Number.isNaN(x) ? 0 : x * right[k]));
      const bias = c ? at(c, 0, j) : null;
      const sum = total(products);
      return { how: m.how, left, right, products, sum, bias, value: sum + (bias ?? 0) };
    }
    case "sum": {
      const terms = m.of.map((other) => at(matrices[other]));
      return { how: m.how, terms, value: total(terms) };
    }
    case "masked":
      if (j > i) return { how: "future", value: NaN };
      return { how: m.how, raw: at(a), factor: m.factor, value: at(a) * m.factor };
    case "softmax": {
      const scores = [...rowOf(a, i)].filter((x) => !Number.isNaN(x));
      if (j > i) return { how: "future", value: 0 };
      const most = Math.max(...scores);
      const odds = Math.exp(at(a) - most);
      const all = total(scores.map((x) => Math.exp(x - most)));
      return { how: m.how, score: at(a), most, odds, all, keys: scores.length, value: odds / all };
    }
    case "layernorm": {
      const x = rowOf(a, i);
      const middle = mean(x);
      const spread = Math.sqrt(mean(x.map((v) => (v - middle) ** 2)) + m.factor);
      const [gain, bias] = [at(b, 0), at(c, 0)];
      return { how: m.how, x: x[j], middle, spread, gain, bias, value: ((x[j] - middle) / spread) * gain + bias };
    }
    case "rmsnorm": {
      const x = rowOf(a, i);
      const spread = Math.sqrt(mean(x.map((v) => v * v)) + m.factor);
      const gain = at(b, 0);
      return { how: m.how, x: x[j], spread, gain, value: (x[j] / spread) * gain };
    }
    case "rotated": {
      const half = m.columns / 2;
      const pair = m.interleaved ? Math.floor(j / 2) : j % half;
      const second = m.interleaved ? j % 2 === 1 : j >= half;
      const [one, two] = m.interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + half];
      const [x1, x2] = [at(a, i, one), at(a, i, two)];
      const [cos, sin] = [at(b, i, pair), at(c, i, pair)];
      return { how: m.how, x1, x2, cos, sin, second, value: second ? x1 * sin + x2 * cos : x1 * cos - x2 * sin };
    }
    case "beside": {
      const own = j - m.offset;
      const ours = own >= 0 && own < a.columns;
      return { how: ours ? m.how : "other head", column: own, head: Math.floor(j / a.columns), value: ours ? at(a, i, own) : at(m) };
    }
    default:
      return { how: "given", value: at(m) };
  }
}
