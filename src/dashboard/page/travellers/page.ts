import type { Page } from "../lib/page.ts";
import { html } from "../lib/html.ts";

export const page: Page = () =>
  html`
    <div class="page">
      <div class="page-head">
        <h1>Travellers</h1>
      </div>
    </div>
  `;
