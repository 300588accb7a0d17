/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** "localhost:9092" */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The reverse of {@link formatAddress}. @throws {SyntaxError} if it is not `host:port` */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new SyntaxError(`Cannot open Kafka at "${text}": an address is written host:port`);
  return { host, port: Number(match![3]) };
}
