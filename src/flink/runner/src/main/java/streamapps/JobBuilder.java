package streamapps;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
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
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.flink.util.ParameterTool;

/** Makes Flink's job of a plan: a source for each topic, an operator for each stage, a sink for each topic that is written. */
final class JobBuilder {
    private static final TypeInformation<byte[]> BYTES = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

    /** So many records may wait for those of partitions that are behind. */
    private static final double WAITING_RECORDS = 100_000;
    /** A job that catches up reads and writes more at a time than Kafka's clients do by default: each time costs by itself. */
    private static final String POLL_RECORDS = "2000";
    private static final String WRITE_BYTES = String.valueOf(1 << 17);
    private static final Duration LEAST_DRIFT = Duration.ofSeconds(1);
    private static final Duration LARGEST_DRIFT = Duration.ofDays(1);
    /** Between two looks at how far apart in time the sources are. */
    private static final Duration ALIGNMENT_INTERVAL = Duration.ofMillis(100);

    private final StreamExecutionEnvironment env;
    private final JsonNode plan;
    private final WorkerLauncher launcher;
    private final InitialState initial;
    private final TopicFacts topics;
    /** How far apart in time sources may be; unset where their records are not put into order. */
    private final Duration drift;
    /** What leads to a stage, by the stage's index. */
    private final Map<Integer, List<DataStream<byte[]>>> exchanges = new HashMap<>();
    /** What leads to a sink, by the sink's uid. */
    private final Map<String, List<DataStream<byte[]>>> sinks = new LinkedHashMap<>();
    private final Map<String, JsonNode> sinkOutlets = new HashMap<>();

    JobBuilder(StreamExecutionEnvironment env, JsonNode submission, TopicFacts topics) throws Exception {
        this.env = env;
        this.plan = submission.get("plan");
        this.initial = new InitialState(submission.path("state"));
        this.topics = topics;
        this.drift = sorts() ? drift() : null;
        JsonNode worker = plan.get("worker");
        this.launcher = new DenoLauncher(
                submission.get("bundle").asText(), worker.get("bundleHash").asText(), texts(worker.get("flags")),
                texts(worker.get("arguments")), textMap(worker.get("environment")));
    }

    /**
     * How far apart in time sources may be. What matters is how much memory that takes, so it is the time in which their topics
     * have {@link #WAITING_RECORDS}.
     */
    private Duration drift() throws Exception {
        Set<String> inputs = new HashSet<>();
        for (JsonNode stage : plan.get("stages")) if (!isKeyed(stage)) inputs.add(stage.get("input").get("topic").asText());
        double recordsPerMs = 0;
        for (String topic : inputs) recordsPerMs += topics.recordsPerMs(topic);
        double ms = Math.min(WAITING_RECORDS / recordsPerMs, LARGEST_DRIFT.toMillis());
        return Duration.ofMillis((long) Math.max(ms, LEAST_DRIFT.toMillis()));
    }

    void build() throws Exception {
        env.getConfig().enableObjectReuse();
        // Shown on a page of Flink's, and what "deno task flink rescale" submits the job by again: nothing in it is secret.
        env.getConfig().setGlobalJobParameters(ParameterTool.fromMap(textMap(plan.get("submission"))));
        env.getConfig().setAutoWatermarkInterval(plan.get("watermarkIntervalMs").asLong());
        env.enableCheckpointing(
                plan.get("commitIntervalMs").asLong(),
                exactlyOnce() ? CheckpointingMode.EXACTLY_ONCE : CheckpointingMode.AT_LEAST_ONCE);
        for (JsonNode stage : plan.get("stages")) addStage(stage);
        for (var each : sinks.entrySet()) addSink(sinkOutlets.get(each.getKey()), union(each.getValue()));
    }

    static boolean isKeyed(JsonNode stage) {
        return stage.get("input").get("kind").asText().equals("exchange");
    }

    private void addStage(JsonNode stage) throws Exception {
        boolean keyed = isKeyed(stage);
        StageSpec spec = new StageSpec(
                stage.get("index").asInt(), stage.get("name").asText(), keyed, stage.get("eventTime").asBoolean(),
                keyed && plan.get("order").asText().equals("keys"), maxAheadMs(), stage.get("outlets").size(),
                plan.get("hash").asText(), plan.get("lingerMs").asLong(), plan.get("answerWithinMs").asLong());
        String uid = stage.get("uid").asText();
        SingleOutputStreamOperator<byte[]> out;
        if (keyed) {
            out = union(exchanges.get(spec.index())).keyBy(Element::keyText, Types.STRING)
                    .transform(spec.name(), BYTES, new StageOperator(spec, launcher, initial.stage(spec.index())));
        } else {
            // A subtask without a partition would hold event time back for ever.
            int parallelism = Math.min(env.getParallelism(), topics.partitions(stage.get("input").get("topic").asText()));
            out = source(uid, stage.get("input")).setParallelism(parallelism)
                    .transform(spec.name(), BYTES, new StageOperator(spec, launcher)).setParallelism(parallelism);
        }
        out.uid(uid + "/stage");
        int index = 0;
        for (JsonNode outlet : stage.get("outlets")) {
            DataStream<byte[]> stream = out.getSideOutput(StageOperator.outlet(index++));
            if (outlet.get("kind").asText().equals("exchange")) {
                exchanges.computeIfAbsent(outlet.get("stage").asInt(), key -> new ArrayList<>()).add(stream);
            } else {
                String sink = outlet.get("uid").asText();
                sinks.computeIfAbsent(sink, key -> new ArrayList<>()).add(stream);
                sinkOutlets.put(sink, outlet);
            }
        }
    }

    private SingleOutputStreamOperator<byte[]> source(String uid, JsonNode input) {
        KafkaSourceBuilder<byte[]> source = KafkaSource.<byte[]>builder()
                .setProperties(kafkaProperties())
                .setProperty("isolation.level", "read_committed")
                .setProperty("max.poll.records", POLL_RECORDS)
                .setTopics(input.get("topic").asText())
                .setGroupId(plan.get("jobName").asText())
                .setStartingOffsets(startingOffsets(uid, input))
                .setDeserializer(new TopicReading());
        IdleAtEnd idle = idleAtEnd(input.get("watermarks"));
        Source<byte[], ?, ?> topic;
        if (plan.get("bounded").asBoolean()) {
            topic = new FiniteTopic(source.setBounded(OffsetsInitializer.latest()).build());
        } else if (idle != null) {
            source.setProperty("interceptor.classes", PolledOffsets.class.getName()).setProperty(PolledOffsets.SOURCE, uid);
            topic = new IdleAtEndTopic(source.build(), uid, kafkaProperties(), idle);
        } else {
            topic = source.build();
        }
        return env.fromSource(topic, strategy(input.get("watermarks")), input.get("name").asText()).uid(uid);
    }

    private OffsetsInitializer startingOffsets(String uid, JsonNode input) {
        var positions = initial.positions(uid, input.get("topic").asText());
        // A partition that is new since is read from its beginning.
        if (!positions.isEmpty()) return OffsetsInitializer.offsets(positions, OffsetResetStrategy.EARLIEST);
        JsonNode from = input.get("from");
        if (from.isNumber()) return OffsetsInitializer.timestamp(from.asLong());
        return from.asText().equals("earliest") ? OffsetsInitializer.earliest() : OffsetsInitializer.latest();
    }

    private WatermarkStrategy<byte[]> strategy(JsonNode watermarks) {
        WatermarkStrategy<byte[]> strategy = switch (watermarks.get("kind").asText()) {
            case "bounded" -> WatermarkStrategy.forGenerator(
                    new EventTime(watermarks.get("outOfOrdernessMs").asLong(), maxAheadMs()));
            case "order" -> sorts() ? WatermarkStrategy.forGenerator(new OrderTime(maxAheadMs())) : null;
            default -> null;
        };
        if (strategy == null) return WatermarkStrategy.noWatermarks();
        if (drift != null) strategy = strategy.withWatermarkAlignment(plan.get("jobName").asText(), drift, ALIGNMENT_INTERVAL);
        return strategy;
    }

    /** When a partition without an end is waited for no longer; null: never. One that ends is waited for until it does. */
    private IdleAtEnd idleAtEnd(JsonNode watermarks) {
        if (watermarks.get("kind").asText().equals("order")) return sorts() ? IdleAtEnd.ORDER : null;
        long idleMs = watermarks.path("idleMs").asLong();
        return idleMs > 0 ? IdleAtEnd.forEventTime(idleMs) : null;
    }

    private long maxAheadMs() {
        JsonNode maxAheadMs = plan.get("maxAheadMs");
        return maxAheadMs.isNull() ? Long.MAX_VALUE : maxAheadMs.asLong();
    }

    private void addSink(JsonNode outlet, DataStream<byte[]> unordered) throws Exception {
        String topic = outlet.get("topic").asText();
        String uid = outlet.get("uid").asText();
        boolean deadLetters = outlet.path("deadLetters").asBoolean();
        int partitions = deadLetters ? 1 : topics.partitions(topic);
        DataStream<byte[]> stream = deadLetters ? unordered : inOrder(unordered, outlet, partitions);
        Properties properties = kafkaProperties();
        var sink = KafkaSink.<byte[]>builder()
                .setRecordSerializer(new TopicWriting(topic, partitions, deadLetters ? kafkaProperties() : null))
                .setDeliveryGuarantee(exactlyOnce() ? DeliveryGuarantee.EXACTLY_ONCE : DeliveryGuarantee.AT_LEAST_ONCE)
                .setTransactionalIdPrefix(plan.get("jobName").asText() + "-" + uid)
                .setBootstrapServers(properties.getProperty("bootstrap.servers"))
                .setKafkaProducerConfig(properties)
                .setProperty("batch.size", WRITE_BYTES)
                .setProperty("transaction.timeout.ms", plan.get("transactionTimeoutMs").asText());
        if (deadLetters) sink.setProperty("max.request.size", String.valueOf(8 << 20));
        if (outlet.hasNonNull("compression")) sink.setProperty("compression.type", outlet.get("compression").asText());
        var written = stream.sinkTo(sink.build()).name(outlet.get("name").asText()).uid(uid);
        // Dead letters are few: one producer is enough, where each has a thread, and a transaction for each checkpoint.
        if (deadLetters) written.setParallelism(1);
    }

    /** Each partition's records in one subtask and in the order of their times. */
    private DataStream<byte[]> inOrder(DataStream<byte[]> stream, JsonNode outlet, int partitions) {
        String uid = outlet.get("uid").asText();
        boolean sorts = sorts() && outlet.get("ordered").asBoolean();
        DataStream<byte[]> grouped = sorts
                ? stream.partitionCustom(new ByPartition(), element -> Element.targetPartition(element, partitions))
                : stream;
        // Also where nothing is sorted: a checkpoint may have records that wait.
        return grouped.transform("in order", BYTES, new SortOperator(sorts, partitions, maxAheadMs(), initial.waiting(uid)))
                .uid(uid + "/order");
    }

    private boolean sorts() {
        return !plan.get("order").asText().equals("none");
    }

    private boolean exactlyOnce() {
        return plan.get("delivery").asText().equals("exactly-once");
    }

    private Properties kafkaProperties() {
        return kafkaProperties(plan);
    }

    /** Settings of Kafka's clients. */
    static Properties kafkaProperties(JsonNode plan) {
        Properties properties = new Properties();
        properties.putAll(textMap(plan.get("kafka")));
        return properties;
    }

    static DataStream<byte[]> union(List<DataStream<byte[]>> streams) {
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
