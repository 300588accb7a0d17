package streamapps;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Runs a job of the TypeScript project on a Flink cluster.
 *
 * Its one argument is the submission, JSON that was compressed by gzip and written in base64: {@code src/flink/submission.ts}. As
 * an argument it stands in no log and on no page of Flink's dashboard.
 */
public final class Runner {
    private Runner() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("The runner takes one argument; use \"deno task flink run\" to submit a job");
        }
        JsonNode submission = read(arguments[0]);
        JsonNode plan = submission.get("plan");
        int version = plan.get("protocol").asInt();
        if (version != Frame.VERSION) {
            throw new IllegalArgumentException(
                    "The job was submitted for version " + version + " of the protocol, this runner has version " + Frame.VERSION);
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        String name = plan.get("jobName").asText();
        if (submission.has("exportTo")) {
            new ExportBuilder(env, plan).build(submission.get("exportTo").asText());
            env.execute("export of " + name);
            return;
        }
        boolean hasTopics = !plan.get("kafka").isEmpty();
        try (TopicFacts topics = hasTopics ? new AskedTopicFacts(JobBuilder.kafkaProperties(plan)) : null) {
            new JobBuilder(env, submission, topics).build();
        }
        env.execute(name);
    }

    private static JsonNode read(String argument) throws IOException {
        byte[] compressed = Base64.getDecoder().decode(argument);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
            return new ObjectMapper().readTree(in);
        }
    }
}
