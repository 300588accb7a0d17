/** TLS to a broker: its options, and messages for its failures. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { BrokerError } from "../broker_errors.ts";
import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import type { TlsSettings } from "./security.ts";

/** Options of Node's TLS. */
export interface TlsOptions {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Checks certificates and key: TLS itself would silently leave out one that it cannot read.
 *
 * @throws {BrokerError} naming the setting, without any part of the key
 */
export function checkTls({ ca, client }: TlsSettings): void {
  if (ca !== undefined) {
    const certificates = certificatesIn(ca);
    if (certificates.length === 0) throw unusable("KAFKA_SSL_CA", "it holds no certificate");
    for (const certificate of certificates) parseCertificate("KAFKA_SSL_CA", certificate);
  }
  if (client === undefined) return;
  const [certificate] = certificatesIn(client.cert);
  if (certificate === undefined) throw unusable("KAFKA_SSL_CERT", "it holds no certificate");
  const parsed = parseCertificate("KAFKA_SSL_CERT", certificate);
  let key: KeyObject;
  try {
    key = createPrivateKey(client.key());
  } catch {
    throw unusable("KAFKA_SSL_KEY", "it holds no private key in PEM that can be read without a password");
  }
  if (!parsed.checkPrivateKey(key)) {
    throw unusable("KAFKA_SSL_KEY", "it is not the key of the certificate in KAFKA_SSL_CERT");
  }
}

/** Options for a socket that is about to be opened. They hold the key, so do not keep them. */
export function tlsOptions({ ca, client }: TlsSettings): TlsOptions {
  return {
    ...(ca !== undefined && { ca: certificatesIn(ca) }),
    ...(client !== undefined && { cert: client.cert, key: client.key() }),
  };
}

/**
 * The error for a failure of certificates or of TLS itself, where a retry does not help; undefined for any other failure.
 *
 * @param error an error of the socket, or of kafkajs about it; its `code` and `message` are read
 */
export async function tlsError(error: unknown, address: Address, tls: TlsSettings): Promise<BrokerError | undefined> {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const reason = code !== undefined && UNTRUSTED.has(String(code))
    ? await whyUntrusted(address, tls)
    : reasonOf(String(code), String(message), address, tls);
  if (reason === undefined) return undefined;
  return new BrokerError(`Cannot reach Kafka at ${formatAddress(address)}: ${reason}`);
}

/** Node's codes for what can be wrong with a certificate; Deno uses the first of them for most. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);

const PROBE_WITHIN_MS = 2_000;

/** Connects once more through Deno's TLS, whose error says why: Node's TLS calls every refusal "unable to verify". */
async function whyUntrusted({ host, port }: Address, { ca }: TlsSettings): Promise<string> {
  const signed = "its certificate is not signed by an authority that we trust; set KAFKA_SSL_CA to the right one's";
  let connection: Deno.TlsConn | undefined;
  const timer = setTimeout(() => connection?.close(), PROBE_WITHIN_MS);
  try {
    const caCerts = ca === undefined ? [] : certificatesIn(ca);
    const tcp = await Deno.connect({ hostname: host, port, signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
    connection = await Deno.startTls(tcp, { hostname: host, caCerts });
    await connection.handshake();
    return signed;
  } catch (error) {
    const { message } = error as Error;
    if (message.includes("expired")) return "its certificate has expired; the broker needs a new one";
    if (/not valid (yet|before)/i.test(message)) return "its certificate is not valid yet; look at both clocks";
    const found = /invalid peer certificate: (.+)/.exec(message)?.[1];
    return found === undefined || found === "UnknownIssuer" ? signed : `its certificate is refused, ${found}`;
  } finally {
    clearTimeout(timer);
    try {
      connection?.close();
    } catch {
      // It is closed already.
    }
  }
}

function reasonOf(code: string, message: string, { host }: Address, { client }: TlsSettings): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = /cert's altnames: (.+)$/.exec(message)?.[1]?.replaceAll(/\b(DNS|IP Address):/g, "");
    return `its certificate is for ${names ?? "other names"}, not for ${host}; use a name that it is for`;
  }
  const alert = /received fatal alert: (\w+)/i.exec(message)?.[1]?.toLowerCase();
  if (alert !== undefined && PASSING_ALERTS.has(alert)) return undefined;
  if (alert !== undefined && CERTIFICATE_ALERTS.has(alert)) {
    return client === undefined
      ? "it wants a certificate of ours; set KAFKA_SSL_CERT and KAFKA_SSL_KEY"
      : `it refuses the certificate in KAFKA_SSL_CERT (${alert})`;
  }
  if (alert !== undefined) return `it refuses to speak TLS with us (${alert})`;
  // The first bytes of the answer were not those of TLS.
  if (code.startsWith("ERR_SSL_")) return "it does not speak TLS there; unset KAFKA_SSL or use its port for TLS";
  return undefined;
}

const CERTIFICATE_ALERTS: ReadonlySet<string> = new Set([
  "badcertificate",
  "unsupportedcertificate",
  "certificaterevoked",
  "certificateexpired",
  "certificateunknown",
  "certificaterequired",
  "unknownca",
  "accessdenied",
]);

/** Alerts of a server that closes the connection, or has a problem of its own. */
const PASSING_ALERTS: ReadonlySet<string> = new Set(["closenotify", "internalerror", "usercanceled"]);

function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map((each) => `${each}\n`) ?? [];
}

function parseCertificate(name: string, certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch {
    throw unusable(name, "a certificate in it cannot be read");
  }
}

function unusable(name: string, reason: string): BrokerError {
  return new BrokerError(`Cannot use ${name}: ${reason}`);
}
