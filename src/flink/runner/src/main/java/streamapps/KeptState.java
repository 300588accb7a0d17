package streamapps;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;

/**
 * What a subtask of a stage has in Flink's state. Entries of keys are in its keyed state, by name as text: so Flink snapshots and
 * rescales them, and a savepoint can be read without the job. What a stage must remember beside its keys, versions of state and its
 * event time, is one text a subtask: {@code job}.
 */
final class KeptState {
    /** By the entry's name as text. */
    static final MapStateDescriptor<String, String> ENTRIES = new MapStateDescriptor<>("entries", Types.STRING, Types.STRING);
    /** Records that wait for their time, each as {@link Waiting} has it. */
    static final ListStateDescriptor<byte[]> HELD =
            new ListStateDescriptor<>("held", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    /** By the entry's name as text, the same in all subtasks. */
    static final MapStateDescriptor<String, String> SHARED = new MapStateDescriptor<>("shared", Types.STRING, Types.STRING);
    /** Records at work in asynchronous operators: each the entry's name and its text, with a line's end between them. */
    static final ListStateDescriptor<String> CALLS = new ListStateDescriptor<>("calls", Types.STRING);
    static final ListStateDescriptor<String> JOBS = new ListStateDescriptor<>("job", Types.STRING);

    private static final int RESTORE_BYTES = 1 << 20;

    private final StageSpec spec;
    private final StageOperator operator;
    /** What it begins with, of a job that did not run on a cluster before; null if that is nothing. */
    private final StageState initial;
    private final MapState<String, String> entries;
    private final ListState<byte[]> held;
    private final BroadcastState<String, String> shared;
    private final ListState<String> calls;
    private final ListState<String> jobs;
    private final List<String> restoredJobs = new ArrayList<>();

    /** Takes names and texts of entries, in turn. */
    interface Taker {
        void take(List<String> texts) throws Exception;
    }

    /** @param initial what it begins with unless it is restored; null if that is nothing */
    KeptState(StageSpec spec, StageOperator operator, StateInitializationContext context, StageState initial) throws Exception {
        this.spec = spec;
        this.operator = operator;
        this.initial = context.isRestored() ? null : initial;
        entries = spec.keyed() ? context.getKeyedStateStore().getMapState(ENTRIES) : null;
        held = spec.keyed() ? context.getKeyedStateStore().getListState(HELD) : null;
        calls = spec.calls() ? context.getOperatorStateStore().getListState(CALLS) : null;
        shared = spec.shared() ? context.getOperatorStateStore().getBroadcastState(SHARED) : null;
        // Every subtask gets those of all: which of them had which keys is not known after rescaling.
        jobs = context.getOperatorStateStore().getUnionListState(JOBS);
        for (String job : jobs.get()) restoredJobs.add(job);
        if (this.initial != null) restoredJobs.add(initial.job());
    }

    /** Hands over what the last checkpoint has of this subtask's keys. @return how many entries */
    int restore(Taker to) throws Exception {
        if (initial != null) putInitial();
        List<String> texts = new ArrayList<>();
        int bytes = 0;
        int count = 0;
        for (String job : restoredJobs) texts.addAll(List.of("[\"job\"]", job));
        if (spec.shared()) {
            for (Map.Entry<String, String> entry : shared.immutableEntries()) {
                texts.addAll(List.of(entry.getKey(), entry.getValue()));
                count++;
            }
        }
        if (spec.calls()) {
            for (String call : calls.get()) {
                texts.addAll(List.of(call.split("\n", 2)));
                count++;
            }
        }
        for (String key : spec.keyed() ? keysOf(ENTRIES.getName()) : List.<String>of()) {
            operator.setCurrentKey(key);
            for (Map.Entry<String, String> entry : entries.entries()) {
                texts.addAll(List.of(entry.getKey(), entry.getValue()));
                count++;
                bytes += entry.getKey().length() + entry.getValue().length();
                if (bytes < RESTORE_BYTES) continue;
                to.take(texts);
                texts.clear();
                bytes = 0;
            }
        }
        to.take(texts);
        return count;
    }

    /** The entries of this subtask's keys go into Flink's state, as if a checkpoint had brought them. */
    private void putInitial() throws Exception {
        TaskInfo task = operator.getRuntimeContext().getTaskInfo();
        for (int i = task.getIndexOfThisSubtask(); i < initial.calls().size(); i += task.getNumberOfParallelSubtasks()) {
            calls.add(initial.calls().get(i));
        }
        List<String> texts = initial.entries();
        for (int i = 0; i < texts.size(); i += 3) {
            String key = texts.get(i);
            if (key == null) {
                shared.put(texts.get(i + 1), texts.get(i + 2));
                continue;
            }
            int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(
                    key, task.getMaxNumberOfParallelSubtasks(), task.getNumberOfParallelSubtasks());
            if (subtask != task.getIndexOfThisSubtask()) continue;
            operator.setCurrentKey(key);
            entries.put(texts.get(i + 1), texts.get(i + 2));
        }
    }

    /** Adds the records that waited when the checkpoint was made. */
    void restoreHeld(Waiting waiting) throws Exception {
        for (String key : keysOf(HELD.getName())) {
            operator.setCurrentKey(key);
            for (byte[] saved : held.get()) waiting.restore(saved);
        }
    }

    /** Notes the records that wait. */
    void saveHeld(Waiting waiting) throws Exception {
        for (String key : keysOf(HELD.getName())) {
            operator.setCurrentKey(key);
            held.clear();
        }
        for (byte[] saved : waiting.snapshot()) {
            operator.setCurrentKey(Element.keyText(Waiting.elementOf(saved)));
            held.add(saved);
        }
    }

    private List<String> keysOf(String state) {
        List<String> keys = new ArrayList<>();
        try (var stream = operator.<String>getKeyedStateBackend().getKeys(state, VoidNamespace.INSTANCE)) {
            stream.forEach(keys::add);
        }
        return keys;
    }

    /** What the worker has changed since the checkpoint before. @param texts of its {@code CHANGES} */
    void store(String[] texts) throws Exception {
        jobs.update(List.of(texts[0]));
        int next = 2 + 2 * Integer.parseInt(texts[1]);
        if (spec.calls()) {
            calls.clear();
            for (int i = 2; i < next; i += 2) calls.add(texts[i] + "\n" + texts[i + 1]);
        }
        for (int i = next; i < texts.length; i += 3) change(texts[i], texts[i + 1], texts[i + 2]);
    }

    /** @param key null for what belongs to no key @param text null if the entry is gone */
    private void change(String key, String entry, String text) throws Exception {
        if (key == null) {
            if (text == null) shared.remove(entry);
            else shared.put(entry, text);
            return;
        }
        operator.setCurrentKey(key);
        if (text == null) entries.remove(entry);
        else entries.put(entry, text);
    }
}
