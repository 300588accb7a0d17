import * as net from "node:net";
import * as tls from "node:tls";
import type { Address } from "./address.ts";
import { tlsOptions } from "./tls.ts";
import type { TlsSettings } from "./security.ts";

const KEEP_ALIVE_DELAY_MS = 60_000;

/** A TCP or TLS socket. */
export type Socket = net.Socket;

/** How a socket is opened. */
export interface SocketOptions {
  /** Left out: without TLS. */
  readonly security: TlsSettings | undefined;
  readonly onConnect: () => void;
}

/** Begins to connect. */
export function openSocket({ host, port }: Address, { security, onConnect }: SocketOptions): Socket {
  const server = net.isIP(host) === 0 ? { host, port, servername: host } : { host, port };
  const socket = security === undefined
    ? net.connect({ host, port }, onConnect)
    : tls.connect({ ...server, ...tlsOptions(security) as tls.ConnectionOptions }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  socket.setNoDelay(true);
  return socket;
}
