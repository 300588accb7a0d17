/**
 * The meaning of the broker port in code: what holds for every adapter, whoever keeps the log.
 *
 * Each case opens brokers of its own and uses names that nobody has used before, so the cases run against a broker that
 * lives long. They allow for a broker that takes seconds, for offsets that no reader sees, and for a commit that becomes
 * visible a little after it was made.
 */
import type { Broker } from "../../src/connectors/broker.ts";
import { testCommits } from "./contract/commits.ts";
import { testFetching } from "./contract/fetching.ts";
import type { ContractOptions } from "./contract/options.ts";
import { testProducing } from "./contract/producing.ts";
import { testRestoring } from "./contract/restoring.ts";
import { Scope } from "./contract/scope.ts";
import { testStatus } from "./contract/status.ts";
import { testFencing, testTakingOver } from "./contract/taking_over.ts";
import { testTools } from "./contract/tools.ts";
import { testTopics } from "./contract/topics.ts";

/**
 * Registers the cases of the port.
 *
 * @param name of the adapter, put before each case's name
 * @param open opens a broker as a program of its own would: each time a new instance, always on the same topics and jobs
 */
export function testBrokerContract(name: string, open: () => Promise<Broker>, options: ContractOptions = {}): void {
  const { ignore = false, sanitize = true } = options;
  function test(promise: string, body: (scope: Scope) => Promise<void>, needs = true): void {
    Deno.test({
      name: `${name}: ${promise}`,
      ignore: ignore || !needs,
      sanitizeOps: sanitize,
      sanitizeResources: sanitize,
      async fn() {
        await using scope = new Scope(open, options);
        await body(scope);
      },
    });
  }
  testTopics(test);
  testProducing(test);
  testFetching(test);
  testCommits(test);
  testRestoring(test);
  testFencing(test, options);
  testTakingOver(test);
  testTools(test);
  testStatus(test);
}
