import { Hono } from "hono";
import { BrokerError, UnknownTopicError } from "../connectors/broker_errors.ts";
import { UsageError } from "../utils.ts";
import { pageAssets } from "./assets.ts";
import { deadLettersApi } from "./api/dead_letters.ts";
import { eventsApi } from "./api/events.ts";
import { followApi } from "./api/follow.ts";
import { jobsApi } from "./api/jobs.ts";
import { stateApi } from "./api/state.ts";
import { topicsApi } from "./api/topics.ts";
import { travellersApi } from "./api/travellers.ts";
import type { DashboardContext } from "./context.ts";
import { createToken, guard } from "./security.ts";

/**
 * Page and API of the dashboard. Each area has an app of its own under `/api`, and a folder of the page.
 *
 * An answer of the API is JSON. One that failed is `{ error: "a sentence" }`.
 */
export function createDashboard(context: DashboardContext): Hono {
  const app = new Hono();
  const token = createToken();
  app.use(guard(context.hosts, token));
  app.get("/api/session", (c) => c.json({ token, broker: context.broker.description, kind: context.broker.kind }));
  app.route("/api/events", eventsApi(context));
  app.route("/api/jobs", jobsApi(context));
  app.route("/api/dead-letters", deadLettersApi(context));
  app.route("/api/state", stateApi(context));
  app.route("/api/topics", topicsApi(context));
  app.route("/api/travellers", travellersApi(context));
  app.route("/api/follow", followApi(context));
  app.all("/api/*", (c) => c.json({ error: `There is nothing at ${c.req.path}` }, 404));
  app.route("/", pageAssets());
  app.onError((error, c) => {
    if (error instanceof UnknownTopicError) return c.json({ error: error.message }, 404);
    if (error instanceof UsageError) return c.json({ error: error.message }, 400);
    if (error instanceof BrokerError) return c.json({ error: error.message }, 503);
    context.logger.error(`dashboard: ${c.req.method} ${c.req.path}: ${error.stack ?? error.message}`);
    return c.json({ error: "The dashboard failed at this request; its log has the error" }, 500);
  });
  return app;
}
