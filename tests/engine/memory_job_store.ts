export * from "../../src/engine/testing/memory_job_store.ts";
