/** The way of a record through the jobs, and where it came to. */
import type { ShownStep, ShownTrace } from "../../api/follow.ts";
import { pathOf } from "../lib/api.ts";
import { html, type View } from "../lib/html.ts";
import { Opening } from "../lib/json_view.ts";
import { clock, span } from "../lib/words.ts";

/** Job by job, with the topics between them. @param isOver whether all has been seen */
export function Journey(
  { traces, isOver }: { readonly traces: readonly ShownTrace[]; readonly isOver: boolean },
): View {
  return html`
    <section class="journey" aria-label="What became of it">
      <${OutcomeBox} traces=${traces} isOver=${isOver} />
      ${traces.map((trace, i) => html`<${JobPart} key=${`${trace.job}/${i}`} trace=${trace} />`)}
    </section>
  `;
}

const ICONS: Readonly<Record<ShownStep["kind"], string>> = {
  read: "↧",
  decoded: "{}",
  emitted: "→",
  filtered: "✕",
  window: "▤",
  state: "✎",
  timer: "◷",
  fired: "▶",
  late: "◷",
  asked: "?",
  answered: "!",
  joined: "⋈",
  sent: "↥",
  dead: "✕",
};

/** The same in one sentence, for whoever wants to know no more. */
function OutcomeBox({ traces, isOver }: { readonly traces: readonly ShownTrace[]; readonly isOver: boolean }): View {
  const { tone, text, value } = outcomeOf(traces, isOver);
  return html`
    <div class=${`outcome ${tone}`} role="status">
      <p>${text}</p>
      ${value === undefined ? null : html`<${Opening} text=${value} />`}
    </div>
  `;
}

/** Where a record came to. */
interface Outcome {
  readonly tone: string;
  readonly text: string;
  /** What came of it. */
  readonly value?: string | undefined;
}

/** Where the record came to: the last thing that decides. */
export function outcomeOf(
  traces: readonly ShownTrace[],
  isOver: boolean,
): Outcome {
  const steps = traces.flatMap(({ job, steps }) => steps.map((step) => ({ ...step, job })));
  const end = steps.findLast(({ kind }) =>
    kind === "dead" || kind === "late" || kind === "filtered" || kind === "sent"
  );
  const open = traces.find(({ open }) => open > 0);
  if (open !== undefined) {
    return {
      tone: "waits",
      text: `It waits in ${open.job}${
        open.why === undefined ? ", for its window to fire or a timer to come due" : `: ${open.why}`
      }.`,
    };
  }
  if (end === undefined) return { tone: "waits", text: isOver ? "Nothing came of it." : "It is on its way." };
  switch (end.kind) {
    case "dead":
      return { tone: "bad", text: `It came no further than ${end.operator} of ${end.job}: ${end.text}.` };
    case "late":
      return { tone: "late", text: `It came too late for ${end.operator} of ${end.job}: ${end.text}.` };
    case "filtered":
      return { tone: "late", text: `It was filtered out by ${end.operator} of ${end.job}, as is meant.` };
    default: {
      const { found } = end;
      if (found === undefined) return { tone: "waits", text: `${end.job} ${end.text}.` };
      return {
        tone: found.isSame ? "good" : "late",
        text: `It arrived: what came of it lies in ${found.topic}-${found.partition} at offset ${found.offset}.`,
        value: found.value ?? undefined,
      };
    }
  }
}

function JobPart({ trace }: { readonly trace: ShownTrace }): View {
  const { job, note, steps, open, why, dropped } = trace;
  const startMs = steps[0]?.clockMs ?? 0;
  return html`
    <article class="job-part">
      <header>
        <h2><a href=${pathOf("jobs", job)} class="break">${job}</a></h2>
        <span class="quiet small">${note}</span>
        ${steps.length === 0 ? null : html`<time class="end quiet small">${clock(startMs)} UTC</time>`}
      </header>
      ${steps.length === 0
        ? html`<p class="step-none">The record did not come by: the job begins behind it.</p>`
        : html`
          <ol class="steps">
            ${steps.map((step) => html`<${Step} key=${step.step} step=${step} startMs=${startMs} />`)}
          </ol>
        `}
      ${open === 0
        ? null
        : html`<p class="step-none"><span class="pulse" aria-hidden="true"></span> ${
          why ?? "Something may still come of it: a window or a timer waits."
        }</p>`}
      ${dropped === 0 ? null : html`<p class="step-none">${dropped} more steps were too many to keep.</p>`}
    </article>
  `;
}

interface StepProps {
  readonly step: ShownStep;
  readonly startMs: number;
}

function Step({ step, startMs }: StepProps): View {
  const { depth, kind, operator, text, tone, values, clockMs, found } = step;
  const later = clockMs - startMs;
  return html`
    <li class=${`step ${kind} ${tone}`} data-kind=${kind} data-operator=${operator} style=${{
      marginInlineStart: `${Math.min(depth, 6) * 18}px`,
    }}>
      <span class="step-icon" aria-hidden="true">${ICONS[kind]}</span>
      <div class="step-text">
        <p>
          <span class="step-operator">${operator}</span>
          <span class="break">${text}</span>
          ${later < 100 ? null : html`<span class="step-later quiet small">after ${span(later)}</span>`}
        </p>
        ${values.map(({ label, text }, i) => html`<${Opening} key=${i} text=${text} label=${label} />`)}
        ${found === undefined ? null : html`
          <a class="hop" href=${`${pathOf("topics", found.topic)}?partition=${found.partition}&offset=${found.offset}`}>
            <span class="break">${found.topic}</span><span>partition ${found.partition}</span><span>offset ${found
              .offset}</span>
          </a>
        `}
      </div>
    </li>
  `;
}
