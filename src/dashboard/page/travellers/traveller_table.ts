import { useRef, useState } from "preact/hooks";
import type { Traveller } from "../../../inspect/travellers.ts";
import { html, type View } from "../lib/html.ts";
import { Empty, TableBox } from "../lib/parts.ts";
import { count } from "../lib/words.ts";

/** So many are shown at first. */
const AT_FIRST = 25;

/** Travellers with a bar for their flights; who has just got a new total is marked for a moment. */
export function TravellerTable({ travellers }: { readonly travellers: readonly Traveller[] }): View {
  const [all, setAll] = useState(false);
  const before = useRef(new Map<string, number>());
  const known = before.current;
  before.current = new Map(travellers.map(({ email, flights }) => [email, flights]));
  if (travellers.length === 0) return html`<${Empty} title="Nobody of that name has a total" />`;
  const most = Math.max(...travellers.map(({ flights }) => flights));
  return html`
    <${TableBox} label="Travellers">
      <table class="travellers">
        <thead>
          <tr>
            <th>Traveller</th>
            <th class="flights-cell">Flights</th>
            <th class="number">Time in the air</th>
          </tr>
        </thead>
        <tbody>
          ${travellers.slice(0, all ? undefined : AT_FIRST).map(({ email, flights, minutes }) => {
            const grew = known.has(email) && known.get(email) !== flights;
            return html`
              <tr key=${email} class=${grew ? "grew" : undefined}>
                <td><span class="clip" title=${email}>${email}</span></td>
                <td class="flights-cell">
                  <div class="flights-bar"><div style=${{
                    width: `calc((100% - 48px) * ${flights / most})`,
                  }}></div><span>${count(
                    flights,
                  )}</span></div>
                </td>
                <td class="number">${hours(minutes)}</td>
              </tr>
            `;
          })}
        </tbody>
      </table>
    <//>
    ${all || travellers.length <= AT_FIRST ? null : html`
      <p class="list-foot"><button class="plain" onClick=${() => setAll(true)}>Show ${count(
        travellers.length,
      )}</button></p>
    `}
  `;
}

/** "12 h 05 min" */
function hours(minutes: number): string {
  return `${count(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}
