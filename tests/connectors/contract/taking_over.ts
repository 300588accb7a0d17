import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { BrokerLease } from "../../../src/connectors/broker.ts";
import { FencedError, JobActiveError } from "../../../src/connectors/broker_errors.ts";
import { later, signOf } from "../../later.ts";
import type { ContractOptions, Register } from "./options.ts";
import { readAll, untilSeen } from "./reading.ts";
import { record, state, values } from "./records.ts";
import { eventually, GLANCE_MS, promptly } from "./waiting.ts";

/** Instances of one job, one of which is active. */
export function testTakingOver(test: Register): void {
  test("a second instance stands by and takes over at once when the first releases", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(one, 1);
    const job = scope.jobName();
    const first = await scope.lease(one, { job });
    const standby = Promise.withResolvers<string>();
    const opening = later(scope.lease(two, { job, onStandby: standby.resolve }));

    assertNotEquals((await signOf(opening, standby.promise)).trim(), "");
    first.write(record(topic, "first"));
    await first.commit(state({ by: "first" }));
    const before = performance.now();
    await first.close();
    const second = await opening;

    const tookMs = performance.now() - before;
    assert(tookMs < scope.sessionTimeoutMs, `taking over took ${tookMs} ms`);
    assertEquals(await second.restore(), new Map([["by", "first"]]));
    second.write(record(topic, "second"));
    await second.commit(state({ by: "second" }));
    await untilSeen(second);
    assertEquals(values(await readAll(two, topic)), [["first", "second"]]);
  });

  test("of two instances that stand by one takes over, then the other", async (scope) => {
    const brokers = [await scope.broker(), await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const active = await scope.lease(brokers[0]!, { job });
    await active.commit(state({ turn: "0" }));
    const waiting = brokers.slice(1).map((broker) => {
      const standby = Promise.withResolvers<void>();
      return { standby, lease: later(scope.lease(broker, { job, onStandby: () => standby.resolve() })) };
    });
    for (const { standby, lease } of waiting) await signOf(lease, standby.promise);

    await active.close();
    let other: Promise<BrokerLease> | undefined;
    const next = await Promise.race(waiting.map(({ lease }, index) =>
      lease.then((taken) => {
        other ??= waiting[1 - index]!.lease;
        return taken;
      })
    ));
    assertEquals(await promptly(other!, GLANCE_MS), "still waiting");
    await next.commit(state({ turn: "1" }));
    await next.close();

    assertEquals(await (await other!).restore(), new Map([["turn", "1"]]));
  });

  test("openJob() refuses beside an active instance when asked to", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });

    await assertRejects(() => scope.lease(two, { job, whenActive: "refuse" }), JobActiveError, job);

    await lease.commit(state({ still: "mine" }));
    await lease.close();
    const next = await eventually(() => scope.lease(two, { job, whenActive: "refuse" }), JobActiveError);
    assertEquals(await next.restore(), new Map([["still", "mine"]]));
  });

  test("openJob() stops waiting with its signal's reason and leaves the active instance alone", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });
    const controller = new AbortController();
    const reason = new Error("the person pressed Ctrl-C");
    const opening = scope.lease(two, { job, signal: controller.signal, onStandby: () => controller.abort(reason) });

    assertEquals(await opening.catch((error) => error), reason);
    const late = scope.lease(two, { job, signal: AbortSignal.abort(reason) });
    assertEquals(await late.catch((error) => error), reason);

    await lease.commit(state({ still: "mine" }));
    assertEquals(lease.lost.aborted, false);
  });
}

/** An instance that has lost its job to another one without notice. */
export function testFencing(test: Register, { fence }: ContractOptions): void {
  test("nothing of an instance is visible after it was fenced", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const lease = await scope.lease(broker, { job });
    lease.write(record(topic, "before"));
    await lease.commit(state({ count: "old" }));

    await fence!(broker, job);
    lease.write(record(topic, "after"));
    await assertRejects(() => lease.commit(state({ count: "new" })), FencedError, job);
    assertEquals(lease.lost.aborted, true);
    assert(lease.lost.reason instanceof FencedError);
    await assertRejects(() => lease.commit(state({ count: "newer" })), FencedError);
    await lease.close();

    const next = await scope.lease(broker, { job });
    assertEquals(await next.restore(), new Map([["count", "old"]]));
    next.write(record(topic, "successor"));
    await next.commit(state({}));
    await untilSeen(next);
    assertEquals(values(await readAll(broker, topic)), [["before", "successor"]]);
  }, fence !== undefined);

  test("no entry of a fenced at-least-once job is kept, and it cannot reset the job", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const leases = [await scope.lease(broker, { job, exactlyOnce: false })];
    await leases[0]!.commit(state({ count: "old" }));

    await fence!(broker, job);
    leases[0]!.write(record(topic, "after"));
    await assertRejects(() => leases[0]!.commit(state({ count: "new" })), FencedError, job);
    await leases[0]!.close();
    leases.push(await scope.lease(broker, { job, exactlyOnce: false }));
    await fence!(broker, job);
    await assertRejects(() => leases[1]!.reset(), FencedError, job);
    await leases[1]!.close();

    const next = await scope.lease(broker, { job, exactlyOnce: false });
    assertEquals(await next.restore(), new Map([["count", "old"]]));
  }, fence !== undefined);
}
