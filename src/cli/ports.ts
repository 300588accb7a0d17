/**
 * The ports, with a free one in place of each 0.
 * @param what is to listen there, for the message
 * @throws {Error} naming one that is taken
 */
export function freePorts(wanted: readonly number[], what = "Kafka"): number[] {
  const listeners: Deno.TcpListener[] = [];
  try {
    for (const port of wanted) listeners.push(Deno.listen({ hostname: "localhost", port }));
    return listeners.map(({ addr }) => addr.port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Error(`Cannot start ${what} at localhost:${wanted[listeners.length]}: something listens there already`);
  } finally {
    for (const listener of listeners) listener.close();
  }
}
