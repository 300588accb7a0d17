/** What Kafka reads when it starts. */

/** A place to listen at, beside the plain one. */
export interface KafkaListener {
  /** Capital letters and underscores. */
  readonly name: string;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** Kafka's properties for this listener, without the `listener.name.NAME.` before them. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** A listener and its port. */
export interface ListenerAt extends KafkaListener {
  readonly port: number;
}

/** Where this Kafka listens. */
export interface Listeners {
  /** Without encryption and login. */
  readonly broker: number;
  readonly controller: number;
  readonly more: readonly ListenerAt[];
}

/** The text of server.properties for one node that is broker and controller, with its data in `data`. */
export function serverProperties(data: string, { broker, controller, more }: Listeners): string {
  const listeners = [`PLAINTEXT://localhost:${broker}`, ...more.map(({ name, port }) => `${name}://localhost:${port}`)];
  const protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"];
  const properties = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@localhost:${controller}`,
    "controller.listener.names": "CONTROLLER",
    "listeners": [...listeners, `CONTROLLER://localhost:${controller}`].join(","),
    "advertised.listeners": listeners.join(","),
    "listener.security.protocol.map": [...protocols, ...more.map(({ name, protocol }) => `${name}:${protocol}`)].join(
      ",",
    ),
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": `${data}/logs`,
    "num.partitions": 1,
    "offsets.topic.num.partitions": 5,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 5,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // Else it waits 9 s after a kill() until the controller believes that its predecessor is dead.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "group.min.session.timeout.ms": 500,
    "group.initial.rebalance.delay.ms": 0,
    // On, though nothing of ours relies on it: so tests can prove that nothing of ours makes it happen.
    "auto.create.topics.enable": true,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "log.cleaner.backoff.ms": 1_000,
  };
  const ofListeners = more.flatMap(({ name, properties = {} }) =>
    Object.entries(properties).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value] as const)
  );
  // A line is a property, so that the line ends in a value are written as a backslash and "n".
  return [...Object.entries(properties), ...ofListeners]
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`).join("");
}
