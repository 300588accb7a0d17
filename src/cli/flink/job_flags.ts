/** Flags of commands that describe a job for a cluster. */

/** Variables that a job needs wherever it is described. */
export const ENV_FLAG = {
  value: "NAME,NAME",
  parse: (text: string): string[] => text.split(",").map((name) => name.trim()).filter((name) => name !== ""),
  fallback: [] as string[],
  help: "environment variables that the job's functions read; their values of now travel with the job",
} as const;

/** Where the cluster finds the topics. */
export const CLUSTER_SERVERS_FLAG = {
  name: "cluster-servers",
  value: "HOST:PORT,...",
  help: "the brokers as the cluster reaches them, if not as BOOTSTRAP_SERVERS says: redpanda:9092 in compose.yaml",
} as const;
