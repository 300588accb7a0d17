import type { SplitStatusReport } from "../../../engine/mod.ts";
import { html, type View } from "../lib/html.ts";
import { ago, clock, time } from "../lib/words.ts";
import type { JobProps } from "./props.ts";

/** More partitions than that are not drawn: those that are ahead are left out. */
const DRAWN = 64;
/** The largest watermark stands for the end of all input. */
const ENDED = Number.MAX_SAFE_INTEGER;

/** Event time of each partition on one axis, beside the clock: who is behind holds back the others. */
export function EventTime({ job, nowMs }: JobProps): View {
  const attempt = job.status.attempt!;
  const splits = attempt.nodes.flatMap(({ splits }) => splits ?? []);
  const known = splits.flatMap(({ watermarkMs }) => watermarkMs === null || watermarkMs >= ENDED ? [] : [watermarkMs]);
  if (known.length === 0) return null;
  const sorted = splits.toSorted((a, b) =>
    (a.watermarkMs ?? -Infinity) - (b.watermarkMs ?? -Infinity) || (a.id < b.id ? -1 : 1)
  );
  const shown = sorted.slice(0, DRAWN);
  const [low, high] = range([...known, nowMs]);
  const at = (ms: number) => `${Math.min(1, Math.max(0, (ms - low) / (high - low))) * 100}%`;
  const marked = new Set(job.why.partitions);
  return html`
    <section class="panel" aria-labelledby="event-time">
      <div class="panel-head"><h2 id="event-time">Event time of each partition</h2>
        <span class="quiet small">${splits.length > DRAWN
          ? `the ${DRAWN} furthest behind of ${splits.length}`
          : "the one furthest behind holds back the others"}</span></div>
      <div class="panel-body">
        <ul class="tracks" tabindex="0" aria-label="Partitions">
          ${shown.map((split) =>
            html`
              <li key=${split.id} class=${marked.has(split.id)
                ? "track marked"
                : split.idle
                ? "track idle"
                : "track"} data-split=${split.id}>
                <span class="track-name clip" title=${split.id}>${split.id}</span>
                <span class="track-line">
                  ${split.watermarkMs !== null && html`
                    <span class="track-bar" style=${{ width: at(split.watermarkMs) }}></span>
                    <span class="track-mark" style=${{ left: at(split.watermarkMs) }} title=${exact(
                      split.watermarkMs,
                    )}></span>
                  `}
                  <span class="track-clock" style=${{ left: at(nowMs) }}></span>
                </span>
                <span class="track-words">${wordsOf(split, nowMs)}</span>
              </li>
            `
          )}
        </ul>
        <div class="track axis" aria-hidden="true">
          <span class="track-name"></span>
          <span
            class="track-line"><span>${edge(low, nowMs)}</span><span class="axis-now" style=${{
              left: at(nowMs),
            }}>clock ${clock(nowMs)}</span></span>
          <span class="track-words"></span>
        </div>
      </div>
    </section>
  `;
}

/** From a little before the first to a little behind the last: marks stand inside. */
function range(times: readonly number[]): [low: number, high: number] {
  const [low, high] = [Math.min(...times), Math.max(...times)];
  const room = Math.max(1_000, (high - low) * 0.04);
  return [low - room, high + room];
}

function wordsOf({ watermarkMs, idle, finished, status }: SplitStatusReport, nowMs: number): string {
  if (watermarkMs === null) return idle ? "idle, no record" : "no record yet";
  if (watermarkMs >= ENDED) return "ended";
  const where = ago(watermarkMs, nowMs);
  return finished ? `${where}, at its end` : idle ? `${where}, idle` : status === "held" ? `${where}, held` : where;
}

function exact(ms: number): string {
  return ms >= ENDED ? "ended" : `${time(ms)} UTC`;
}

function edge(ms: number, nowMs: number): string {
  return nowMs - ms > 86_400_000 ? time(ms).slice(0, 16) : clock(ms);
}
