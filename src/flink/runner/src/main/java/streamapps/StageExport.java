package streamapps;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Takes the place of a {@link StageOperator} of a savepoint, and emits all that it had: no worker runs. */
final class StageExport extends AbstractStreamOperator<byte[]>
        implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
    private static final long serialVersionUID = 1;

    private final int stage;
    private final boolean keyed;
    private transient MapState<String, String> entries;
    private transient BroadcastState<String, String> shared;
    private transient ListState<String> calls;
    private transient ListState<byte[]> held;
    private transient ListState<String> jobs;

    /** @param keyed whether it had state of keys */
    StageExport(int stage, boolean keyed) {
        this.stage = stage;
        this.keyed = keyed;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        if (keyed) {
            entries = context.getKeyedStateStore().getMapState(KeptState.ENTRIES);
            held = context.getKeyedStateStore().getListState(KeptState.HELD);
        }
        shared = context.getOperatorStateStore().getBroadcastState(KeptState.SHARED);
        calls = context.getOperatorStateStore().getListState(KeptState.CALLS);
        jobs = context.getOperatorStateStore().getUnionListState(KeptState.JOBS);
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) {
        // Its input has no records, and ends.
    }

    @Override
    public void endInput() throws Exception {
        int subtask = 0;
        for (String job : jobs.get()) emit("[\"job\"," + stage + "," + subtask++ + "]", job);
        int call = 0;
        for (String each : calls.get()) emit("[\"call\"," + stage + "," + call++ + "]", each);
        for (Map.Entry<String, String> entry : shared.immutableEntries()) emit(entry.getKey(), entry.getValue());
        if (keyed) emitOfKeys();
    }

    private void emitOfKeys() throws Exception {
        for (String key : keysOf(KeptState.ENTRIES.getName())) {
            setCurrentKey(key);
            for (Map.Entry<String, String> entry : entries.entries()) emit(entry.getKey(), entry.getValue());
        }
        int waiting = 0;
        for (String key : keysOf(KeptState.HELD.getName())) {
            setCurrentKey(key);
            for (byte[] any : held.get()) waiting++;
        }
        if (waiting > 0) emit("[\"held\"," + stage + "]", String.valueOf(waiting));
    }

    private List<String> keysOf(String state) {
        List<String> keys = new ArrayList<>();
        try (var stream = this.<String>getKeyedStateBackend().getKeys(state, VoidNamespace.INSTANCE)) {
            stream.forEach(keys::add);
        }
        return keys;
    }

    private void emit(String name, String text) {
        output.collect(new StreamRecord<>(Element.forTopic(name, Element.utf8(text))));
    }
}
