/** A login with a bearer token, as the environment says. The names follow Kafka's `sasl.oauthbearer.…`. */
import type { BrokerSettings } from "../connectors/open_broker.ts";
import type { Environment } from "./environment.ts";
import { usable, UsageError } from "./flags.ts";
import { fileText, missing, type ReadFile, secretOf, setting } from "./kafka_variables.ts";

type TokenSettings = Extract<
  NonNullable<NonNullable<BrokerSettings["security"]>["sasl"]>,
  { readonly mechanism: "oauthbearer" }
>;

const PREFIX = "KAFKA_SASL_OAUTHBEARER_";
const [TOKEN, FILE, URL_OF] = [`${PREFIX}TOKEN`, `${PREFIX}TOKEN_FILE`, `${PREFIX}TOKEN_ENDPOINT_URL`];
const [ID, SECRET, SCOPE] = [`${PREFIX}CLIENT_ID`, `${PREFIX}CLIENT_SECRET`, `${PREFIX}SCOPE`];
const EXTENSIONS = `${PREFIX}EXTENSIONS`;

/**
 * Where the token comes from: KAFKA_SASL_OAUTHBEARER_TOKEN, a file that is read again at each login, or a server.
 * @throws {UsageError} naming the variable that cannot be used, or is missing beside another
 */
export function tokenSettings(env: Environment, readFile: ReadFile): TokenSettings {
  const ways = [TOKEN, FILE, URL_OF].filter((name) => setting(env, name) !== undefined);
  const [way, other] = ways;
  if (way === undefined) throw missing("KAFKA_SASL_MECHANISM", `${TOKEN}, ${FILE} or ${URL_OF}`);
  if (other !== undefined) throw new UsageError(`Cannot use both ${way} and ${other}: unset one`);
  const stray = [ID, SECRET, `${SECRET}_FILE`, SCOPE].find((name) => setting(env, name) !== undefined);
  if (way !== URL_OF && stray !== undefined) throw missing(stray, URL_OF);
  const extensions = extensionsOf(setting(env, EXTENSIONS));
  return { mechanism: "oauthbearer", token: token(), ...extensions !== undefined && { extensions } };

  function token(): TokenSettings["token"] {
    if (way === URL_OF) return endpointOf(env, readFile);
    if (way === TOKEN) {
      const text = checkToken(TOKEN, setting(env, TOKEN)!);
      return () => text;
    }
    const path = setting(env, FILE)!;
    const read = () => checkToken(FILE, fileText(FILE, path, readFile).trim());
    read(); // what is wrong from the beginning is a mistake
    return read;
  }
}

function endpointOf(env: Environment, readFile: ReadFile): Exclude<TokenSettings["token"], () => string> {
  const url = usable(URL_OF, () => parseUrl(setting(env, URL_OF)!));
  const clientId = setting(env, ID);
  if (clientId === undefined) throw missing(URL_OF, ID);
  const secret = secretOf(env, SECRET, readFile);
  if (secret === undefined) throw missing(URL_OF, `${SECRET} or ${SECRET}_FILE`);
  const scope = setting(env, SCOPE);
  return { url, clientId, clientSecret: () => secret, ...scope !== undefined && { scope } };
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SyntaxError("it is not a URL such as https://host/token");
  }
  if (url.username !== "" || url.password !== "") {
    throw new SyntaxError(`it holds a login; that belongs in ${ID} and ${SECRET}`);
  }
  return url.href;
}

/** A token's text is never part of an error. */
function checkToken(name: string, text: string): string {
  if (/^[\w.~+/-]+=*$/.test(text)) return text;
  throw new UsageError(
    `Cannot use ${name}: it holds ${text === "" ? "nothing" : "characters that no bearer token has"}`,
  );
}

/** `logicalCluster=lkc-1,identityPoolId=pool-2` */
function extensionsOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(",").map((pair): [string, string] => {
      const [, name, value] = /^\s*([A-Za-z]+)=([\x20-\x7e]+?)\s*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined || name === "auth") {
        throw new UsageError(`Cannot use ${EXTENSIONS}: it takes name=value pairs with commas between, and no "auth"`);
      }
      return [name, value];
    }),
  );
}
