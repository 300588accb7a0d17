/** What can be wrong with a connection, and how messages put it. */

/** Whether this process lacks the permission to connect. The code is that of a host's look-up, the text that of an address. */
export function isDenied(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "EPERM" || String(message).includes("Requires net access");
}

/** Whether nothing listens there: another attempt at once would fail too. */
export function isRefused(error: unknown): boolean {
  return ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"].includes(
    String((error as { code?: unknown }).code),
  );
}

/** Whether the other side has reset the connection. */
export function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(String((error as { code?: unknown }).code));
}

/** Why there is no connection. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return WORDS[String(code)] ?? String(message).toLowerCase();
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "no way to this host",
  ENETUNREACH: "no way to this network",
  ETIMEDOUT: "no answer",
};
