// What a column holds, and a way to the clipboard; page.js stands before it.

const BARS = { height: 22, filled: 0.88 };

/** Draw how the values of a column are spread, with what else is known of it in words below. */
function drawSummary(place, one) {
  const bars = one.bins.length ? one.bins : one.top;
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const width = 100 / Math.max(1, bars.length);
  const drawn = bars.map((bar, at) => {
    const height = (bar.count / most) * BARS.height;
    const title = svg("title", {}, `${bar.label}: ${bar.count.toLocaleString("en")}`);
    return svg("rect", { x: `${at * width}%`, y: BARS.height - height, width: `${width * BARS.filled}%`, height }, title);
  });
  const spread = bars.map((bar) => `${bar.label}: ${bar.count.toLocaleString("en")}`).join(", ");
  const label = `How ${one.name} is spread: ${spread}`;
  const picture = svg("svg", { role: "img", "aria-label": label, height: BARS.height, width: "100%" }, ...drawn);
  const nulls = one.nulls ? `${one.nulls} NULL` : "no NULLs";
  const words = [nulls, `${one.distinct} different`, one.low && `${one.low} – ${one.high}`, ...one.notes].filter(Boolean);
  place.replaceChildren(...(bars.length ? [picture] : []), ...words.map((word) => html("div", { title: `${word} (all rows)` }, word)));
}

/** Put a text where pasting finds it; pages that aren't secure have no clipboard of their own. */
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const area = html("textarea", { style: "position: fixed; opacity: 0" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return undefined;
}
