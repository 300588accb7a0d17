package streamapps;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.OutputTag;

/**
 * A stage of a job: the operators between two exchanges, each subtask of which is run by a worker.
 *
 * Records go to the worker in batches, and up to two batches are there at a time, so that worker and runner work at once. Before a
 * watermark, a barrier or the end of input goes on, every record before it has been answered.
 *
 * State lives in the worker. With each checkpoint it sends the entries that have changed, each under its key, and they go into
 * Flink's keyed state: {@code entries}, by name as text. So Flink snapshots and rescales them, and a savepoint can be read without
 * the job. What a stage must remember beside its keys, versions of state and its event time, is one text a subtask:
 * {@code job}.
 */
public class StageOperator extends AbstractStreamOperator<byte[]>
        implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
    private static final long serialVersionUID = 1;

    /** A batch that is full is sent at once. */
    private static final int BATCH_ROWS = 1_000;
    private static final int BATCH_BYTES = 1 << 18;
    /** Batches that are sent and not answered. */
    private static final int MAX_IN_FLIGHT = 2;
    private static final int RESTORE_BYTES = 1 << 20;

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

    private final StageSpec spec;
    private final WorkerLauncher launcher;
    /** Null if it begins without state. */
    private final StageState initial;

    private transient boolean takesInitial;
    private transient MapState<String, String> entries;
    private transient BroadcastState<String, String> shared;
    private transient ListState<byte[]> held;
    private transient ListState<String> calls;
    private transient ListState<String> jobEntries;
    private transient List<String> restoredJobEntries;

    private transient boolean hasRunBefore;

    private transient WorkerConnection worker;
    private transient Waiting waiting;
    /** Of the input. */
    private transient long inputMs;
    private transient FrameBuffer batch;
    private transient FrameBuffer request;
    private transient int inFlight;
    /** When the first row of the batch was added. */
    private transient long batchBeganMs;
    /** Of the records that have not all been answered, -Infinity if one has no time. */
    private transient double leastUnansweredMs;
    private transient boolean lingering;
    private transient double watermarkMs;
    /** Whether what is behind does not wait for this subtask. */
    private transient boolean idle;
    /** Whether the worker can take no more records for now, and whether some are at work in it whose results come later. */
    private transient boolean full;
    private transient boolean pending;
    /** For which checkpoint the worker's changes are in Flink's state. */
    private transient long storedFor;
    private transient MailboxExecutor mailbox;
    private transient double timerMs;
    private transient long[] counters;
    private transient List<OutputTag<byte[]>> outlets;

    public StageOperator(StageSpec spec, WorkerLauncher launcher) {
        this(spec, launcher, null);
    }

    /** @param initial what it begins with; once it has been in a checkpoint, that is what counts */
    StageOperator(StageSpec spec, WorkerLauncher launcher, StageState initial) {
        this.spec = spec;
        this.launcher = launcher;
        this.initial = initial;
    }

    /** Where records go that leave by an outlet. */
    public static OutputTag<byte[]> outlet(int index) {
        return new OutputTag<>("outlet-" + index, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        hasRunBefore = context.isRestored();
        if (spec.states().isEmpty()) return;
        if (spec.keyed()) {
            entries = context.getKeyedStateStore().getMapState(ENTRIES);
            held = context.getKeyedStateStore().getListState(HELD);
        }
        if (spec.calls()) calls = context.getOperatorStateStore().getListState(CALLS);
        if (spec.shared()) shared = context.getOperatorStateStore().getBroadcastState(SHARED);
        // Every subtask gets those of all: which of them had which keys is not known after rescaling.
        jobEntries = context.getOperatorStateStore().getUnionListState(JOBS);
        restoredJobEntries = new ArrayList<>();
        for (String entry : jobEntries.get()) restoredJobEntries.add(entry);
        takesInitial = initial != null && !context.isRestored();
        if (takesInitial) restoredJobEntries.add(initial.job());
    }

    @Override
    public void open() throws Exception {
        super.open();
        batch = new FrameBuffer().beginBatch();
        waiting = new Waiting();
        inputMs = Long.MIN_VALUE;
        request = new FrameBuffer();
        leastUnansweredMs = Double.POSITIVE_INFINITY;
        watermarkMs = Double.NEGATIVE_INFINITY;
        storedFor = -1;
        timerMs = Double.POSITIVE_INFINITY;
        counters = new long[Frame.COUNTERS.length];
        outlets = new ArrayList<>();
        for (int i = 0; i < spec.outlets(); i++) outlets.add(outlet(i));
        for (int i = 0; i < counters.length; i++) {
            int index = i;
            getMetricGroup().addGroup("worker").gauge(Frame.COUNTERS[i], (Gauge<Long>) () -> counters[index]);
        }
        if (spec.sorted()) getMetricGroup().gauge("waiting", (Gauge<Integer>) () -> waiting.size());
        try {
            begin();
        } catch (WorkerException failed) {
            // A job that has never run here would be started again and again. One that has run before goes on trying.
            if (failed.isLasting() && !hasRunBefore) throw new JobFailedException(failed.getMessage());
            throw failed;
        }
    }

    private void begin() throws Exception {
        mailbox = getContainingTask().getMailboxExecutorFactory().createExecutor(getOperatorConfig().getChainIndex());
        startWorker();
        ask(request.begin(Frame.OPEN).putText(spec.openText(
                getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
                getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks())));
        int restored = spec.states().isEmpty() ? 0 : restore();
        ask(request.begin(Frame.START));
        if (spec.keyed()) restoreHeld();
        LOG.info("{} is open, {} entries restored", spec.name(), restored);
    }

    private void startWorker() throws Exception {
        var taskManager = getContainingTask().getEnvironment().getTaskManagerInfo();
        Path temporary = Path.of(taskManager.getTmpDirectories()[0]);
        TaskInfo task = getRuntimeContext().getTaskInfo();
        int subtask = task.getIndexOfThisSubtask();
        JobID job = getRuntimeContext().getJobInfo().getJobId();
        worker = SharedWorkers.join(
                new SharedWorkers.Place(job, subtask, task.getAttemptNumber(), spec.worker()),
                () -> new WorkerProcess(launcher.start(taskManager.getConfiguration(), temporary), subtask, job.toString()),
                process -> process.connect(spec.index(), spec.name(), Duration.ofMillis(spec.answerWithinMs()), this::onPush));
        WorkerConnection mine = worker;
        // Cancelled, the task may be waiting for an answer that never comes.
        getContainingTask().getCancelables().registerCloseable(mine::kill);
    }

    /** Sends what the last checkpoint has of this subtask's keys. @return how many entries */
    private int restore() throws Exception {
        if (takesInitial) putInitial();
        List<String> texts = new ArrayList<>();
        int bytes = 0;
        int count = 0;
        for (String entry : restoredJobEntries) {
            texts.add("[\"job\"]");
            texts.add(entry);
        }
        if (spec.shared()) {
            for (Map.Entry<String, String> entry : shared.immutableEntries()) {
                texts.add(entry.getKey());
                texts.add(entry.getValue());
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
            setCurrentKey(key);
            for (Map.Entry<String, String> entry : entries.entries()) {
                texts.add(entry.getKey());
                texts.add(entry.getValue());
                count++;
                bytes += entry.getKey().length() + entry.getValue().length();
                if (bytes < RESTORE_BYTES) continue;
                sendRestore(texts);
                bytes = 0;
            }
        }
        sendRestore(texts);
        return count;
    }

    /** The entries of this subtask's keys go into Flink's state, as if a checkpoint had brought them. */
    private void putInitial() throws Exception {
        TaskInfo task = getRuntimeContext().getTaskInfo();
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
            setCurrentKey(key);
            entries.put(texts.get(i + 1), texts.get(i + 2));
        }
    }

    private void restoreHeld() throws Exception {
        for (String key : keysOf(HELD.getName())) {
            setCurrentKey(key);
            for (byte[] saved : held.get()) waiting.restore(saved);
        }
        if (!spec.sorted()) release(Long.MAX_VALUE);
    }

    private List<String> keysOf(String state) {
        List<String> keys = new ArrayList<>();
        try (var stream = this.<String>getKeyedStateBackend().getKeys(state, VoidNamespace.INSTANCE)) {
            stream.forEach(keys::add);
        }
        return keys;
    }

    private void sendRestore(List<String> texts) throws Exception {
        request.begin(Frame.RESTORE).putInt(texts.size());
        for (String text : texts) request.putListText(text);
        texts.clear();
        ask(request);
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) throws Exception {
        boolean waits = spec.sorted() && record.hasTimestamp() && record.getTimestamp() > inputMs
                && !OrderTime.isTooFarAhead(record.getTimestamp(), spec.maxAheadMs());
        if (waits) waiting.add(record.getTimestamp(), record.getValue());
        else add(record);
    }

    /** Adds a record to the batch. */
    protected void add(StreamRecord<byte[]> record) throws Exception {
        add(record.hasTimestamp() ? record.getTimestamp() : Double.NEGATIVE_INFINITY, record.getValue());
    }

    /** Flink would find out the key of each record, which matters here only for state, when a checkpoint is made. */
    @Override
    public boolean hasKeyContext1() {
        return false;
    }

    /** Those whose time has come are next. */
    private void release(long untilMs) throws Exception {
        waiting.release(untilMs, this::add);
    }

    /** @param timestampMs minus infinity if it has none */
    private void add(double timestampMs, byte[] element) throws Exception {
        if (batch.rows() == 0) batchBeganMs = getProcessingTimeService().getCurrentProcessingTime();
        batch.addRow(timestampMs, element);
        leastUnansweredMs = Math.min(leastUnansweredMs, timestampMs);
        if (batch.rows() >= BATCH_ROWS || batch.bytes() >= BATCH_BYTES) sendBatch();
        if (!lingering) lingerUntil(batchBeganMs + spec.lingerMs());
    }

    /** While batches fill up in time, nothing is waited for: the answer to one is taken when a later one is sent. */
    private void lingerUntil(long untilMs) {
        lingering = true;
        getProcessingTimeService().registerTimer(untilMs, time -> {
            long batchUntilMs = batchBeganMs + spec.lingerMs();
            if (batch.rows() > 0 && batchUntilMs > time) {
                lingerUntil(batchUntilMs);
                return;
            }
            lingering = false;
            drain();
        });
    }

    private void sendBatch() throws Exception {
        while (inFlight >= MAX_IN_FLIGHT) takeNext();
        while (full) takeNext();
        worker.send(batch);
        inFlight++;
        batch.beginBatch();
    }

    /** Every record has been answered when it returns. */
    private void drain() throws Exception {
        if (batch.rows() > 0) sendBatch();
        while (inFlight > 0) takeNext();
        leastUnansweredMs = Double.POSITIVE_INFINITY;
    }

    /** Takes the next frame: an answer, if one is due, or what comes without being asked for. */
    private void takeNext() throws Exception {
        Frame frame;
        try {
            frame = inFlight > 0 ? worker.receive() : worker.receivePushed();
        } catch (Exception failed) {
            // Nothing else comes, and nobody must wait for it.
            inFlight = 0;
            pending = full = false;
            throw failed;
        }
        if (frame.type() != Frame.PUSH) inFlight--;
        take(frame);
    }

    /** Called by another thread. */
    private void onPush() {
        try {
            mailbox.execute(this::takeThere, "results of \"%s\"", spec.name());
        } catch (RejectedExecutionException closed) {
            // The task ends: what is not taken is at work again when it goes on.
        }
    }

    /** Takes the frames that are there. */
    private void takeThere() throws Exception {
        while (worker.hasReceived()) takeNext();
    }

    /** Sends a frame when all before it has been answered, and takes its answer. */
    private Frame ask(FrameBuffer frame) throws Exception {
        drain();
        worker.send(frame);
        Frame answer = worker.receive();
        for (; answer.type() == Frame.PUSH; answer = worker.receive()) take(answer);
        if (answer.type() == Frame.RESULT) take(answer);
        return answer;
    }

    private void take(Frame result) throws Exception {
        if (result.type() != Frame.RESULT && result.type() != Frame.PUSH) {
            throw new WorkerException("The worker of \"" + spec.name() + "\" answered a batch with a frame of type " + result.type());
        }
        for (int i = 0; i < counters.length; i++) counters[i] = (long) result.counter(i);
        Frame.Rows rows = result.resultRows();
        while (rows.next()) {
            StreamRecord<byte[]> record = new StreamRecord<>(rows.element());
            double timestampMs = rows.timestampMs();
            if (!Double.isInfinite(timestampMs)) record.setTimestamp((long) timestampMs);
            output.collect(outlets.get(rows.outlet()), record);
        }
        if (idle && !result.idle()) output.emitWatermarkStatus(WatermarkStatus.ACTIVE);
        if (result.watermarkMs() > watermarkMs) {
            watermarkMs = result.watermarkMs();
            // A cast brings the end of time to Long.MAX_VALUE, which is what it is in Flink.
            output.emitWatermark(new Watermark((long) watermarkMs));
        }
        if (!idle && result.idle()) output.emitWatermarkStatus(WatermarkStatus.IDLE);
        idle = result.idle();
        full = result.full();
        pending = result.pending();
        wakeAt(result.nextTimerMs());
    }

    private void wakeAt(double nextMs) {
        if (nextMs >= timerMs) return;
        timerMs = nextMs;
        getProcessingTimeService().registerTimer((long) nextMs, time -> {
            // One that was registered before an earlier one came up has nothing to do.
            if (nextMs != timerMs) return;
            timerMs = Double.POSITIVE_INFINITY;
            ask(request.begin(Frame.PROCESSING_TIME).putDouble(getProcessingTimeService().getCurrentProcessingTime()));
        });
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        long ms = mark.getTimestamp();
        inputMs = ms;
        release(ms);
        if (spec.time() != StageSpec.Time.EVENT && ms != Long.MAX_VALUE) {
            if (spec.time() == StageSpec.Time.WORKER) return;
            // One before all records that are at the worker holds other subtasks back now, however slow the worker is.
            if (ms >= leastUnansweredMs) drain();
            output.emitWatermark(mark);
            return;
        }
        ask(request.begin(Frame.WATERMARK).putDouble(ms == Long.MAX_VALUE ? Double.POSITIVE_INFINITY : ms));
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        if (spec.time() == StageSpec.Time.WORKER) return;
        if (status.isIdle()) {
            // No partition is waited for any more.
            release(Long.MAX_VALUE);
            drain();
        }
        super.processWatermarkStatus(status);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        drain();
        // What a worker pushes after that goes behind the barrier, and must not be in the checkpoint.
        if (spec.calls()) storeChanges(checkpointId);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        if (storedFor != context.getCheckpointId()) storeChanges(context.getCheckpointId());
        if (spec.keyed()) saveHeld();
    }

    /** What the worker has changed since the checkpoint before goes into Flink's state. */
    private void storeChanges(long checkpointId) throws Exception {
        String[] texts = ask(request.begin(Frame.COMMIT).putDouble(checkpointId)).texts();
        storedFor = checkpointId;
        if (spec.states().isEmpty()) return;
        jobEntries.clear();
        jobEntries.add(texts[0]);
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
        setCurrentKey(key);
        if (text == null) entries.remove(entry);
        else entries.put(entry, text);
    }

    private void saveHeld() throws Exception {
        for (String key : keysOf(HELD.getName())) {
            setCurrentKey(key);
            held.clear();
        }
        for (byte[] saved : waiting.snapshot()) {
            setCurrentKey(Element.keyText(Waiting.elementOf(saved)));
            held.add(saved);
        }
    }

    @Override
    public void endInput() throws Exception {
        drain();
    }

    @Override
    public void finish() throws Exception {
        drain();
        while (pending) takeNext();
        super.finish();
    }

    @Override
    public void close() throws Exception {
        if (worker != null) worker.close();
        super.close();
    }
}
