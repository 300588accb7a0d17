package streamapps;

import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.kafka.common.TopicPartition;

/**
 * Brings records into the order of their times before they are written to a topic. All records of a partition come to one subtask, so
 * the partition is in order whatever the number of subtasks that made them.
 *
 * Records that were read wait until the positions of all partitions that are read say that none with an earlier time was there
 * together with them: {@link ReadOrder}. Results of event time wait for the watermark instead, as do all records of a run that ends;
 * one that comes behind the watermark, or while no partition is read, waits a moment, unless a later one has been written.
 *
 * Subtasks before this may be apart in time as far as the alignment of the sources lets them; what lies between waits here, and
 * is part of each checkpoint. Positions are not: after a restart each source announces its own anew.
 */
public final class SortOperator extends AbstractStreamOperator<byte[]> implements OneInputStreamOperator<byte[], byte[]> {
    private static final long serialVersionUID = 1;

    /** How long one waits for which no watermark comes. */
    private static final long MOMENT_MS = 200;
    /** Between two questions where partitions end, while records wait that no answer covers. */
    private static final long ASK_MS = 100;

    /** Each is what {@link WaitingBlock} unpacks. */
    static final ListStateDescriptor<byte[]> WAITING =
            new ListStateDescriptor<>("waiting", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    private final boolean sorts;
    private final int partitions;
    private final long maxAheadMs;
    private final ArrayList<byte[]> initial;
    /** Null where the watermark decides. */
    private PositionOrder positions;

    private transient ReadOrder order;
    private transient Ends ends;
    private transient MailboxExecutor mailbox;
    private transient boolean asking;
    private transient ListState<byte[]> saved;
    private transient Waiting waiting;
    private transient StreamRecord<byte[]> reused;
    private transient long watermarkMs;
    /** The largest time of what has left. */
    private transient long writtenMs;
    private transient boolean releasesSoon;
    /** Whether all partitions are read to their ends. */
    private transient boolean idle;

    /**
     * @param sorts false to pass all on, and at once what a checkpoint has that waited
     * @param partitions of the topic
     * @param maxAheadMs a record whose time is so far ahead of the clock waits for nothing, as no watermark comes there
     * @param initial what waits from the beginning, of a job that did not run on a cluster before
     */
    public SortOperator(boolean sorts, int partitions, long maxAheadMs, ArrayList<byte[]> initial) {
        this.sorts = sorts;
        this.partitions = partitions;
        this.maxAheadMs = maxAheadMs;
        this.initial = initial;
    }

    /** Lets positions decide, not the watermark. */
    void byPositions(PositionOrder positions) {
        this.positions = positions;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        waiting = new Waiting();
        // Every subtask gets those of all, and takes those of its partitions.
        saved = context.getOperatorStateStore().getUnionListState(WAITING);
        for (byte[] block : context.isRestored() ? saved.get() : initial) {
            WaitingBlock.unpack(block, each -> {
                if (isMine(Waiting.elementOf(each))) waiting.restore(each);
            });
        }
    }

    private boolean isMine(byte[] element) {
        var task = getRuntimeContext().getTaskInfo();
        int subtask = ByPartition.subtaskOf(Element.targetPartition(element, partitions), task.getNumberOfParallelSubtasks());
        return subtask == task.getIndexOfThisSubtask();
    }

    @Override
    public void open() throws Exception {
        super.open();
        reused = new StreamRecord<>(null);
        watermarkMs = Long.MIN_VALUE;
        writtenMs = Long.MIN_VALUE;
        getMetricGroup().gauge("waiting", (Gauge<Integer>) () -> waiting.size());
        if (!sorts) release(Long.MAX_VALUE);
        if (positions == null) return;
        mailbox = getContainingTask().getMailboxExecutorFactory().createExecutor(getOperatorConfig().getChainIndex());
        order = new ReadOrder(positions.inputs());
        ends = positions.ends().open();
        if (waiting.size() > 0) waitsForPositions(waiting.firstMs());
    }

    /** What was read before this record must have come first. */
    private void waitsForPositions(long timestampMs) {
        order.arrived(timestampMs);
        askSoon();
    }

    private void askSoon() {
        if (asking) return;
        asking = true;
        var clock = getProcessingTimeService();
        clock.registerTimer(clock.getCurrentProcessingTime() + ASK_MS, time -> ask());
    }

    private void ask() {
        asking = false;
        if (!order.ask()) {
            askSoon();
            return;
        }
        asking = true;
        ends.ask(order.partitions()).whenComplete((answer, failure) -> {
            try {
                mailbox.execute(() -> answered(answer, failure), "ends of partitions");
            } catch (RejectedExecutionException closed) {
                // The task ends: what waits is in its checkpoint.
            }
        });
    }

    private void answered(Map<TopicPartition, Long> answer, Throwable failure) throws Exception {
        asking = false;
        if (failure == null) order.answered(answer);
        else LOG.debug("the ends of {} are not known", order.partitions(), failure);
        release(order.limitMs());
        if (order.isOpen()) askSoon();
    }

    @Override
    public void processElement(StreamRecord<byte[]> record) throws Exception {
        if (Progress.isProgress(record.getValue())) {
            order.progress(Progress.places(record.getValue()));
            release(order.limitMs());
            return;
        }
        boolean waits = sorts && record.hasTimestamp() && record.getTimestamp() >= writtenMs
                && !OrderTime.isTooFarAhead(record.getTimestamp(), maxAheadMs);
        if (!waits) {
            output.collect(record);
            return;
        }
        waiting.add(record.getTimestamp(), record.getValue());
        if (order != null) waitsForPositions(record.getTimestamp());
        // While no partition is read there is no watermark to wait for: a timer of processing time has fired.
        else if (idle || record.getTimestamp() <= watermarkMs) releaseSoon();
    }

    private void releaseSoon() {
        if (releasesSoon) return;
        releasesSoon = true;
        var clock = getProcessingTimeService();
        clock.registerTimer(clock.getCurrentProcessingTime() + MOMENT_MS, time -> {
            releasesSoon = false;
            release(idle ? Long.MAX_VALUE : watermarkMs);
        });
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermarkMs = mark.getTimestamp();
        // The end of event time is the end of the job.
        if (order == null || watermarkMs == Long.MAX_VALUE) release(watermarkMs);
        super.processWatermark(mark);
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        idle = status.isIdle();
        if (order == null && idle) release(Long.MAX_VALUE);
        super.processWatermarkStatus(status);
    }

    private void release(long untilMs) throws Exception {
        waiting.release(untilMs, (timestampMs, element) -> {
            writtenMs = timestampMs;
            output.collect(reused.replace(element, timestampMs));
        });
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        saved.update(WaitingBlock.pack(waiting.snapshot()));
    }

    @Override
    public void close() throws Exception {
        if (ends != null) ends.close();
        super.close();
    }
}
