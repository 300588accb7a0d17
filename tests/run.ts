/**
 * Runs all tests, `deno task test`: starts a real Kafka for those that want one, where Java and Maven are at hand, and says
 * so where they are not. Arguments go to `deno test`. REQUIRE_KAFKA=1 makes a missing Kafka a failure.
 */
import { kafkaPrerequisites, type RunningKafka, startKafka } from "../src/cli/kafka.ts";

const PERMISSIONS = ["net", "env", "read", "write", "run", "sys"].map((name) => `--allow-${name}`);

async function main(): Promise<number> {
  const servers = Deno.env.get("TEST_BOOTSTRAP_SERVERS");
  if (servers !== undefined) return await test(servers);
  const missing = await kafkaPrerequisites();
  if (missing !== undefined) {
    say(`The tests against a real Kafka are skipped: ${missing}`);
    return Deno.env.get("REQUIRE_KAFKA") === undefined ? await test(undefined) : 1;
  }
  const kafka: RunningKafka = await startKafka();
  try {
    return await test(kafka.bootstrapServers);
  } finally {
    await kafka.stop();
  }
}

async function test(bootstrapServers: string | undefined): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--no-check", "--doc", ...PERMISSIONS, ...Deno.args],
    env: bootstrapServers === undefined ? {} : { TEST_BOOTSTRAP_SERVERS: bootstrapServers },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let tail = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + new TextDecoder().decode(chunk)).slice(-2_000);
  }
  const { code } = await child.status;
  say(summary(tail));
  return code;
}

/** `57 passed, 0 failed, 3 skipped` of deno's last line. */
function summary(output: string): string {
  // deno-lint-ignore no-control-regex -- colours
  const plain = output.replaceAll(/\x1b\[[\d;]*m/g, "");
  const counts = [...plain.matchAll(/(\d+) passed.*?\| (\d+) failed(?:.*?\| (\d+) ignored)?/g)].at(-1);
  if (counts === undefined) return "0 passed, 1 failed";
  const [, passed, failed, ignored] = counts;
  return `${passed} passed, ${failed} failed${ignored === undefined ? "" : `, ${ignored} skipped`}`;
}

function say(line: string): void {
  // deno-lint-ignore no-console -- a program's words
  console.log(line);
}

Deno.exit(await main());
