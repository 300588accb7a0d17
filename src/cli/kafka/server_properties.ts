/** The server.properties of a Kafka process. */

/** A listener beside the plain one. */
export interface KafkaListener {
  /** Its name, in capital letters and underscores. */
  readonly name: string;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** Kafka's properties for this listener, without the `listener.name.NAME.` before them. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** A listener and its port. */
export interface ListenerAt extends KafkaListener {
  readonly port: number;
}

/** A process that is broker and controller, and its ports. */
export interface Node {
  readonly id: number;
  /** For clients, without encryption and login. */
  readonly port: number;
  readonly controller: number;
  /** The port for the other brokers, if that is not the one for clients, and the port that is advertised to them. */
  readonly replication?: { readonly port: number; readonly advertised: number };
}

/** The setup of one node, for its server.properties. */
export interface ServerSetup {
  /** The folder for its data. */
  readonly data: string;
  readonly node: Node;
  /** All nodes of its cluster, with this one. */
  readonly nodes: readonly Node[];
  /** Its other listeners. */
  readonly more: readonly ListenerAt[];
}

/** The text of server.properties for one node. */
export function serverProperties({ data, node, nodes, more }: ServerSetup): string {
  const { id, port, controller, replication } = node;
  const listeners = [`PLAINTEXT://localhost:${port}`, ...more.map(({ name, port }) => `${name}://localhost:${port}`)];
  const forBrokers = (port: number | undefined) => port === undefined ? [] : [`REPLICATION://localhost:${port}`];
  const protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", "REPLICATION:PLAINTEXT"];
  const properties = {
    "process.roles": "broker,controller",
    "node.id": id,
    "controller.quorum.voters": nodes.map(({ id, controller }) => `${id}@localhost:${controller}`).join(","),
    "controller.listener.names": "CONTROLLER",
    "listeners": [...listeners, ...forBrokers(replication?.port), `CONTROLLER://localhost:${controller}`].join(","),
    "advertised.listeners": [...listeners, ...forBrokers(replication?.advertised)].join(","),
    "listener.security.protocol.map": [...protocols, ...more.map(({ name, protocol }) => `${name}:${protocol}`)].join(
      ",",
    ),
    "inter.broker.listener.name": replication === undefined ? "PLAINTEXT" : "REPLICATION",
    "log.dirs": `${data}/logs`,
    "num.partitions": 1,
    "offsets.topic.num.partitions": 5,
    "transaction.state.log.num.partitions": 5,
    "share.coordinator.state.topic.num.partitions": 1,
    ...replicationFactors(nodes.length),
    // With the default it would wait after a kill() until the controller counts its predecessor as dead.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "group.min.session.timeout.ms": 500,
    "group.initial.rebalance.delay.ms": 0,
    // On, though nothing here relies on it, so that tests can prove that our clients never create a topic in this way.
    "auto.create.topics.enable": true,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "log.cleaner.backoff.ms": 1_000,
  };
  const ofListeners = more.flatMap(({ name, properties = {} }) =>
    Object.entries(properties).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value] as const)
  );
  // Each property is one line, so line ends in a value are written as a backslash and "n".
  return [...Object.entries(properties), ...ofListeners]
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`).join("");
}

/** A replica on each broker, but three at most; a record must be on all but one of them. */
function replicationFactors(brokers: number): Record<string, number> {
  const replicas = Math.min(brokers, 3);
  const inSync = Math.max(1, replicas - 1);
  return {
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
  };
}
