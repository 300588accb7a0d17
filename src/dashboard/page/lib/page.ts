import type { View } from "./html.ts";
import type { Place } from "./route.ts";

/** What an area's module exports as `page`. */
export type Page = (props: { readonly place: Place }) => View;
