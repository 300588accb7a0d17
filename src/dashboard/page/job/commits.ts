import type { CommitsStatus } from "../../../engine/mod.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, TableBox } from "../lib/parts.ts";
import { bytes, clock, count, span } from "../lib/words.ts";
import type { JobProps } from "./props.ts";

/** The newest commits of the attempt at work, newest first. */
export function Commits({ job, nowMs }: JobProps): View {
  const commits = job.status.attempt?.commits;
  if (commits === undefined || commits.newest.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title="Nothing has been committed in this attempt" />
      </div>
    `;
  }
  const longest = Math.max(1, ...commits.newest.map(({ durationMs }) => durationMs));
  return html`
    <section class="panel">
      <div class="panel-head">
        <h2>Last commits</h2>
        <span class="quiet small">${summaryOf(commits)}</span>
      </div>
      <${TableBox} label="Last commits">
        <table>
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col" class="number">Age</th>
              <th scope="col" class="number">Duration</th>
              <th scope="col"></th>
              <th scope="col" class="number">Records written</th>
              <th scope="col" class="number">Keys changed</th>
              <th scope="col" class="number">Size</th>
              <th scope="col" class="number">Latency</th>
            </tr>
          </thead>
          <tbody>${commits.newest.toReversed().map((commit) =>
            html`
              <tr key=${commit.atMs}>
                <td class="mono">${clock(commit.atMs)}</td>
                <td class="number">${span(nowMs - commit.atMs)}</td>
                <td class="number">${count(commit.durationMs)} ms</td>
                <td class="bar-cell"><span class="bar" style=${{
                  width: `${commit.durationMs / longest * 100}%`,
                }}></span></td>
                <td class="number">${count(commit.records)}</td>
                <td class="number">${count(commit.entries)}</td>
                <td class="number">${bytes(commit.bytes)}</td>
                <td class="number">${commit.latencyMs === undefined ? "–" : span(commit.latencyMs)}</td>
              </tr>
            `
          )}</tbody>
        </table>
        <//>
        </section>
  `;
}

function summaryOf({ count: made, intervalMs, uncommitted }: CommitsStatus): string {
  return `${count(made)} in this attempt, one each ${span(intervalMs)} while anything changes; ` +
    `${count(uncommitted)} records read since the last`;
}
