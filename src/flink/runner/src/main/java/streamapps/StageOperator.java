package streamapps;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
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
 * State lives in the worker. With each checkpoint it sends what has changed, which goes into Flink's: {@link KeptState}.
 */
public class StageOperator extends AbstractStreamOperator<byte[]>
        implements OneInputStreamOperator<byte[], byte[]>, BoundedOneInput {
    private static final long serialVersionUID = 1;

    /** A batch that is full is sent at once. */
    private static final int BATCH_ROWS = 1_000;
    private static final int BATCH_BYTES = 1 << 18;
    /** Batches that are sent and not answered. */
    private static final int MAX_IN_FLIGHT = 2;

    private final StageSpec spec;
    private final WorkerLauncher launcher;
    /** Null if it begins without state. */
    private final StageState initial;

    private ArrayList<Integer> progressOutlets = new ArrayList<>();
    private int progressSubtasks;

    private transient boolean hasRunBefore;
    /** Null for a stage that keeps nothing. */
    private transient KeptState kept;

    private transient WorkerConnection worker;
    private transient Waiting waiting;
    /** Of the input. */
    private transient long inputMs;
    private transient FrameBuffer batch;
    private transient FrameBuffer request;
    private transient int inFlight;
    /** Of the source, behind records that have not all been answered. */
    private transient Map<Progress.Input, Progress.Place> progress;
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

    /**
     * Hands on the {@link Progress} of the stage's source.
     *
     * @param outlets behind which records are put into order by it
     * @param subtasks that do so, of which each has to know
     */
    void handOnProgress(ArrayList<Integer> outlets, int subtasks) {
        progressOutlets = outlets;
        progressSubtasks = subtasks;
    }

    /** Where records go that leave by an outlet. */
    public static OutputTag<byte[]> outlet(int index) {
        return new OutputTag<>("outlet-" + index, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        hasRunBefore = context.isRestored();
        if (!spec.states().isEmpty()) kept = new KeptState(spec, this, context, initial);
    }

    @Override
    public void open() throws Exception {
        super.open();
        batch = new FrameBuffer().beginBatch();
        waiting = new Waiting();
        progress = new HashMap<>();
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
        int restored = kept == null ? 0 : kept.restore(this::sendRestore);
        ask(request.begin(Frame.START));
        if (spec.keyed()) {
            kept.restoreHeld(waiting);
            if (!spec.sorted()) release(Long.MAX_VALUE);
        }
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

    private void sendRestore(List<String> texts) throws Exception {
        request.begin(Frame.RESTORE).putInt(texts.size());
        for (String text : texts) request.putListText(text);
        ask(request);
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) throws Exception {
        if (Progress.isProgress(record.getValue())) {
            progress.putAll(Progress.places(record.getValue()));
            if (batch.rows() == 0 && inFlight == 0) emitProgress();
            return;
        }
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
        if (!progress.isEmpty()) emitProgress();
    }

    /** All records before it have left. */
    private void emitProgress() {
        byte[] element = Progress.element(progress);
        progress.clear();
        for (int outlet : progressOutlets) {
            for (int i = 0; i < progressSubtasks; i++) {
                output.collect(outlets.get(outlet), new StreamRecord<>(Progress.to(i, element)));
            }
        }
    }

    /** Takes the next frame: an answer, if one is due, or what comes without being asked for. */
    private void takeNext() throws Exception {
        Frame frame;
        try {
            frame = worker.receive();
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
        if (spec.keyed()) kept.saveHeld(waiting);
    }

    /** What the worker has changed since the checkpoint before goes into Flink's state. */
    private void storeChanges(long checkpointId) throws Exception {
        String[] texts = ask(request.begin(Frame.COMMIT).putDouble(checkpointId)).texts();
        storedFor = checkpointId;
        if (kept != null) kept.store(texts);
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
