/** Where the dashboard listens. */
export interface ListenAddress {
  /** A name or an address, IPv6 without brackets. */
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
}

/**
 * `8081` is for this machine alone, `0.0.0.0:8081` for all that reach it, `[::1]:8081` an address of IPv6.
 * @throws {SyntaxError} if it is not an address
 */
export function parseListenAddress(text: string): ListenAddress {
  const [, host = "127.0.0.1", port] = /^(?:([^:]+|\[[^\]]+\]):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new SyntaxError(`"${text}" is not a port such as 8081, nor host:port`);
  }
  return { hostname: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

/** A host as it stands in a URL: IPv6 addresses have brackets there. */
export function formatHost(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
