/** This process, for people: "process 4711 on host1"; without the host where the program may not ask for its name. */
export function describeProcess(): string {
  const mayAsk = Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted";
  return `process ${Deno.pid}${mayAsk ? ` on ${Deno.hostname()}` : ""}`;
}
