/** Settings of TLS and logins. A secret is a function, so that settings which are printed or copied do not show it. */

/** TLS, SASL or both. With neither, nothing is encrypted and nobody logs in. */
export interface KafkaSecurity {
  /** Left out: no TLS. */
  readonly tls?: TlsSettings | undefined;
  /** Left out: no login. */
  readonly sasl?: SaslSettings | undefined;
}

/** Settings of TLS. The broker's certificate must be valid for its host name; that cannot be switched off. */
export interface TlsSettings {
  /** Certificates of the trusted authorities, PEM. Left out: those that Deno trusts. */
  readonly ca?: string | undefined;
  /** Our own certificate, for a broker that wants one (mutual TLS). */
  readonly client?: {
    /** The certificate, PEM, followed by those between it and its authority. */
    readonly cert: string;
    /** The certificate's private key, PEM, not encrypted. */
    readonly key: () => string;
  } | undefined;
}

/** The SASL mechanisms, by kafkajs' names. */
export const SASL_MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/** SASL: a login with a name and a password. PLAIN sends the password itself, SCRAM only the proof of knowing it. */
export interface SaslSettings {
  /** The mechanism. */
  readonly mechanism: typeof SASL_MECHANISMS[number];
  /** The user's name. */
  readonly username: string;
  /** Returns the password. */
  readonly password: () => string;
}
