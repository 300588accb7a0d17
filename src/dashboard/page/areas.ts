import type { Page } from "./lib/page.ts";

/** An area of the page: one entry of the navigation, one folder, one app of the API. */
export interface Area {
  /** The first part of its paths. */
  readonly path: string;
  readonly title: string;
  /** Loaded when it is shown first. */
  readonly load: () => Promise<{ readonly page: Page }>;
}

/** All areas, in the order of the navigation; the first is shown at "/". */
export const AREAS: readonly Area[] = [
  { path: "jobs", title: "Jobs", load: () => import("./jobs/page.ts") },
  { path: "topics", title: "Topics", load: () => import("./topics/page.ts") },
  { path: "state", title: "State", load: () => import("./state/page.ts") },
  { path: "follow", title: "Follow a record", load: () => import("./follow/page.ts") },
  { path: "travellers", title: "Travellers", load: () => import("./travellers/page.ts") },
];
