package streamapps;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.TopicPartition;

/** What a job goes on from that did not run on a cluster before: {@code src/flink/hand_over.ts}. */
final class InitialState {
    private final JsonNode state;

    /** @param state a missing node if the job begins anew */
    InitialState(JsonNode state) {
        this.state = state;
    }

    /** Null if the stage begins without state. */
    StageState stage(int index) {
        JsonNode stage = state.path("stages").path(index);
        if (stage.isMissingNode()) return null;
        return new StageState(stage.get("job").asText(), texts(stage.get("entries")), texts(stage.get("calls")));
    }

    /** Where a source goes on in a topic; empty if it has read nothing. */
    Map<TopicPartition, Long> positions(String source, String topic) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        state.path("positions").path(source).properties().forEach(each ->
                positions.put(new TopicPartition(topic, Integer.parseInt(each.getKey())), each.getValue().asLong()));
        return positions;
    }

    /** Records that wait in front of a sink. */
    ArrayList<byte[]> waiting(String sink) {
        ArrayList<byte[]> waiting = new ArrayList<>();
        for (String each : texts(state.path("waiting").path(sink))) waiting.add(Base64.getDecoder().decode(each));
        return waiting;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.isNull() ? null : each.asText()));
        return texts;
    }
}
