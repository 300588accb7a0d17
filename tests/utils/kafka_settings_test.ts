import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { brokerSettings, UsageError } from "../../src/utils.ts";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nTOPSECRETKEY\n-----END PRIVATE KEY-----\n";

const FILES: Readonly<Record<string, string>> = {
  "ca.pem": `# ours\n${CERTIFICATE}${CERTIFICATE}`,
  "cert.pem": CERTIFICATE,
  "key.pem": KEY,
  "rsa.pem": KEY.replaceAll("PRIVATE", "RSA PRIVATE"),
  "encrypted.pem": KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"),
  "password": " of a file \r\n",
  "empty": "\n",
  "der": "\u0030\u0082\u0001",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Deno.errors.NotFound("No such file or directory (os error 2): readfile '/x'");
  return text;
}

function security(values: Record<string, string>): ReturnType<typeof brokerSettings>["security"] {
  const all: Record<string, string> = { BOOTSTRAP_SERVERS: "localhost:9092", ...values };
  return brokerSettings({ get: (name) => all[name] }, readFile).security;
}

/** The name and password that are read. */
function passwordLogin(values: Record<string, string>) {
  const sasl = security(values)?.sasl;
  if (sasl === undefined || sasl.mechanism === "oauthbearer") throw new Error(`it is ${sasl?.mechanism}`);
  return sasl;
}

const TLS = { KAFKA_SSL: "true" };
const LOGIN = { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "alice", KAFKA_SASL_PASSWORD: "s3cret" };

Deno.test("brokerSettings() asks for neither TLS nor a login when nothing is said", () => {
  const nothing = { KAFKA_SSL: "", KAFKA_SSL_CA: " ", KAFKA_SASL_MECHANISM: "", KAFKA_SASL_PASSWORD: "" };
  assertEquals(security(nothing), undefined);
  assertEquals(security({ KAFKA_SSL: "false" }), undefined);
});

Deno.test("brokerSettings() reads what TLS needs from its files", () => {
  assertEquals(security({ KAFKA_SSL: "TRUE" }), { tls: {} });
  const tls = security({ ...TLS, KAFKA_SSL_CA: "ca.pem", KAFKA_SSL_CERT: " cert.pem ", KAFKA_SSL_KEY: "key.pem" })?.tls;
  assertEquals([tls?.ca, tls?.client?.cert, tls?.client?.key()], [FILES["ca.pem"], CERTIFICATE, KEY]);
  const rsa = security({ ...TLS, KAFKA_SSL_CERT: "cert.pem", KAFKA_SSL_KEY: "rsa.pem" })?.tls;
  assertEquals(rsa?.client?.key(), FILES["rsa.pem"]);
});

Deno.test("brokerSettings() reads a login, its password as it is, from a variable or a file", () => {
  const sasl = passwordLogin({ ...LOGIN, KAFKA_SASL_PASSWORD: " a b " });
  assertEquals([sasl.mechanism, sasl.username, sasl.password()], ["plain", "alice", " a b "]);
  const file = { ...LOGIN, KAFKA_SASL_PASSWORD: "", KAFKA_SASL_PASSWORD_FILE: "password" };
  assertEquals(passwordLogin(file).password(), " of a file ");
  for (const mechanism of ["PLAIN", "Scram-Sha-256", "SCRAM-SHA-512"]) {
    assertEquals(security({ ...LOGIN, KAFKA_SASL_MECHANISM: mechanism })?.sasl?.mechanism, mechanism.toLowerCase());
  }
});

Deno.test("brokerSettings() uses a login for BOOTSTRAP_SERVERS alone", () => {
  for (const values of [LOGIN, TLS]) {
    const nameless = { ...values, BOOTSTRAP_SERVERS: "" };
    assertThrows(() => security(nameless), UsageError, "without BOOTSTRAP_SERVERS");
    assertThrows(() => security({ ...nameless, BROKER: "kafka" }), UsageError, "without BOOTSTRAP_SERVERS");
    assertEquals(security({ ...nameless, BROKER: "embedded" }), undefined);
  }
});

Deno.test("brokerSettings() names the variable of TLS or login that cannot be used, or is missing", () => {
  const client = { ...TLS, KAFKA_SSL_CERT: "cert.pem", KAFKA_SSL_KEY: "key.pem" };
  const fromFile = { ...LOGIN, KAFKA_SASL_PASSWORD: "" };
  const refused: [values: Record<string, string>, sentence: string][] = [
    [{ KAFKA_SSL: "yes" }, 'Cannot use KAFKA_SSL: "yes" is not one of true, false'],
    [{ KAFKA_SSL_CA: "ca.pem" }, "Cannot use KAFKA_SSL_CA without TLS: set KAFKA_SSL=true"],
    [{ ...client, KAFKA_SSL: "false" }, "Cannot use KAFKA_SSL_CERT without TLS: set KAFKA_SSL=true"],
    [{ ...client, KAFKA_SSL_KEY: "" }, "Cannot use KAFKA_SSL_CERT: KAFKA_SSL_KEY is missing"],
    [{ ...client, KAFKA_SSL_CERT: "" }, "Cannot use KAFKA_SSL_KEY: KAFKA_SSL_CERT is missing"],
    [{ ...TLS, KAFKA_SSL_CA: "none" }, "Cannot use KAFKA_SSL_CA as the path of a file: no such file or directory"],
    [{ ...TLS, KAFKA_SSL_CA: "der" }, 'Cannot use KAFKA_SSL_CA: the file holds no PEM text with "BEGIN CERTIFICATE"'],
    [
      { ...client, KAFKA_SSL_KEY: "cert.pem" },
      'Cannot use KAFKA_SSL_KEY: the file holds no PEM text with "BEGIN PRIVATE KEY"',
    ],
    [
      { ...client, KAFKA_SSL_KEY: "encrypted.pem" },
      "Cannot use KAFKA_SSL_KEY: the key is encrypted; give one without a password that only you can read",
    ],
    [
      { ...LOGIN, KAFKA_SASL_MECHANISM: "gssapi" },
      'Cannot use KAFKA_SASL_MECHANISM: "gssapi" is not one of plain, scram-sha-256, scram-sha-512, oauthbearer',
    ],
    [{ ...LOGIN, KAFKA_SASL_MECHANISM: "" }, "Cannot use KAFKA_SASL_USERNAME: KAFKA_SASL_MECHANISM is missing"],
    [{ ...LOGIN, KAFKA_SASL_USERNAME: "" }, "Cannot use KAFKA_SASL_MECHANISM: KAFKA_SASL_USERNAME is missing"],
    [
      fromFile,
      "Cannot use KAFKA_SASL_MECHANISM: KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE is missing",
    ],
    [
      { ...LOGIN, KAFKA_SASL_PASSWORD_FILE: "password" },
      "Cannot use both KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE: unset one",
    ],
    [
      { ...fromFile, KAFKA_SASL_PASSWORD_FILE: "empty" },
      "Cannot use KAFKA_SASL_PASSWORD_FILE: the file is empty",
    ],
  ];
  for (const [values, sentence] of refused) {
    assertEquals(assertThrows(() => security(values), UsageError).message, sentence);
  }
});

Deno.test("brokerSettings() repeats no secret that stands where it does not belong", () => {
  const misplaced: Record<string, string>[] = [
    { ...TLS, KAFKA_SSL_CERT: "cert.pem", KAFKA_SSL_KEY: KEY },
    { ...TLS, KAFKA_SSL_CERT: "cert.pem", KAFKA_SSL_KEY: "TOPSECRETKEY" },
    { ...LOGIN, KAFKA_SASL_PASSWORD: "", KAFKA_SASL_PASSWORD_FILE: "TOPSECRETKEY" },
    { BOOTSTRAP_SERVERS: "alice:TOPSECRETKEY,x@localhost:9092" },
    { BOOTSTRAP_SERVERS: "alice@TOPSECRETKEY:9092" },
  ];
  for (const values of misplaced) {
    const error = assertThrows(() => security(values), UsageError);
    assertEquals(Deno.inspect(error).includes("TOPSECRETKEY"), false, error.message);
  }
});

Deno.test("brokerSettings() does not print its secrets, and says when it may not read them", () => {
  const all = { ...TLS, ...LOGIN, KAFKA_SSL_CERT: "cert.pem", KAFKA_SSL_KEY: "key.pem" };
  const shown = security(all);
  for (
    const text of [
      Deno.inspect(shown, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify(shown),
      `${shown}`,
    ]
  ) {
    assertEquals(/s3cret|TOPSECRETKEY/.test(text), false, text);
  }
  const env: Record<string, string> = { BOOTSTRAP_SERVERS: "localhost:9092", ...TLS, KAFKA_SSL_CA: "/x/ca.pem" };
  const denied = () => {
    throw new Deno.errors.NotCapable('Requires read access to "/x/ca.pem"');
  };
  const { message } = assertThrows(() => brokerSettings({ get: (name) => env[name] }, denied), UsageError);
  assertStringIncludes(message, "--allow-read");
});

const TOKEN = {
  KAFKA_SASL_MECHANISM: "OAUTHBEARER",
  KAFKA_SASL_OAUTHBEARER_TOKEN: "a.b.c",
};
const ENDPOINT = {
  KAFKA_SASL_MECHANISM: "oauthbearer",
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: "https://login.example/token",
  KAFKA_SASL_OAUTHBEARER_CLIENT_ID: "flights",
  KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: "s3cret",
};

function tokenSettings(values: Record<string, string>) {
  const sasl = security(values)?.sasl;
  if (sasl?.mechanism !== "oauthbearer") throw new Error(`it is ${sasl?.mechanism}`);
  return sasl;
}

Deno.test("brokerSettings() reads a token, or again and again the file that it is in", () => {
  const { token, extensions } = tokenSettings({
    ...TOKEN,
    KAFKA_SASL_OAUTHBEARER_EXTENSIONS: "logicalCluster=lkc-1, identityPoolId=pool=2",
  });
  assertEquals([(token as () => string)(), extensions], ["a.b.c", {
    logicalCluster: "lkc-1",
    identityPoolId: "pool=2",
  }]);

  const texts = [" first\n", "second\n", "third"];
  const file = {
    KAFKA_SASL_MECHANISM: "oauthbearer",
    KAFKA_SASL_OAUTHBEARER_TOKEN_FILE: "token",
    BOOTSTRAP_SERVERS: "a:1",
  };
  const settings = brokerSettings({ get: (name) => file[name as keyof typeof file] }, () => texts.shift()!);
  const { token: read } = settings.security!.sasl as { readonly token: () => string };
  assertEquals([read(), read()], ["second", "third"]);
});

Deno.test("brokerSettings() reads where tokens are to be had, and shows no secret", () => {
  const { token } = tokenSettings({ ...ENDPOINT, KAFKA_SASL_OAUTHBEARER_SCOPE: "kafka" });
  assertEquals({ ...token, clientSecret: (token as { clientSecret: () => string }).clientSecret() }, {
    url: "https://login.example/token",
    clientId: "flights",
    clientSecret: "s3cret",
    scope: "kafka",
  });
  const shown = Deno.inspect([security(ENDPOINT), security(TOKEN)], { depth: 9 });
  assertEquals(["s3cret", "a.b.c"].filter((secret) => shown.includes(secret)), []);
});

Deno.test("brokerSettings() names what is wrong with a login by token", () => {
  const cases: [values: Record<string, string>, says: string][] = [
    [{ KAFKA_SASL_MECHANISM: "oauthbearer" }, "KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL is missing"],
    [{ ...TOKEN, KAFKA_SASL_USERNAME: "ann" }, "Cannot use KAFKA_SASL_USERNAME with KAFKA_SASL_MECHANISM=oauthbearer"],
    [
      { ...LOGIN, KAFKA_SASL_OAUTHBEARER_TOKEN: "a" },
      "Cannot use KAFKA_SASL_OAUTHBEARER_TOKEN with KAFKA_SASL_MECHANISM=plain",
    ],
    [{ ...TOKEN, KAFKA_SASL_OAUTHBEARER_TOKEN_FILE: "password" }, "Cannot use both KAFKA_SASL_OAUTHBEARER_TOKEN and"],
    [
      { ...TOKEN, KAFKA_SASL_OAUTHBEARER_SCOPE: "x" },
      "Cannot use KAFKA_SASL_OAUTHBEARER_SCOPE: KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL is missing",
    ],
    [{ ...TOKEN, KAFKA_SASL_OAUTHBEARER_TOKEN: "top secret" }, "it holds characters that no bearer token has"],
    [{ ...TOKEN, KAFKA_SASL_OAUTHBEARER_EXTENSIONS: "auth=x" }, 'name=value pairs with commas between, and no "auth"'],
    [{ ...ENDPOINT, KAFKA_SASL_OAUTHBEARER_CLIENT_ID: "" }, "KAFKA_SASL_OAUTHBEARER_CLIENT_ID is missing"],
    [{ ...ENDPOINT, KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: "" }, "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET_FILE is missing"],
    [
      { ...ENDPOINT, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: "login.example" },
      "it is not a URL such as https://host/token",
    ],
    [{ ...ENDPOINT, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: "https://a:top@b/" }, "it holds a login"],
    [{ ...TOKEN, KAFKA_SASL_OAUTHBEARER_TOKEN: "", KAFKA_SASL_OAUTHBEARER_TOKEN_FILE: "empty" }, "it holds nothing"],
  ];
  for (const [values, says] of cases) {
    const error = assertThrows(() => security(values), UsageError);
    assertStringIncludes(error.message, says);
    assertEquals(/top|s3cret/.test(error.message), false);
  }
});
