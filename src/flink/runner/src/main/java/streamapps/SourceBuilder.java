package streamapps;

import java.time.Duration;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** Makes Flink's sources of those of a plan. */
final class SourceBuilder {
    /** So many records may wait for those of partitions that are behind. */
    private static final double WAITING_RECORDS = 100_000;
    /** A job that catches up reads more at a time than Kafka's clients do by default: each time costs by itself. */
    private static final String POLL_RECORDS = "2000";
    private static final Duration LEAST_DRIFT = Duration.ofSeconds(1);
    private static final Duration LARGEST_DRIFT = Duration.ofDays(1);
    /** Between two looks at how far apart in time the sources are. */
    private static final Duration ALIGNMENT_INTERVAL = Duration.ofMillis(100);

    private final StreamExecutionEnvironment env;
    private final JsonNode plan;
    private final InitialState initial;
    private final TopicFacts topics;
    private final Properties kafka;
    private final boolean sorts;
    private final long maxAheadMs;
    /**
     * How far apart in time sources may be; unset for a job without topics. Also where nothing is put into order: as many windows
     * are open as partitions are apart, and all of them are in each checkpoint.
     */
    private final Duration drift;

    /** @param topics null for a job without topics */
    SourceBuilder(StreamExecutionEnvironment env, JsonNode plan, InitialState initial, TopicFacts topics) throws Exception {
        this.env = env;
        this.plan = plan;
        this.initial = initial;
        this.topics = topics;
        this.kafka = JobBuilder.kafkaProperties(plan);
        this.sorts = JobBuilder.sorts(plan);
        this.maxAheadMs = JobBuilder.maxAheadMs(plan);
        this.drift = topics != null ? drift() : null;
    }

    /** The source that a stage begins with, of the parallelism that it can have. */
    SingleOutputStreamOperator<byte[]> source(JsonNode stage) throws Exception {
        boolean made = JobBuilder.reads(stage, "made");
        return (made ? made(stage.get("input")) : topic(stage)).uid(stage.get("uid").asText());
    }

    /**
     * How far apart in time sources may be. What matters is how much memory that takes, so it is the time in which their topics
     * have {@link #WAITING_RECORDS}.
     */
    private Duration drift() throws Exception {
        Set<String> inputs = new HashSet<>();
        for (JsonNode stage : plan.get("stages")) if (JobBuilder.reads(stage, "topic")) inputs.add(stage.get("input").get("topic").asText());
        double recordsPerMs = 0;
        for (String topic : inputs) recordsPerMs += topics.recordsPerMs(topic);
        double ms = Math.min(WAITING_RECORDS / recordsPerMs, LARGEST_DRIFT.toMillis());
        return Duration.ofMillis((long) Math.max(ms, LEAST_DRIFT.toMillis()));
    }

    private SingleOutputStreamOperator<byte[]> made(JsonNode input) {
        JsonNode end = input.get("end");
        JsonNode rate = input.get("ratePerSecond");
        MadeSource source = new MadeSource(
                input.get("first").asLong(), end.isNull() ? Long.MAX_VALUE : end.asLong(),
                rate.isNull() ? Double.POSITIVE_INFINITY : rate.asDouble(),
                isWorker(input.get("watermarks")));
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), input.get("name").asText()).setParallelism(1);
    }

    private SingleOutputStreamOperator<byte[]> topic(JsonNode stage) throws Exception {
        String uid = stage.get("uid").asText();
        JsonNode input = stage.get("input");
        KafkaSourceBuilder<byte[]> source = KafkaSource.<byte[]>builder()
                .setProperties(kafka)
                .setProperty("isolation.level", "read_committed")
                .setProperty("max.poll.records", POLL_RECORDS)
                .setTopics(input.get("topic").asText())
                .setGroupId(plan.get("jobName").asText())
                .setStartingOffsets(startingOffsets(uid, input))
                .setDeserializer(new TopicReading());
        IdleAtEnd idle = idleAtEnd(input.get("watermarks"));
        TopicSource topic;
        if (plan.get("bounded").asBoolean()) {
            topic = new FiniteTopic(source.setBounded(OffsetsInitializer.latest()).build());
        } else if (idle != null) {
            source.setProperty("interceptor.classes", PolledOffsets.class.getName()).setProperty(PolledOffsets.SOURCE, uid);
            boolean announces = sorts && !PositionOrder.outlets(stage).isEmpty();
            topic = new IdleAtEndTopic(source.build(), uid, kafka, idle, new IdleAtEndTopic.Announcement(announces, maxAheadMs));
        } else {
            topic = new PlainTopic(source.build());
        }
        if (isWorker(input.get("watermarks"))) topic = new AnnouncedTopic(topic);
        // A subtask without a partition would hold event time back for ever.
        int parallelism = Math.min(env.getParallelism(), topics.partitions(input.get("topic").asText()));
        return env.fromSource(topic, strategy(input.get("watermarks")), input.get("name").asText()).setParallelism(parallelism);
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
                    new EventTime(watermarks.get("outOfOrdernessMs").asLong(), maxAheadMs));
            case "order", "worker" -> sorts ? WatermarkStrategy.forGenerator(new OrderTime(maxAheadMs)) : null;
            default -> null;
        };
        if (strategy == null) return WatermarkStrategy.noWatermarks();
        if (drift != null) strategy = strategy.withWatermarkAlignment(plan.get("jobName").asText(), drift, ALIGNMENT_INTERVAL);
        return strategy;
    }

    /** Whether workers make event time. What Flink makes then serves the alignment of the sources alone. */
    private static boolean isWorker(JsonNode watermarks) {
        return watermarks.get("kind").asText().equals("worker");
    }

    /** When a partition without an end is waited for no longer; null: never. One that ends is waited for until it does. */
    private IdleAtEnd idleAtEnd(JsonNode watermarks) {
        if (watermarks.get("kind").asText().equals("order") || isWorker(watermarks)) return sorts ? IdleAtEnd.ORDER : null;
        long idleMs = watermarks.path("idleMs").asLong();
        return idleMs > 0 ? IdleAtEnd.forEventTime(idleMs) : null;
    }
}
