import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";

/** What the area Travellers of the page asks for. */
export function travellersApi(_context: DashboardContext): Hono {
  return new Hono();
}
