/** `--env`: variables that a job needs wherever it is described. */
export const ENV_FLAG = {
  value: "NAME,NAME",
  parse: (text: string): string[] => text.split(",").map((name) => name.trim()).filter((name) => name !== ""),
  fallback: [] as string[],
  help: "environment variables that the job's functions read; their values of now travel with the job",
} as const;
