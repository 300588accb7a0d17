import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";

/** What the area Topics of the page asks for. */
export function topicsApi(_context: DashboardContext): Hono {
  return new Hono();
}
