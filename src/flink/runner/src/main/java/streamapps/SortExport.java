package streamapps;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Takes the place of a {@link SortOperator} of a savepoint, and emits what waited there. */
final class SortExport extends AbstractStreamOperator<byte[]> implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
    private static final long serialVersionUID = 1;

    /** A JSON text: of the sink. */
    private final String uid;
    private transient List<byte[]> waiting;

    SortExport(String uid) {
        this.uid = uid;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        waiting = new ArrayList<>();
        context.getOperatorStateStore().getUnionListState(SortOperator.WAITING).get()
                .forEach(block -> WaitingBlock.unpack(block, waiting::add));
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) {
        // Its input has no records, and ends.
    }

    @Override
    public void endInput() {
        for (int i = 0; i < waiting.size(); i++) {
            output.collect(new StreamRecord<>(Element.forTopic("[\"waiting\"," + uid + "," + i + "]", waiting.get(i))));
        }
    }
}
