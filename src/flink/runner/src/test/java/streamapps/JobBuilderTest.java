package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

/** What a plan becomes in Flink's graph, as far as the order of records depends on it. */
class JobBuilderTest {
    /** A source whose records go to a topic, as in lesson 16. */
    private static final String PLAN = """
            {
              "jobName": "merge", "hash": "abc", "bounded": false, "delivery": "exactly-once", "commitIntervalMs": 1000,
              "watermarkIntervalMs": 200, "lingerMs": 20, "answerWithinMs": 60000, "transactionTimeoutMs": 900000,
              "order": "topics", "maxAheadMs": null,
              "kafka": { "bootstrap.servers": "localhost:1" },
              "worker": { "bundleHash": "1", "flags": [], "arguments": [], "environment": {} },
              "submission": {},
              "stages": [{
                "index": 0, "worker": 0, "uid": "in", "operators": ["in"], "name": "decode", "eventTime": false,
                "input": { "kind": "topic", "name": "in", "topic": "in", "from": "earliest", "watermarks": { "kind": "order" } },
                "outlets": [
                  { "kind": "topic", "uid": "out", "name": "out", "topic": "out", "order": "positions", "compression": null },
                  {
                    "kind": "topic", "uid": "dead-letters", "name": "dead", "topic": "dead", "order": "none",
                    "compression": null, "deadLetters": true
                  }
                ]
              }]
            }""";

    /** A job without topics: a sequence, and what it goes to without a key. */
    private static final String MADE = """
            [{
              "index": 0, "worker": 0, "uid": "numbers", "operators": ["numbers"], "name": "decode", "eventTime": false,
              "input": {
                "kind": "made", "name": "numbers", "first": 3, "end": 9, "ratePerSecond": null, "watermarks": { "kind": "none" }
              },
              "outlets": [{ "kind": "exchange", "stage": 1 }]
            }, {
              "index": 1, "worker": 1, "uid": "both", "operators": ["both"], "name": "both", "eventTime": false,
              "input": { "kind": "exchange", "keyed": false }, "outlets": []
            }]""";

    private static StreamExecutionEnvironment built(String order, double recordsPerMs) throws Exception {
        return built((ObjectNode) new ObjectMapper().readTree(PLAN), order, recordsPerMs);
    }

    private static StreamExecutionEnvironment built(ObjectNode plan, String order, double recordsPerMs) throws Exception {
        ObjectNode submission = new ObjectMapper().createObjectNode().put("bundle", "");
        submission.set("plan", plan.put("order", order));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(4);
        new JobBuilder(env, submission, facts(recordsPerMs)).build();
        return env;
    }

    private static TopicFacts facts(double recordsPerMs) {
        return new TopicFacts() {
            @Override
            public int partitions(String topic) {
                return Map.of("in", 3, "out", 5).get(topic);
            }

            @Override
            public double recordsPerMs(String topic) {
                return recordsPerMs;
            }

            @Override
            public void close() {}
        };
    }

    /** What leads to the sink. */
    private static List<Transformation<?>> all(StreamExecutionEnvironment env) {
        return env.getTransformations().stream()
                .<Transformation<?>>flatMap(each -> each.getTransitivePredecessors().stream()).distinct().toList();
    }

    private static SourceTransformation<?, ?, ?> source(StreamExecutionEnvironment env) {
        return (SourceTransformation<?, ?, ?>) all(env).stream().filter(each -> each instanceof SourceTransformation).findFirst().get();
    }

    @Test
    void sourcesAreAlignedSoThatSomeHundredThousandRecordsLieBetweenThem() throws Exception {
        var alignment = source(built("topics", 10)).getWatermarkStrategy().getAlignmentParameters();
        assertTrue(alignment.isEnabled());
        assertEquals("merge", alignment.getWatermarkGroup());
        assertEquals(10_000, alignment.getMaxAllowedWatermarkDrift());
        assertEquals(1_000, source(built("topics", 1e6)).getWatermarkStrategy().getAlignmentParameters().getMaxAllowedWatermarkDrift());
        // A topic that is empty, or as good as that.
        assertEquals(86_400_000, source(built("topics", 0)).getWatermarkStrategy().getAlignmentParameters().getMaxAllowedWatermarkDrift());
    }

    @Test
    void aSourceHasNoSubtaskWithoutAPartition() throws Exception {
        assertEquals(3, source(built("topics", 1)).getParallelism());
    }

    /** When partitions count as idle; null for Flink's own source. */
    private static IdleAtEnd idle(String watermarks, boolean bounded, String order) throws Exception {
        ObjectNode plan = (ObjectNode) new ObjectMapper().readTree(PLAN.replace("{ \"kind\": \"order\" }", watermarks));
        var source = source(built(plan.put("bounded", bounded), order, 1)).getSource();
        // It is sent to the JobManager.
        InstantiationUtil.serializeObject(source);
        return source instanceof IdleAtEndTopic topic ? topic.rule() : null;
    }

    @Test
    void aPartitionIsIdleWhenItIsReadToItsEndNotWhenItIsSilentAlone() throws Exception {
        String eventTime = "{ \"kind\": \"bounded\", \"outOfOrdernessMs\": 0, \"idleMs\": 60000 }";
        assertEquals(IdleAtEnd.forEventTime(60_000), idle(eventTime, false, "topics"));
        assertEquals(IdleAtEnd.forEventTime(60_000), idle(eventTime, false, "none"));
        assertEquals(IdleAtEnd.ORDER, idle("{ \"kind\": \"order\" }", false, "topics"));
        assertNull(idle("{ \"kind\": \"order\" }", false, "none"));
        assertNull(idle(eventTime.replace("60000", "0"), false, "topics"));
        // One that ends is never idle before.
        assertNull(idle(eventTime, true, "topics"));
    }

    @Test
    void sourcesAnnounceTheirProgressWhereRecordsAreOrderedByIt() throws Exception {
        assertTrue(((IdleAtEndTopic) source(built("topics", 1)).getSource()).announcement().wanted());
        String byWatermark = PLAN.replace("\"positions\"", "\"watermarks\"");
        ObjectNode plan = (ObjectNode) new ObjectMapper().readTree(byWatermark);
        assertFalse(((IdleAtEndTopic) source(built(plan, "topics", 1)).getSource()).announcement().wanted());
    }

    @Test
    void theOrderOfASinkIsThatOfAllPartitionsThatLeadToIt() throws Exception {
        ObjectNode plan = (ObjectNode) new ObjectMapper().readTree(PLAN);
        PositionOrder order = PositionOrder.of(plan, plan.at("/stages/0/outlets/0"), facts(1));
        assertEquals(
                List.of(0, 1, 2), order.inputs().stream().map(input -> input.partition().partition()).toList());
        assertEquals(Set.of("in"), Set.copyOf(order.inputs().stream().map(Progress.Input::source).toList()));
        assertEquals(List.of(0), PositionOrder.outlets(plan.at("/stages/0")));
        InstantiationUtil.serializeObject(order);
    }

    @Test
    void deadLettersHaveOneProducerWhateverTheParallelism() throws Exception {
        Map<String, Integer> parallelism = new HashMap<>();
        for (Transformation<?> each : built("topics", 1).getTransformations()) {
            if (each.getUid() != null) parallelism.put(each.getUid(), each.getParallelism());
        }
        assertEquals(4, parallelism.get("out"));
        assertEquals(1, parallelism.get("dead-letters"));
    }

    @Test
    void recordsGoByTheirPartitionToWhereTheyAreSorted() throws Exception {
        Transformation<?> sort = all(built("topics", 1)).stream().filter(each -> "out/order".equals(each.getUid())).findFirst().get();
        String before = sort.getInputs().get(0).getClass().getSimpleName();
        assertEquals("PartitionTransformation", before);
    }

    @Test
    void withoutOrderNothingIsAlignedOrSentElsewhere() throws Exception {
        StreamExecutionEnvironment env = built("none", 1);
        assertFalse(source(env).getWatermarkStrategy().getAlignmentParameters().isEnabled());
        Transformation<?> sort = all(env).stream().filter(each -> "out/order".equals(each.getUid())).findFirst().get();
        assertEquals("SideOutputTransformation", sort.getInputs().get(0).getClass().getSimpleName());
    }

    @Test
    void recordsThatAreMadeUpComeFromOneSubtaskAndGoWithoutAKeyToAll() throws Exception {
        ObjectNode plan = (ObjectNode) new ObjectMapper().readTree(PLAN);
        plan.set("stages", new ObjectMapper().readTree(MADE));
        StreamExecutionEnvironment env = built(plan, "topics", 1);
        List<Transformation<?>> all = env.getTransformations();
        assertEquals(
                Map.of("numbers/stage", 1, "both/stage", 4),
                all.stream().filter(each -> each.getUid() != null && each.getUid().endsWith("/stage"))
                        .collect(java.util.stream.Collectors.toMap(Transformation::getUid, Transformation::getParallelism)));
        SourceTransformation<?, ?, ?> source = (SourceTransformation<?, ?, ?>) all.stream()
                .flatMap(each -> each.getTransitivePredecessors().stream())
                .filter(each -> each instanceof SourceTransformation).findFirst().get();
        assertEquals(1, source.getParallelism());
        assertEquals(new MadeSource(3, 9, Double.POSITIVE_INFINITY, false), source.getSource());
    }
}
