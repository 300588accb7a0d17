import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";

/** What the area State of the page asks for. */
export function stateApi(_context: DashboardContext): Hono {
  return new Hono();
}
