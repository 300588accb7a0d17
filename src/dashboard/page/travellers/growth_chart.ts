import type { TotalsAt } from "../../../inspect/travellers.ts";
import { html, type View } from "../lib/html.ts";
import { clock, count, time } from "../lib/words.ts";

const WIDTH = 1000;
const HEIGHT = 200;

/** Flights booked so far over time: it only grows. */
export function GrowthChart({ points }: { readonly points: readonly TotalsAt[] }): View {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const top = niceTop(last.flights);
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const x = (ms: number) => WIDTH * (ms - first.atMs) / spanMs;
  const y = (flights: number) => HEIGHT * (1 - flights / top);
  // A total holds until the next one: steps, not slopes.
  const line = points.map(({ atMs, flights }, i) =>
    `${i === 0 ? "M" : "H"}${x(atMs).toFixed(1)} ${i === 0 ? "" : "V"}${y(flights).toFixed(1)}`
  )
    .join(" ");
  const alt = `${count(first.flights)} flights at ${time(first.atMs)}, ${count(last.flights)} at ${time(last.atMs)}`;
  const label = spanMs < 86_400_000 ? clock : time;
  return html`
    <figure class="growth" role="img" aria-label=${alt}>
      <div class="growth-y"><span>${count(top)}</span><span>${count(top / 2)}</span><span>0</span></div>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
        ${[0, 0.5, 1].map((at) => html`<line class="grid" x1="0" x2=${WIDTH} y1=${HEIGHT * at} y2=${HEIGHT * at} />`)}
        <path class="area" d=${`${line} H${WIDTH} V${HEIGHT} H0 Z`} />
        <path class="line" d=${`${line} H${WIDTH}`} />
      </svg>
      <div class="growth-x"><span>${label(first.atMs)}</span><span>${label(last.atMs)}</span></div>
    </figure>
  `;
}

/** A round number above all. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(2, value)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((times) => times * power).find((top) => top >= value)!;
}
