package streamapps;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Makes a job that reads nothing but the savepoint of another one, and writes all of its state into a topic: the operators of the
 * other are in it by their uids, with the same state, and others in their place.
 */
final class ExportBuilder {
    private static final TypeInformation<byte[]> BYTES = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

    private final StreamExecutionEnvironment env;
    private final JsonNode plan;
    private final List<DataStream<byte[]>> found = new ArrayList<>();

    ExportBuilder(StreamExecutionEnvironment env, JsonNode plan) {
        this.env = env;
        this.plan = plan;
    }

    /** @param topic of one partition */
    void build(String topic) {
        env.setParallelism(1);
        for (JsonNode stage : plan.get("stages")) if (JobBuilder.reads(stage, "topic")) addSource(stage);
        // What the operators of stages and sinks are tied to; no record comes to them.
        DataStream<byte[]> nothing = found.get(0).filter(any -> false);
        for (JsonNode stage : plan.get("stages")) {
            if (JobBuilder.states(stage).isEmpty()) continue;
            boolean keyed = stage.get("input").path("keyed").asBoolean();
            found.add((keyed ? nothing.keyBy(Element::keyText, Types.STRING) : nothing)
                    .transform("state of a stage", BYTES, new StageExport(stage.get("index").asInt(), keyed))
                    .uid(stage.get("uid").asText() + "/stage"));
        }
        for (String uid : sinks()) {
            found.add(nothing.transform("records that wait", BYTES, new SortExport(json(uid))).uid(uid + "/order"));
        }
        JobBuilder.union(found).sinkTo(KafkaSink.<byte[]>builder()
                .setRecordSerializer(new TopicWriting(topic, 1, null))
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setBootstrapServers(plan.get("kafka").get("bootstrap.servers").asText())
                .setKafkaProducerConfig(JobBuilder.kafkaProperties(plan))
                .setProperty("max.request.size", String.valueOf(8 << 20))
                .build());
    }

    private void addSource(JsonNode stage) {
        JsonNode input = stage.get("input");
        KafkaSource<byte[]> source = KafkaSource.<byte[]>builder()
                .setProperties(JobBuilder.kafkaProperties(plan))
                .setTopics(input.get("topic").asText())
                .setDeserializer(new TopicReading())
                .build();
        String uid = stage.get("uid").asText();
        found.add(env.fromSource(new PositionsTopic(source, json(uid)), WatermarkStrategy.noWatermarks(), input.get("name").asText())
                .uid(uid));
    }

    private Set<String> sinks() {
        Set<String> uids = new LinkedHashSet<>();
        for (JsonNode stage : plan.get("stages")) {
            for (JsonNode outlet : stage.get("outlets")) {
                boolean isSink = outlet.get("kind").asText().equals("topic") && !outlet.path("deadLetters").asBoolean();
                if (isSink) uids.add(outlet.get("uid").asText());
            }
        }
        return uids;
    }

    private static String json(String text) {
        return org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.TextNode.valueOf(text).toString();
    }
}
