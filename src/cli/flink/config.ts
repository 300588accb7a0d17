/** The settings of a local Flink cluster, as the files that its processes read. */

/** What differs from one cluster to another. */
export interface ClusterSettings {
  /** The absolute path of the folder that holds all files of the cluster. */
  readonly dir: string;
  /** Of the dashboard and the REST interface. */
  readonly port: number;
  /** Of ZooKeeper, which keeps what must outlive a JobManager. */
  readonly zooKeeperPort: number;
  /** How many tasks of one kind a TaskManager runs. */
  readonly slots: number;
  /** The Deno that workers run on. */
  readonly deno: string;
}

/**
 * `config.yaml`. Where it is not Flink's default:
 *
 * - `failover-strategy: full`: with the default, Flink 2.2.1 loses records of a job that ends by itself when a TaskManager dies
 *   after some tasks have finished (docs/scaling.md).
 * - Restarts without end, with growing pauses: a new TaskManager may take longer to come than any number of attempts.
 * - High availability by ZooKeeper: jobs outlive a JobManager that is killed and started again. A new one waits for the end of the
 *   old one's session, which is short. A JobManager that ZooKeeper answers late stays the leader until its session is over: else all
 *   jobs would start again whenever the machine is busy for some seconds.
 * - A process that is killed is noticed by its connections. Heartbeats find one that is frozen; they, and answers of one process to
 *   another, have time for a machine that is busy with something else.
 */
export function configYaml({ dir, port, zooKeeperPort, slots, deno }: ClusterSettings): string {
  const settings: Record<string, string | number | boolean> = {
    "rest.address": "localhost",
    "rest.bind-address": "localhost",
    "rest.port": port,
    "jobmanager.rpc.address": "localhost",
    "jobmanager.bind-host": "localhost",
    "jobmanager.memory.heap.size": "320mb",
    "jobmanager.execution.failover-strategy": "full",
    "taskmanager.host": "localhost",
    "taskmanager.bind-host": "localhost",
    "taskmanager.numberOfTaskSlots": slots,
    "io.tmp.dirs": `${dir}/tmp`,
    "web.upload.dir": `${dir}/jars`,
    "execution.checkpointing.dir": `file://${dir}/checkpoints`,
    "execution.checkpointing.savepoint-dir": `file://${dir}/savepoints`,
    "state.backend.type": "hashmap",
    "high-availability.type": "zookeeper",
    "high-availability.zookeeper.quorum": `localhost:${zooKeeperPort}`,
    "high-availability.storageDir": `file://${dir}/ha`,
    "high-availability.cluster-id": "/local",
    "high-availability.zookeeper.client.session-timeout": "15 s",
    "high-availability.zookeeper.client.tolerate-suspended-connections": true,
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "500 ms",
    "restart-strategy.exponential-delay.max-backoff": "10 s",
    "heartbeat.interval": 2000,
    "heartbeat.timeout": 30_000,
    "pekko.ask.timeout": "60 s",
    "taskmanager.slot.timeout": "60 s",
    "stream-apps.deno": deno,
  };
  return Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join("");
}

/** `zoo.cfg` of a ZooKeeper that stands alone. */
export function zooKeeperConfig({ dir, zooKeeperPort }: ClusterSettings): string {
  return `tickTime=2000
dataDir=${dir}/zookeeper
clientPort=${zooKeeperPort}
clientPortAddress=localhost
admin.enableServer=false
server.1=localhost
`;
}

/**
 * The id of the job stands in each line that a task of it logs. Flink's log at INFO and the Kafka client's at WARN, into the file that
 * the process's output goes to. What coordinates sources would log each look at how far apart in time they are, several times a
 * second; ZooKeeper's client an error for each connection without a login, which is how all of them are here.
 */
export const LOG4J_XML = `<Configuration>
  <Appenders>
    <Console name="console">
      <PatternLayout pattern="%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %notEmpty{[%X{flink-job-id}] }%c{1} %t - %m%n%ex"/>
    </Console>
  </Appenders>
  <Loggers>
    <Logger name="org.apache.kafka" level="WARN"/>
    <Logger name="org.apache.flink.runtime.source.coordinator.SourceCoordinator" level="WARN"/>
    <Logger name="org.apache.flink.shaded.zookeeper3" level="FATAL"/>
    <Logger name="org.apache.flink.shaded.curator5" level="FATAL"/>
    <Root level="INFO"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
`;

const OPENED = ["lang", "lang.reflect", "util", "util.concurrent", "time", "net", "io", "nio", "text"];

/**
 * Java's flags for a process of a cluster: Flink reads classes of the JDK that Java 17 keeps closed, and hands out the log by
 * `log.file`. Its remoting ends the process if it has not started in time, and takes that time from nowhere but here.
 */
export function javaFlags(dir: string, name: string): string[] {
  return [
    ...[...OPENED.map((name) => `java.${name}`), "sun.nio.ch"].map((name) =>
      `--add-opens=java.base/${name}=ALL-UNNAMED`
    ),
    "-XX:+UseSerialGC",
    "-Dpekko.remote.classic.startup-timeout=120s",
    `-Dlog4j.configurationFile=${dir}/conf/log4j.xml`,
    `-Dlog.file=${dir}/log/${name}.log`,
  ];
}

/**
 * A TaskManager's memory. Flink's own start scripts compute these and want every one of them; workers are processes of their own
 * and not part of it.
 */
const TASK_MANAGER_MEMORY: Readonly<Record<string, string>> = {
  "taskmanager.cpu.cores": "2",
  "taskmanager.memory.task.heap.size": "384mb",
  "taskmanager.memory.framework.heap.size": "128mb",
  "taskmanager.memory.network.min": "64mb",
  "taskmanager.memory.network.max": "64mb",
  "taskmanager.memory.managed.size": "64mb",
  "taskmanager.memory.framework.off-heap.size": "128mb",
  "taskmanager.memory.task.off-heap.size": "64mb",
  "taskmanager.memory.jvm-metaspace.size": "192mb",
  "taskmanager.memory.jvm-overhead.min": "192mb",
  "taskmanager.memory.jvm-overhead.max": "192mb",
};

/** A process of a cluster. */
export interface ClusterProcess {
  /** "jobmanager", "taskmanager-1": names its log and its pid file. */
  readonly name: string;
  /** What Java is started with, its own flags first. */
  readonly java: readonly string[];
}

/** The processes of a cluster, in the order in which they are started. */
export function clusterProcesses(dir: string, taskManagers: number): ClusterProcess[] {
  const conf = ["--configDir", `${dir}/conf`];
  const zooKeeper = [
    "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
    ...["--zkConfigFile", `${dir}/conf/zoo.cfg`, "--peerId", "1"],
  ];
  const jobManager = ["org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", ...conf];
  const memory = Object.entries(TASK_MANAGER_MEMORY).flatMap(([name, value]) => ["-D", `${name}=${value}`]);
  const taskManager = ["org.apache.flink.runtime.taskexecutor.TaskManagerRunner", ...conf, ...memory];
  return [
    { name: "zookeeper", java: ["-Xmx64m", ...zooKeeper] },
    { name: "jobmanager", java: ["-Xms320m", "-Xmx320m", ...jobManager] },
    ...Array.from({ length: taskManagers }, (_, i) => ({
      name: `taskmanager-${i + 1}`,
      java: ["-Xms512m", "-Xmx512m", "-XX:MaxDirectMemorySize=256m", "-XX:MaxMetaspaceSize=192m", ...taskManager],
    })),
  ];
}
