/**
 * A Kafka without Java for tests: franz-go's kfake, a strict one that keeps everything in memory and hands out producer ids
 * of all 64 bits. `go` fetches and builds it.
 */
const FOLDER = new URL(".", import.meta.url);

/** What is missing to run it here, as a sentence; undefined if nothing is. */
export async function kfakePrerequisites(): Promise<string | undefined> {
  for (const name of ["run", "read", "net", "env"] as const) {
    if (Deno.permissions.querySync({ name }).state !== "granted") return `it needs --allow-${name}`;
  }
  try {
    const { success } = await new Deno.Command("go", { args: ["mod", "download"], cwd: FOLDER, stderr: "null" })
      .output();
    return success ? undefined : "go cannot fetch kfake's modules";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no go";
    throw error;
  }
}

let started: Promise<string> | undefined;

/** Where one listens that lives as long as this process; the first time it is built, which may take a minute. */
export function kfakeServers(): Promise<string> {
  return started ??= start();
}

async function start(): Promise<string> {
  const command = new Deno.Command("go", { args: ["run", "."], cwd: FOLDER, stdin: "piped", stdout: "piped" });
  // It ends when its standard input does, with us.
  const child = command.spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("Cannot start kfake: it ended without a word");
    said += value;
  }
  child.unref();
  return said.trim();
}
