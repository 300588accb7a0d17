/** TLS and a login of Kafka travel with a job, and stand on no page of Flink's and in no log. */
import { assert, assertEquals } from "@std/assert";
import { startKafka } from "../../src/cli/kafka.ts";
import { Authority } from "../connectors/certificates.ts";
import { succeed, type TestBroker } from "../e2e/programs.ts";
import { liveTest, type LiveWorld } from "./live.ts";

const PASSWORD = "swordfish-on-flink";
const ALL = ["--from", "earliest", "--bounded", "--now", "2026-11-01T00:00:00"];

liveTest("a job reads and writes behind mutual TLS and a login, and no secret is shown", async (world) => {
  const authority = await Authority.create("the authority");
  const client = await authority.issue("a client");
  const server = await authority.issue("a broker", { hosts: ["localhost"] });
  const dir = await Deno.makeTempDir();
  const kafka = await startKafka({
    listeners: [{
      name: "SAFE",
      protocol: "SASL_SSL",
      properties: {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": server.cert,
        "ssl.keystore.key": server.key,
        "ssl.client.auth": "required",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.cert,
        "sasl.enabled.mechanisms": "PLAIN",
        "plain.sasl.jaas.config":
          `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="${PASSWORD}";`,
      },
    }],
  });
  try {
    for (const [name, text] of Object.entries({ ca: authority.cert, cert: client.cert, key: client.key })) {
      await Deno.writeTextFile(`${dir}/${name}.pem`, text);
    }
    const broker: TestBroker = {
      name: "Kafka",
      env: {
        FLINK_REST: world.rest.address,
        BOOTSTRAP_SERVERS: kafka.listeners.SAFE!,
        KAFKA_SSL: "true",
        KAFKA_SSL_CA: `${dir}/ca.pem`,
        KAFKA_SSL_CERT: `${dir}/cert.pem`,
        KAFKA_SSL_KEY: `${dir}/key.pem`,
        KAFKA_SASL_MECHANISM: "PLAIN",
        KAFKA_SASL_USERNAME: "alice",
        KAFKA_SASL_PASSWORD: PASSWORD,
      },
    };
    await succeed(broker, "gen", ["--create", "--seed", "7", "--rate", "max", "--count", "500"]);
    const job = ["flink", ["run", "src/s16_merge.ts", "--", ...ALL]] as const;
    const id = (await succeed(broker, ...job)).stdout.trim();
    const { stdout } = await succeed(broker, "topics", ["read", "flightdata", "--bounded", "--json"]);
    assertEquals(stdout.trimEnd().split("\n").length, 1_000);

    const shown = await allThatIsShown(world, id);
    assert(shown.includes("flight_importer") && shown.length > 10_000);
    const keyLine = client.key.split("\n")[2]!;
    assert(keyLine.length > 40);
    for (const secret of [PASSWORD, keyLine, btoa(PASSWORD)]) assert(!shown.includes(secret), `${secret} is shown`);
  } finally {
    await kafka.stop();
    await Deno.remove(dir, { recursive: true });
  }
});

/** Answers of Flink's REST interface about the job and the cluster, and the cluster's logs. */
async function allThatIsShown({ rest, cluster }: LiveWorld, id: string): Promise<string> {
  const { vertices } = await rest.job(id);
  const paths = [
    ...["/overview", "/config", "/jars", "/jobs/overview", "/jobmanager/config", "/jobmanager/environment"],
    ...["", "/config", "/plan", "/exceptions", "/checkpoints", "/checkpoints/config", "/accumulators"].map((path) =>
      `/jobs/${id}${path}`
    ),
    ...vertices.map((vertex) => `/jobs/${id}/vertices/${vertex.id}`),
  ];
  const texts = await Promise.all(paths.map(async (path) => await (await fetch(rest.address + path)).text()));
  for await (const { name } of Deno.readDir(`${cluster.dir}/log`)) {
    texts.push(await Deno.readTextFile(`${cluster.dir}/log/${name}`));
  }
  return texts.join("\n");
}
