package streamapps;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiConsumer;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ParameterTool;

/** Makes Flink's job of a plan: a source for each topic, an operator for each stage, a sink for each topic that is written. */
final class JobBuilder {
    private static final TypeInformation<byte[]> BYTES = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

    private final StreamExecutionEnvironment env;
    private final JsonNode plan;
    private final WorkerLauncher launcher;
    /** What leads to a stage, by the stage's index. */
    private final Map<Integer, List<DataStream<byte[]>>> exchanges = new HashMap<>();
    /** What leads to a sink, by the sink's uid. */
    private final Map<String, List<DataStream<byte[]>>> sinks = new LinkedHashMap<>();
    private final Map<String, JsonNode> sinkOutlets = new HashMap<>();

    JobBuilder(StreamExecutionEnvironment env, JsonNode plan, String bundle) {
        this.env = env;
        this.plan = plan;
        JsonNode worker = plan.get("worker");
        this.launcher = new DenoLauncher(
                bundle, worker.get("bundleHash").asText(), texts(worker.get("flags")), texts(worker.get("arguments")),
                textMap(worker.get("environment")));
    }

    void build() {
        env.getConfig().enableObjectReuse();
        // Shown on a page of Flink's, and what "deno task flink rescale" submits the job by again: nothing in it is secret.
        env.getConfig().setGlobalJobParameters(ParameterTool.fromMap(textMap(plan.get("submission"))));
        env.getConfig().setAutoWatermarkInterval(plan.get("watermarkIntervalMs").asLong());
        env.enableCheckpointing(
                plan.get("commitIntervalMs").asLong(),
                exactlyOnce() ? CheckpointingMode.EXACTLY_ONCE : CheckpointingMode.AT_LEAST_ONCE);
        for (JsonNode stage : plan.get("stages")) addStage(stage);
        sinks.forEach((uid, streams) -> addSink(sinkOutlets.get(uid), union(streams)));
    }

    private void addStage(JsonNode stage) {
        JsonNode input = stage.get("input");
        boolean keyed = input.get("kind").asText().equals("exchange");
        StageSpec spec = new StageSpec(
                stage.get("index").asInt(), stage.get("name").asText(), keyed, stage.get("outlets").size(),
                plan.get("hash").asText(), plan.get("lingerMs").asLong(), plan.get("answerWithinMs").asLong());
        DataStream<byte[]> in = keyed
                ? union(exchanges.get(spec.index())).keyBy(Element::keyText, Types.STRING)
                : source(stage.get("uid").asText(), input);
        SingleOutputStreamOperator<byte[]> out =
                in.transform(spec.name(), BYTES, new StageOperator(spec, launcher)).uid(stage.get("uid").asText() + "/stage");
        int index = 0;
        for (JsonNode outlet : stage.get("outlets")) {
            DataStream<byte[]> stream = out.getSideOutput(StageOperator.outlet(index++));
            if (outlet.get("kind").asText().equals("exchange")) {
                exchanges.computeIfAbsent(outlet.get("stage").asInt(), key -> new ArrayList<>()).add(stream);
            } else {
                String uid = outlet.get("uid").asText();
                sinks.computeIfAbsent(uid, key -> new ArrayList<>()).add(stream);
                sinkOutlets.put(uid, outlet);
            }
        }
    }

    private DataStream<byte[]> source(String uid, JsonNode input) {
        KafkaSourceBuilder<byte[]> source = KafkaSource.<byte[]>builder()
                .setProperties(kafkaProperties())
                .setProperty("isolation.level", "read_committed")
                .setTopics(input.get("topic").asText())
                .setGroupId(plan.get("jobName").asText())
                .setStartingOffsets(startingOffsets(input.get("from")))
                .setDeserializer(new TopicReading());
        boolean bounded = plan.get("bounded").asBoolean();
        if (bounded) source.setBounded(OffsetsInitializer.latest());
        Source<byte[], ?, ?> topic = bounded ? new FiniteTopic(source.build()) : source.build();
        return env.fromSource(topic, strategy(input.get("watermarks")), input.get("name").asText()).uid(uid);
    }

    private static OffsetsInitializer startingOffsets(JsonNode from) {
        if (from.isNumber()) return OffsetsInitializer.timestamp(from.asLong());
        return from.asText().equals("earliest") ? OffsetsInitializer.earliest() : OffsetsInitializer.latest();
    }

    private static WatermarkStrategy<byte[]> strategy(JsonNode watermarks) {
        if (watermarks.get("kind").asText().equals("none")) return WatermarkStrategy.noWatermarks();
        JsonNode maxAheadMs = watermarks.get("maxAheadMs");
        WatermarkStrategy<byte[]> strategy = WatermarkStrategy.forGenerator(new EventTime(
                watermarks.get("outOfOrdernessMs").asLong(), maxAheadMs.isNull() ? Long.MAX_VALUE : maxAheadMs.asLong()));
        long idleMs = watermarks.get("idleMs").asLong();
        return idleMs > 0 ? strategy.withIdleness(Duration.ofMillis(idleMs)) : strategy;
    }

    private void addSink(JsonNode outlet, DataStream<byte[]> stream) {
        String topic = outlet.get("topic").asText();
        String uid = outlet.get("uid").asText();
        Properties properties = kafkaProperties();
        var sink = KafkaSink.<byte[]>builder()
                .setRecordSerializer(new TopicWriting(topic, outlet.path("deadLetters").asBoolean() ? kafkaProperties() : null))
                .setDeliveryGuarantee(exactlyOnce() ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
                .setTransactionalIdPrefix(plan.get("jobName").asText() + "-" + uid)
                .setBootstrapServers(properties.getProperty("bootstrap.servers"))
                .setKafkaProducerConfig(properties)
                .setProperty("transaction.timeout.ms", plan.get("transactionTimeoutMs").asText());
        if (outlet.path("deadLetters").asBoolean()) sink.setProperty("max.request.size", String.valueOf(8 << 20));
        if (outlet.hasNonNull("compression")) sink.setProperty("compression.type", outlet.get("compression").asText());
        stream.sinkTo(sink.build()).name(outlet.get("name").asText()).uid(uid);
    }

    private boolean exactlyOnce() {
        return plan.get("delivery").asText().equals("exactly-once");
    }

    private Properties kafkaProperties() {
        Properties properties = new Properties();
        properties.putAll(textMap(plan.get("kafka")));
        return properties;
    }

    private static DataStream<byte[]> union(List<DataStream<byte[]>> streams) {
        DataStream<byte[]> all = streams.get(0);
        for (DataStream<byte[]> other : streams.subList(1, streams.size())) all = all.union(other);
        return all;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static Map<String, String> textMap(JsonNode object) {
        Map<String, String> map = new HashMap<>();
        BiConsumer<String, JsonNode> put = (name, value) -> map.put(name, value.asText());
        object.properties().forEach(each -> put.accept(each.getKey(), each.getValue()));
        return map;
    }
}
