import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AttemptStatus, NodeStatus } from "../../../engine/mod.ts";
import { eventTime } from "../jobs/table.ts";
import { html, type View } from "../lib/html.ts";
import { compact, count, counted, rate } from "../lib/words.ts";
import { type GraphLayout, layOut, NODE } from "./graph_layout.ts";
import type { JobProps } from "./props.ts";
import { NodePanel } from "./node_panel.ts";

/** Of the box around the graph, px. */
const PADDING = 18;
/** Smaller than so much of its size nobody reads it. */
const SMALLEST = 0.72;
const NARROW = "(max-width: 800px)";

/** The job's sources, operators and sinks as a graph; one that is clicked shows all that is known of it. */
export function Graph({ job, nowMs }: JobProps): View {
  const attempt = job.status.attempt!;
  const [selected, setSelected] = useState<string | undefined>(undefined);
  const upright = useMedia(NARROW);
  // The same graph is laid out once, whatever flows through it.
  const shape = JSON.stringify([attempt.nodes.map(({ uid }) => uid), attempt.edges, upright]);
  const places = useMemo(() => layOut(attempt, upright), [shape]);
  const node = attempt.nodes.find(({ uid }) => uid === selected);
  const { box, scale } = useFit(places.width);
  return html`
    <section class="panel" aria-labelledby="graph">
      <div class="panel-head"><h2 id="graph">Graph</h2>
        <span class="quiet small">${counted(
          attempt.nodes.length,
          "node",
        )}; choose one for its counters, state and timers</span></div>
      <div class="graph-box" ref=${box} tabindex="0" role="group" aria-label="Graph of the job">
        <div class="graph" style=${{ width: `${places.width}px`, height: `${places.height}px`, zoom: `${scale}` }}>
          <${Edges} places=${places} attempt=${attempt} />
          ${attempt.nodes.map((node) =>
            html`
              <${Node} key=${node.uid} node=${node} nowMs=${nowMs} at=${places.nodes.get(
                node.uid,
              )} isSelected=${node.uid === selected}
                onSelect=${() => setSelected(node.uid === selected ? undefined : node.uid)} />
            `
          )}
        </div>
      </div>
      ${node !== undefined &&
        html`<${NodePanel} job=${job.job} node=${node} nowMs=${nowMs} onClose=${() => setSelected(undefined)} />`}
    </section>
  `;
}

function Edges({ places, attempt }: { readonly places: GraphLayout; readonly attempt: AttemptStatus }): View {
  const flowing = new Set(attempt.nodes.filter(({ outPerSecond }) => outPerSecond > 0).map(({ uid }) => uid));
  return html`
    <svg width=${places.width} height=${places.height} aria-hidden="true">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
        <path d="M0,0.5 L7,4 L0,7.5 z" /></marker></defs>
      ${places.edges.map(({ from, path, label, labelX, labelY }) =>
        html`
          <path class=${flowing.has(from) ? "edge flows" : "edge"} d=${path} marker-end="url(#arrow)" />
          ${label !== "" && html`
            <rect class="edge-label-box" x=${labelX - label.length * 3.2 - 5} y=${labelY - 9} rx="4"
              width=${label.length * 6.4 + 10} height="18" />
            <text class="edge-label" x=${labelX} y=${labelY + 4}>${label}</text>
          `}
        `
      )}
    </svg>
  `;
}

interface NodeProps {
  readonly node: NodeStatus;
  readonly nowMs: number;
  readonly at: { readonly x: number; readonly y: number } | undefined;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

function Node({ node, nowMs, at, isSelected, onSelect }: NodeProps): View {
  const { name, kind, operation, inPerSecond, outPerSecond, outputWatermarkMs, dead, late } = node;
  const style = {
    left: `${at?.x ?? 0}px`,
    top: `${at?.y ?? 0}px`,
    width: `${NODE.width}px`,
    height: `${NODE.height}px`,
  };
  return html`
    <button class=${`node ${kind}`} style=${style} aria-pressed=${isSelected} onClick=${onSelect} data-node=${node.uid}
      title=${name}>
      <span class="node-name clip">${name}</span>
      <span class="node-operation clip">${operation}</span>
      <span class="node-line"><span><b>${rate(inPerSecond)}</b> in/s</span><span><b>${rate(
        outPerSecond,
      )}</b> out/s</span></span>
      <span class="node-line quiet">
        <span>${outputWatermarkMs === null ? "no event time" : eventTime(outputWatermarkMs, nowMs)}</span>
        <span class="clip">${keptWords(node)}</span>
      </span>
      ${dead + late > 0 &&
        html`<span class="node-flag">${
          [...dead > 0 ? [`${count(dead)} dead`] : [], ...late > 0 ? [`${count(late)} late`] : []].join(", ")
        }</span>`}
    </button>
  `;
}

/** What waits and what is kept: "43 windows", "120 entries"; of a source what it has not read. */
function keptWords({ splits, operation, timers, processingTimers, stateEntries, pendingResults }: NodeStatus): string {
  if (splits !== undefined) return `${compact(splits.reduce((sum, { lag }) => sum + lag, 0))} behind`;
  const waiting = (timers?.count ?? 0) + (processingTimers?.count ?? 0);
  if (pendingResults !== undefined && pendingResults > 0) return counted(pendingResults, "call");
  if (waiting > 0) return counted(waiting, /window/i.test(operation) ? "window" : "timer");
  const entries = Object.values(stateEntries ?? {}).reduce((sum, size) => sum + size, 0);
  return entries > 0 ? `${compact(entries)} entries` : "";
}

/** Makes what is a little too wide smaller; what is much too wide scrolls. */
function useFit(width: number): { readonly box: RefObject<HTMLDivElement | null>; readonly scale: number } {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(width);
  useEffect(() => {
    const measure = () => setRoom((box.current?.clientWidth ?? 0) - 2 * PADDING);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return { box, scale: Math.min(1, Math.max(SMALLEST, room / width)) };
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const listener = () => setMatches(list.matches);
    list.addEventListener("change", listener);
    return () => list.removeEventListener("change", listener);
  }, [query]);
  return matches;
}
