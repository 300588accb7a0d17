import type { Broker } from "./broker.ts";
import { BrokerError } from "./broker_errors.ts";

/**
 * A broker for jobs that are described and not run, as for `--explain`: sources and sinks can be made of it, and whatever would
 * need a broker is refused.
 */
export function unopenedBroker(): Broker {
  const refuse = () =>
    Promise.reject(new BrokerError("Cannot use a broker: none is open, as the job was only to be described"));
  const close = () => Promise.resolve();
  const own = { kind: "embedded", description: "no broker", close, [Symbol.asyncDispose]: close };
  return new Proxy(own, {
    // A promise may be resolved with it, which asks for then().
    get: (target, name) => name in target || name === "then" ? Reflect.get(target, name) : refuse,
  }) as unknown as Broker;
}
