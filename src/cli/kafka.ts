/**
 * A real Apache Kafka on this machine, for tests and for trying things out without Docker: `deno task kafka`.
 *
 * The first start fetches Kafka from Maven Central into `.kafka/` (some 45 MB); a start takes a few seconds. It is one
 * process that is broker and controller, with its data in a temporary folder that is removed when it stops.
 */
import { parseArgs } from "@std/cli/parse-args";
import { KAFKA_VERSION, kafkaPrerequisites } from "./kafka/fetch.ts";
import { startKafka } from "./kafka/start.ts";

export { kafkaPrerequisites };
export type { KafkaListener } from "./kafka/server_properties.ts";
export { type KafkaOptions, type RunningKafka, type ScramUser, startKafka } from "./kafka/start.ts";

const HELP =
  `Starts one Apache Kafka ${KAFKA_VERSION} on this machine, until Ctrl-C. Needs Java 17 and, the first time, Maven.

Usage: deno task kafka [--port N]

  --port N   where it listens; left out, a free port is taken
  --help     this text

Its address is the only line on standard output. Its topics are gone when it stops.`;

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new RangeError(`Cannot listen at port "${text}": --port takes a number from 1 to 65535`);
}

async function main(args: readonly string[]): Promise<number> {
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["help"],
    string: ["port"],
    unknown: (name: string) => (unknown.push(name), false),
  });
  let port: number | undefined;
  try {
    if (unknown.length > 0) throw new RangeError(`Unknown argument "${unknown[0]}"`);
    port = portOf(flags.port);
  } catch (error) {
    say(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(`${HELP}\n`));
    return 0;
  }

  const missing = await kafkaPrerequisites();
  if (missing !== undefined) {
    say(missing);
    return 1;
  }

  const ended = Promise.withResolvers<number>();
  Deno.addSignalListener("SIGINT", () => ended.resolve(130));
  Deno.addSignalListener("SIGTERM", () => ended.resolve(0));
  try {
    // Asked to end while it starts, it ends when it has started.
    const kafka = await startKafka(port === undefined ? {} : { port });
    Deno.stdout.writeSync(new TextEncoder().encode(`Kafka is ready at ${kafka.bootstrapServers}\n`));
    const end = await Promise.race([ended.promise, kafka.crashed]);
    await kafka.stop();
    if (typeof end === "number") return end;
    say(end);
    return 1;
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
