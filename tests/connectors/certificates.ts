/** X.509 certificates for tests, made in place: nothing is checked in, and no tool has to be installed. */

/** Somebody with a key and a certificate, both PEM texts. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** Host names it is valid for; none for a client's. */
  readonly hosts?: readonly string[];
  /** Years from which on and before which it is valid. */
  readonly years?: readonly [from: number, before: number];
}

const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
const VALID: readonly [number, number] = [2020, 2049];

/** One who signs certificates; its own is signed by itself. */
export class Authority {
  readonly cert: string;
  readonly #name: Uint8Array;
  readonly #privateKey: CryptoKey;
  #issued = 0;

  private constructor(cert: string, name: Uint8Array, privateKey: CryptoKey) {
    this.cert = cert;
    this.#name = name;
    this.#privateKey = privateKey;
  }

  static async create(name: string): Promise<Authority> {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
    const subject = nameOf(name);
    const isAuthority = extension(OID.basicConstraints, sequence(boolean(true)));
    const body = await certificateBody({ serial: 1, issuer: subject, subject, publicKey, extensions: [isAuthority] });
    return new Authority(await signed(body, privateKey), subject, privateKey);
  }

  /** A key and a certificate for `name`. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Identity> {
    const { hosts = [], years = VALID } = options;
    const { publicKey, privateKey } = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
    const names = sequence(...hosts.map((host) => tagged(0x82, encoder.encode(host))));
    const body = await certificateBody({
      serial: 2 + this.#issued++,
      issuer: this.#name,
      subject: nameOf(name),
      publicKey,
      years,
      extensions: hosts.length === 0 ? [] : [extension(OID.subjectAltName, names)],
    });
    const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
    return { cert: await signed(body, this.#privateKey), key: pem("PRIVATE KEY", key) };
  }
}

const encoder = new TextEncoder();

/** Object identifiers, as DER has them. */
const OID = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

async function certificateBody(options: {
  serial: number;
  issuer: Uint8Array;
  subject: Uint8Array;
  publicKey: CryptoKey;
  years?: readonly [number, number];
  extensions: readonly Uint8Array[];
}): Promise<Uint8Array> {
  const { serial, issuer, subject, publicKey, years = VALID, extensions } = options;
  const [from, before] = years.map((year) => tagged(0x18, encoder.encode(`${year}0101000000Z`)));
  return sequence(
    tagged(0xa0, integer([2])), // version 3
    integer([serial]),
    algorithm(),
    issuer,
    sequence(from!, before!),
    subject,
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
}

async function signed(body: Uint8Array, privateKey: CryptoKey): Promise<string> {
  const plain = new Uint8Array(
    await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, new Uint8Array(body)),
  );
  const signature = sequence(integer(plain.subarray(0, 32)), integer(plain.subarray(32)));
  return pem("CERTIFICATE", sequence(body, algorithm(), tagged(0x03, bytes([0], signature))));
}

function nameOf(commonName: string): Uint8Array {
  const text = tagged(0x0c, encoder.encode(commonName));
  return sequence(tagged(0x31, sequence(tagged(0x06, OID.commonName), text)));
}

function extension(id: readonly number[], content: Uint8Array): Uint8Array {
  return sequence(tagged(0x06, id), boolean(true), tagged(0x04, content)); // critical
}

function algorithm(): Uint8Array {
  return sequence(tagged(0x06, OID.ecdsaWithSha256));
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, bytes(...parts));
}

function boolean(value: boolean): Uint8Array {
  return tagged(0x01, [value ? 0xff : 0]);
}

/** Not negative; big-endian. As few bytes as can be, and a leading one below 0x80. */
function integer(magnitude: ArrayLike<number>): Uint8Array {
  const digits = Array.from(magnitude);
  while (digits.length > 1 && digits[0] === 0) digits.shift();
  return tagged(0x02, digits[0]! >= 0x80 ? [0, ...digits] : digits);
}

function tagged(tag: number, content: ArrayLike<number>): Uint8Array {
  const { length } = content;
  if (length < 0x80) return bytes([tag, length], content);
  return bytes(length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff], content);
}

function bytes(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

function pem(label: string, der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
