import { MemoryBroker } from "../memory_broker/memory_broker.ts";
import { MemoryLog } from "../memory_broker/memory_log.ts";
import { testBrokerContract } from "./broker_contract.ts";

const log = new MemoryLog();

testBrokerContract("memory", () => Promise.resolve(new MemoryBroker(log)), {
  fence: (_broker, job) => {
    log.job(job).release();
    return Promise.resolve();
  },
});
