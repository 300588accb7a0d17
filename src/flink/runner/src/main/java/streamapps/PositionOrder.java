package streamapps;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.TopicPartition;

/**
 * What a sink's records are put into order by, where that is positions: {@link ReadOrder}.
 *
 * @param inputs that its records come from
 */
record PositionOrder(ArrayList<Progress.Input> inputs, Ends.Factory ends) implements Serializable {

    static boolean isWanted(JsonNode outlet) {
        return outlet.path("order").asText().equals("positions");
    }

    /** The ways out of a stage that need its sources' {@link Progress}. */
    static ArrayList<Integer> outlets(JsonNode stage) {
        ArrayList<Integer> outlets = new ArrayList<>();
        for (int i = 0; i < stage.get("outlets").size(); i++) if (isWanted(stage.get("outlets").get(i))) outlets.add(i);
        return outlets;
    }

    static PositionOrder of(JsonNode plan, JsonNode sink, TopicFacts topics) throws Exception {
        ArrayList<Progress.Input> inputs = new ArrayList<>();
        for (JsonNode stage : plan.get("stages")) {
            if (!JobBuilder.reads(stage, "topic") || !leadsTo(stage, sink.get("uid").asText())) continue;
            String topic = stage.get("input").get("topic").asText();
            for (int i = 0; i < topics.partitions(topic); i++) inputs.add(new Progress.Input(stage.get("uid").asText(), new TopicPartition(topic, i)));
        }
        Properties kafka = JobBuilder.kafkaProperties(plan);
        return new PositionOrder(inputs, () -> new AskedEnds(kafka));
    }

    private static boolean leadsTo(JsonNode stage, String sink) {
        for (JsonNode outlet : stage.get("outlets")) if (outlet.path("uid").asText().equals(sink)) return true;
        return false;
    }
}
