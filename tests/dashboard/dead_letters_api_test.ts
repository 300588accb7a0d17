/** Dead letters through the dashboard: read by anybody who may see the page, changed by a confirmed action alone. */
import { assertEquals, assertMatch } from "@std/assert";
import type { DeadLetterAnswer, DeadLettersAnswer, ResolveAnswer } from "../../src/dashboard/api/dead_letters.ts";
import type { JobEvent } from "../../src/dashboard/api/events.ts";
import { onEachBroker, type Scope } from "../cli/brokers.ts";
import { until } from "../connectors/contract/waiting.ts";
import { ServedForTest } from "./served.ts";
import { Stage } from "./staged_jobs.ts";

/** A job that refuses texts with "bad" in them until it is mended. */
async function stageBadTexts(scope: Scope, stage: Stage, texts: readonly string[]) {
  const [job, topic, out] = [scope.name("refusing"), scope.name("refusing-in"), scope.name("refusing-out")];
  await stage.topic(topic);
  await stage.topic(out);
  await stage.write(topic, texts);
  const mended = { is: false };
  stage.run({
    job,
    topic,
    out,
    maxDead: { share: 1 },
    does: (all) =>
      all.map((text) => {
        if (text.includes("bad") && !mended.is) throw new RangeError(`refuses ${text}`);
        return text;
      }).name("check"),
  });
  return { job, topic, out, mended };
}

function endOf(stage: Stage, topic: string): Promise<number> {
  return stage.broker.describeTopics([topic]).then(([topic]) => topic!.endOffsets.reduce((sum, end) => sum + end, 0));
}

onEachBroker(
  "a dead letter is shown with bytes, cause and place; a replay that is confirmed is processed once",
  async (scope) => {
    await using stage = new Stage(await scope.broker());
    await using dashboard = new ServedForTest(stage.broker);
    const { job, topic, mended } = await stageBadTexts(scope, stage, ["a 1", "a bad 2", "a 3", "a bad 4"]);
    const path = `/api/dead-letters/${job}`;
    const letters = () => dashboard.json<DeadLettersAnswer>(path);
    await until(async () => (await letters()).total === 2);
    const [newest, oldest] = (await letters()).letters;
    assertEquals([oldest!.errorClass, oldest!.message, oldest!.operator], ["RangeError", "refuses a bad 2", "check"]);
    assertEquals([newest!.origin!.topic, newest!.origin!.offset, newest!.begin, newest!.size], [
      topic,
      3,
      "a bad 4",
      7,
    ]);

    const { letter } = await dashboard.json<DeadLetterAnswer>(`${path}/${oldest!.id}`);
    assertEquals([letter.key, letter.value], ["a", { kind: "text", text: "a bad 2", isCut: false }]);

    // What would happen is only said.
    const plan = await (await dashboard.post(`${path}/replay`, { ids: [oldest!.id] })).json() as ResolveAnswer;
    assertMatch(plan.messages.at(-1)!.text, /^Would replay 1 dead letter/);
    assertEquals([await endOf(stage, topic), (await letters()).open], [4, 2]);

    mended.is = true;
    const done = await (await dashboard.post(`${path}/replay`, { ids: [oldest!.id], confirmed: true }))
      .json() as ResolveAnswer;
    assertMatch(done.messages.at(-1)!.text, /^Replayed 1 dead letter/);
    assertEquals((await letters()).letters.map(({ resolved }) => resolved), [null, "replayed"]);
    await until(async () => {
      const { job: detail } = await dashboard.json<Partial<JobEvent>>(`/api/jobs/${job}`);
      return detail?.status.attempt?.records.in === 5;
    });
    // Once more it is left alone.
    const again = await (await dashboard.post(`${path}/replay`, { ids: [oldest!.id], confirmed: true }))
      .json() as ResolveAnswer;
    assertMatch(JSON.stringify(again), /was replayed already/);

    await dashboard.post(`${path}/drop`, { ids: [newest!.id], confirmed: true });
    const { open, total } = await letters();
    assertEquals([open, total], [0, 2]);
  },
);

onEachBroker("a change that is not well said changes nothing", async (scope) => {
  await using stage = new Stage(await scope.broker());
  await using dashboard = new ServedForTest(stage.broker);
  const { job, topic } = await stageBadTexts(scope, stage, ["a bad 1"]);
  const path = `/api/dead-letters/${job}`;
  await until(async () => (await dashboard.json<DeadLettersAnswer>(path)).total === 1);
  const bodies = [undefined, {}, { ids: [] }, { ids: "all", confirmed: true }, { ids: [0.5], confirmed: true }, {
    ids: [0],
    confirmed: "yes",
  }];
  for (const body of bodies) {
    for (const action of ["replay", "drop"]) {
      const response = await dashboard.post(`${path}/${action}`, body);
      assertEquals(response.status, 400, JSON.stringify(body));
    }
  }
  assertEquals((await dashboard.get(`${path}/replay`)).status, 404);
  const { open } = await dashboard.json<DeadLettersAnswer>(path);
  assertEquals([open, await endOf(stage, topic)], [1, 1]);
});

onEachBroker("a job without dead letters has an empty list, and an id that nobody has is not there", async (scope) => {
  await using dashboard = new ServedForTest(await scope.broker());
  assertEquals(await dashboard.json("/api/dead-letters/nobody"), { letters: [], total: 0, open: 0 });
  for (const id of ["7", "x", "-1"]) assertEquals((await dashboard.get(`/api/dead-letters/nobody/${id}`)).status, 404);
});
