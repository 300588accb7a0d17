/** What it takes to be sure of a Kafka and to be let in. A secret is a function: what prints or copies settings shows none. */

/** TLS, SASL or both. Without either everything travels in the clear and nobody is asked who they are. */
export interface KafkaSecurity {
  /** Left out: no TLS. */
  readonly tls?: TlsSettings | undefined;
  /** Left out: no login. */
  readonly sasl?: SaslSettings | undefined;
}

/** TLS. The broker's certificate must be valid for the host name that it is reached by; there is no way around that. */
export interface TlsSettings {
  /** Certificates of the authorities that are trusted, PEM. Left out: those that Deno trusts. */
  readonly ca?: string | undefined;
  /** Our own certificate, for a broker that wants one (mutual TLS). */
  readonly client?: {
    /** PEM; those between it and its authority after it. */
    readonly cert: string;
    /** The certificate's private key, PEM, not encrypted. */
    readonly key: () => string;
  } | undefined;
}

/** The ways to log in; words as in kafkajs. */
export const SASL_MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/** SASL: a login with a name and a password. PLAIN sends the password itself, SCRAM only the proof of knowing it. */
export interface SaslSettings {
  /** Which of the ways. */
  readonly mechanism: typeof SASL_MECHANISMS[number];
  /** Who logs in. */
  readonly username: string;
  /** Gives the password. */
  readonly password: () => string;
}
