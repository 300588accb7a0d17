import { Hono } from "hono";
import type { DashboardContext } from "../context.ts";

/** What the area DeadLetters of the page asks for. */
export function deadLettersApi(_context: DashboardContext): Hono {
  return new Hono();
}
