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

/** The SASL mechanisms, in lower case. */
export const SASL_MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"] as const;

/** SASL: a login with a name and a password, or with a token. */
export type SaslSettings = PasswordSettings | TokenSettings;

/** A login with a name and a password. PLAIN sends the password itself, SCRAM only the proof of knowing it. */
export interface PasswordSettings {
  /** The mechanism. */
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  /** The user's name. */
  readonly username: string;
  /** Returns the password. */
  readonly password: () => string;
}

/** A login with a bearer token (RFC 7628). It is made again, with the token of then, before the broker ends it. */
export interface TokenSettings {
  /** The mechanism. */
  readonly mechanism: "oauthbearer";
  /** Returns the token of now, at each login; or where tokens are to be had. */
  readonly token: (() => string) | TokenEndpoint;
  /** What the broker wants to know beside the token, by name; Confluent Cloud: `logicalCluster`, `identityPoolId`. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** An OAuth 2 or OpenID server that answers a client's name and secret with a token (grant type `client_credentials`). */
export interface TokenEndpoint {
  /** `https://…/oauth2/token` */
  readonly url: string;
  /** The client's name. */
  readonly clientId: string;
  /** Returns the client's secret. */
  readonly clientSecret: () => string;
  /** What the token is to be good for; left out: what the server thinks. */
  readonly scope?: string | undefined;
}
