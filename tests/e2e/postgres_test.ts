/** The recipe for PostgreSQL against a real one: a job that is killed leaves the table that an undisturbed run leaves. */
import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { findPostgres, Postgres } from "./postgres.ts";
import { embeddedBroker, mayRunPrograms, startDeno, succeed, type TestBroker } from "./programs.ts";

const found = mayRunPrograms() && Deno.build.os === "linux"
  ? await findPostgres()
  : { missing: "needs Linux, and permission to run programs" };
if ("missing" in found && Deno.env.get("REQUIRE_POSTGRES") !== undefined) {
  throw new Error(`REQUIRE_POSTGRES is set, and ${found.missing}`);
}
const JOB = ["run", "--no-prompt", "-A", "examples/postgres_job.ts", "--commit-interval", "100ms"];
const KILLS = 20;
const ACCOUNTS = 40;

/** So many payments, the same each time. */
function payments(round: number): string {
  const lines = Array.from({ length: 200 }, (_, i) => {
    const account = `account-${(i * 7 + round) % ACCOUNTS}`;
    return JSON.stringify({ key: account, value: JSON.stringify({ account, cents: round * 1_000 + i }) });
  });
  return `${lines.join("\n")}\n`;
}

Deno.test({
  name: `A job that is killed ${KILLS} times leaves the table of PostgreSQL as an undisturbed run does${
    "missing" in found ? ` (skipped: ${found.missing})` : ""
  }`,
  ignore: "missing" in found,
  async fn() {
    if ("missing" in found) return;
    const [killedDir, calmDir] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
    await using server = await Postgres.start(found.bin);
    const sql = postgres(server.url, { max: 1, onnotice() {} });
    try {
      await sql`create database calm`;
      const killed = embeddedBroker(killedDir);
      await prepare(server.url);
      await succeed(killed, "topics", ["create", "payments", "--partitions", "2"]);
      for (let round = 0; round < KILLS; round++) {
        await succeed(killed, "topics", ["write", "payments"], payments(round));
        if (round === KILLS / 2) await server.crash();
        const before = await writes(sql);
        await using job = startDeno(killed, [...JOB, "--from", "earliest", "--database", server.url]);
        // As soon as rows are there, which is before the commit that covers them: the next run writes them again.
        while (await writes(sql) === before && !job.over) await new Promise((resolve) => setTimeout(resolve, 1));
        job.kill("SIGKILL");
        const { signal, stderr } = await job.ended;
        assertEquals(signal, "SIGKILL", stderr);
      }
      await finish(killed, server.url);

      const calm = embeddedBroker(calmDir);
      const calmUrl = server.url.replace(/postgres$/, "calm");
      await prepare(calmUrl);
      await succeed(calm, "topics", ["create", "payments", "--partitions", "2"]);
      for (let round = 0; round < KILLS; round++) {
        await succeed(calm, "topics", ["write", "payments"], payments(round));
      }
      await finish(calm, calmUrl);

      const table = await rowsOf(server.url);
      assertEquals(table.length, ACCOUNTS);
      assertEquals(table, await rowsOf(calmUrl));
      const sum = table.reduce((all, { cents }) => all + cents, 0);
      assertEquals(sum, expectedSum());
      assert(await writes(sql) > KILLS, "it has written in each run");
    } finally {
      await sql.end();
      for (const dir of [killedDir, calmDir]) await Deno.remove(dir, { recursive: true });
    }
  },
});

async function prepare(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  await sql`create table totals (account text primary key, cents bigint not null)`;
  await sql`create sequence statements`;
  await sql`create function count_statement() returns trigger language plpgsql as
    'begin perform nextval(''statements''); return null; end'`;
  await sql`create trigger count_statement after insert on totals for each statement execute function count_statement()`;
  await sql.end();
}

/** How many statements have written into the table. */
async function writes(sql: postgres.Sql): Promise<number> {
  try {
    const [row] = await sql`select case when is_called then last_value else 0 end as n from statements`;
    return Number(row!.n);
  } catch (error) {
    // The server has just been restarted: it takes the next question.
    if (/CONNECTION|57P0|ECONN/.test(String((error as { code?: unknown }).code))) return await writes(sql);
    throw error;
  }
}

async function finish(broker: TestBroker, database: string): Promise<void> {
  const job = startDeno(broker, [...JOB, "--from", "earliest", "--bounded", "--database", database]);
  const { code, stderr } = await job.ended;
  assertEquals(code, 0, stderr);
}

async function rowsOf(url: string): Promise<{ account: string; cents: number }[]> {
  const sql = postgres(url, { max: 1 });
  const rows = await sql`select account, cents::int as cents from totals order by account`;
  await sql.end();
  return rows.map(({ account, cents }) => ({ account, cents }));
}

function expectedSum(): number {
  let sum = 0;
  for (let round = 0; round < KILLS; round++) for (let i = 0; i < 200; i++) sum += round * 1_000 + i;
  return sum;
}
