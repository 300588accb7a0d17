package streamapps;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ParameterTool;

/** Makes Flink's job of a plan: a source for each topic, an operator for each stage, a sink for each topic that is written. */
final class JobBuilder {
    private static final TypeInformation<byte[]> BYTES = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

    /** A job that catches up writes more at a time than Kafka's clients do by default: each time costs by itself. */
    private static final String WRITE_BYTES = String.valueOf(1 << 17);

    private final StreamExecutionEnvironment env;
    private final JsonNode plan;
    private final WorkerLauncher launcher;
    private final InitialState initial;
    private final TopicFacts topics;
    private final SourceBuilder sources;
    /** What leads to a stage, by the stage's index. */
    private final Map<Integer, List<DataStream<byte[]>>> exchanges = new HashMap<>();
    /** What leads to all subtasks of a stage, by the stage's index. */
    private final Map<Integer, List<DataStream<byte[]>>> broadcasts = new HashMap<>();
    /** What leads to a sink, by the sink's uid. */
    private final Map<String, List<DataStream<byte[]>>> sinks = new LinkedHashMap<>();
    private final Map<String, JsonNode> sinkOutlets = new HashMap<>();

    /** @param topics null for a job without topics */
    JobBuilder(StreamExecutionEnvironment env, JsonNode submission, TopicFacts topics) throws Exception {
        this.env = env;
        this.plan = submission.get("plan");
        this.initial = new InitialState(submission.path("state"));
        this.topics = topics;
        this.sources = new SourceBuilder(env, plan, initial, topics);
        JsonNode worker = plan.get("worker");
        this.launcher = new DenoLauncher(
                submission.get("bundle").asText(), worker.get("bundleHash").asText(), texts(worker.get("flags")),
                texts(worker.get("arguments")), textMap(worker.get("environment")));
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

    /** Whether a stage's records come from there: "topic", "made" or "exchange". */
    static boolean reads(JsonNode stage, String kind) {
        return stage.get("input").get("kind").asText().equals(kind);
    }

    private void addStage(JsonNode stage) throws Exception {
        JsonNode input = stage.get("input");
        boolean keyed = input.path("keyed").asBoolean();
        StageSpec spec = new StageSpec(
                stage.get("index").asInt(), stage.get("worker").asInt(), stage.get("name").asText(), states(stage), time(stage),
                keyed && plan.get("order").asText().equals("keys"), maxAheadMs(), stage.get("outlets").size(),
                plan.get("hash").asText(), plan.get("lingerMs").asLong(), plan.get("answerWithinMs").asLong());
        String uid = stage.get("uid").asText();
        SingleOutputStreamOperator<byte[]> out;
        if (reads(stage, "exchange")) {
            out = behindExchange(spec);
        } else {
            SingleOutputStreamOperator<byte[]> in = sources.source(stage);
            StageOperator operator = new StageOperator(spec, launcher, stateOf(spec));
            if (sorts()) operator.handOnProgress(PositionOrder.outlets(stage), env.getParallelism());
            out = in.transform(spec.name(), BYTES, operator).setParallelism(in.getParallelism());
        }
        out.uid(uid + "/stage");
        int index = 0;
        for (JsonNode outlet : stage.get("outlets")) {
            DataStream<byte[]> stream = out.getSideOutput(StageOperator.outlet(index++));
            if (outlet.get("kind").asText().equals("exchange")) {
                Map<Integer, List<DataStream<byte[]>>> ways = outlet.path("broadcast").asBoolean() ? broadcasts : exchanges;
                ways.computeIfAbsent(outlet.get("stage").asInt(), key -> new ArrayList<>()).add(stream);
            } else {
                String sink = outlet.get("uid").asText();
                sinks.computeIfAbsent(sink, key -> new ArrayList<>()).add(stream);
                sinkOutlets.put(sink, outlet);
            }
        }
    }

    private SingleOutputStreamOperator<byte[]> behindExchange(StageSpec spec) {
        DataStream<byte[]> in = union(exchanges.get(spec.index()));
        if (spec.keyed()) in = in.keyBy(Element::keyText, Types.STRING);
        StageState state = stateOf(spec);
        if (!spec.shared()) return in.transform(spec.name(), BYTES, new StageOperator(spec, launcher, state));
        return in.connect(union(broadcasts.get(spec.index())).broadcast())
                .transform(spec.name(), BYTES, new BroadcastStageOperator(spec, launcher, state));
    }

    /** What a stage begins with; null without state. */
    private StageState stateOf(StageSpec spec) {
        return spec.states().isEmpty() ? null : initial.stage(spec.index());
    }

    /** What a stage keeps. */
    static Set<StageSpec.State> states(JsonNode stage) {
        JsonNode input = stage.get("input");
        Set<StageSpec.State> states = EnumSet.noneOf(StageSpec.State.class);
        if (input.path("keyed").asBoolean()) states.add(StageSpec.State.KEYED);
        if (input.path("broadcast").asBoolean()) states.add(StageSpec.State.SHARED);
        if (stage.path("calls").asBoolean()) states.add(StageSpec.State.CALLS);
        return states;
    }

    private static StageSpec.Time time(JsonNode stage) {
        if (stage.get("input").path("watermarks").path("kind").asText().equals("worker")) return StageSpec.Time.WORKER;
        return stage.get("eventTime").asBoolean() ? StageSpec.Time.EVENT : StageSpec.Time.ORDER;
    }

    private long maxAheadMs() {
        return maxAheadMs(plan);
    }

    /** How far a timestamp may be ahead of the clock. */
    static long maxAheadMs(JsonNode plan) {
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
    private DataStream<byte[]> inOrder(DataStream<byte[]> stream, JsonNode outlet, int partitions) throws Exception {
        String uid = outlet.get("uid").asText();
        boolean sorts = sorts() && !outlet.get("order").asText().equals("none");
        DataStream<byte[]> grouped = sorts
                ? stream.partitionCustom(new ByPartition(), element -> Element.targetPartition(element, partitions))
                : stream;
        // Also where nothing is sorted: a checkpoint may have records that wait.
        SortOperator operator = new SortOperator(sorts, partitions, maxAheadMs(), initial.waiting(uid));
        if (sorts && PositionOrder.isWanted(outlet)) operator.byPositions(PositionOrder.of(plan, outlet, topics));
        return grouped.transform("in order", BYTES, operator).uid(uid + "/order");
    }

    private boolean sorts() {
        return sorts(plan);
    }

    /** Whether what is written is put into order. */
    static boolean sorts(JsonNode plan) {
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
