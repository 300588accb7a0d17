/** Jobs beside the demo's for pictures of the dashboard: one that waits, one that fails, one with dead letters, one that is over. */
import type { Broker } from "../../src/connectors/broker.ts";
import { countPerSecond, Stage } from "./staged_jobs.ts";

const PRICES = ["12.50", "3", "7.95", "EUR 4", "18", "0.99", "-5", "31.20"];

/** Runs them until they are disposed. */
export async function stageTrouble(broker: Broker): Promise<Stage> {
  const stage = new Stage(broker);
  for (const topic of ["sensors", "orders", "payments"]) await stage.topic(topic, 3);
  for (const topic of ["averages", "checked", "booked"]) await stage.topic(topic);

  // One partition is far behind the others: it holds event time back.
  const now = Date.now();
  await stage.write("sensors", ["boiler 70", "boiler 71"], { partition: 0, timestampMs: now - 2_000 });
  await stage.write("sensors", ["roof 12", "roof 13"], { partition: 1, timestampMs: now - 1_000 });
  await stage.write("sensors", ["cellar 9"], { partition: 2, timestampMs: now - 42_000 });
  stage.run({ job: "sensor_averages", topic: "sensors", out: "averages", does: countPerSecond, idleMs: 3_600_000 });

  const orders = Array.from(
    { length: 60 },
    (_, i) => `customer${i % 7} {"order":${1000 + i},"price":"${PRICES[i % 8]}"}`,
  );
  await stage.write("orders", orders);
  stage.run({
    job: "orders_checker",
    topic: "orders",
    out: "checked",
    maxDead: { share: 1 },
    does: (texts) => texts.map(checkPrice).name("check_price"),
  });

  await stage.write("payments", ["anna 12", "ben 7", "carla x7"]);
  stage.run({
    job: "payments_sync",
    topic: "payments",
    out: "booked",
    onError: "fail",
    restartStrategy: { type: "fixed-delay", attempts: 2, delayMs: 1_500 },
    does: (texts) => texts.map(bookPayment).name("book_payment"),
  });
  stage.run({ job: "orders_backfill", topic: "orders", out: "checked", bounded: true });
  return stage;
}

function checkPrice(text: string): string {
  const price = /"price":"(.*?)"/.exec(text)?.[1] ?? "";
  if (Number.isNaN(Number(price))) throw new TypeError(`the price "${price}" is not a number`);
  if (Number(price) < 0) throw new RangeError(`the price ${price} is below zero`);
  return text;
}

function bookPayment(text: string): string {
  const amount = Number(text.split(" ")[1]);
  if (!Number.isNaN(amount)) return text;
  const error = new TypeError(`Cannot book "${text}": the amount is not a number`);
  // A picture must not show where this folder happens to lie.
  error.stack = `${error}\n    at bookPayment (file:///home/anna/jobs/payments_sync.ts:41:11)`;
  throw error;
}
