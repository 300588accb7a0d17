import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";

/** What the area Follow of the page asks for. */
export function followApi(_context: DashboardContext): Hono {
  return new Hono();
}
