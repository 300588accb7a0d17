package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedWorkersTest {
    private final JobID job = new JobID();
    private final List<WorkerProcess> started = new ArrayList<>();

    private WorkerConnection join(int stage, int subtask, int attempt, int worker) throws IOException {
        return join(new SharedWorkers.Place(job, subtask, attempt, worker), stage, Duration.ofSeconds(60));
    }

    private WorkerConnection join(SharedWorkers.Place place, int stage, Duration answerWithin) throws IOException {
        return SharedWorkers.join(
                place,
                () -> {
                    Process process = new FakeWorker.Launcher().start(null, null);
                    started.add(new WorkerProcess(process, place.subtask(), job.toString()));
                    return started.get(started.size() - 1);
                },
                process -> process.connect(stage, "stage " + stage, answerWithin, () -> {}));
    }

    private static FrameBuffer batch(String value) {
        FrameBuffer batch = new FrameBuffer().beginBatch();
        batch.addRow(0, FakeWorker.element("a", value));
        return batch;
    }

    private static String answerOf(WorkerConnection connection) throws Exception {
        Frame.Rows rows = connection.receive().resultRows();
        return rows.next() ? new String(Element.value(rows.element())) : "";
    }

    @AfterEach
    void endAll() {
        for (WorkerProcess each : started) each.kill();
    }

    @Test
    void stagesOfOneSubtaskShareAProcessWhichEachGetsItsOwnAnswersFrom() throws Exception {
        WorkerConnection first = join(0, 1, 0, 0);
        WorkerConnection second = join(1, 1, 0, 0);
        assertEquals(1, started.size());
        first.send(batch("x"));
        second.send(batch("y"));
        first.send(batch("z"));
        assertEquals("y 2", answerOf(second));
        assertEquals("x 1", answerOf(first));
        assertEquals("z 3", answerOf(first));
        first.close();
        second.send(batch("on"));
        assertEquals("on 4", answerOf(second));
        // A task that has ended is cancelled when it is cleaned up.
        first.kill();
        second.send(batch("on"));
        assertEquals("on 5", answerOf(second));
        second.close();
        assertFalse(ProcessHandle.of(started.get(0).pid()).map(ProcessHandle::isAlive).orElse(false));
        join(0, 1, 0, 0).close();
        assertEquals(2, started.size());
    }

    @Test
    void othersHaveProcessesOfTheirOwn() throws Exception {
        WorkerConnection one = join(0, 0, 0, 0);
        for (WorkerConnection other : List.of(join(1, 1, 0, 0), join(1, 0, 1, 0), join(1, 0, 0, 1), join(0, 0, 0, 0))) {
            assertNotEquals(one.process(), other.process());
        }
        assertEquals(5, started.size());
    }

    @Test
    void theEndOfAProcessIsHeardByAllStagesAndTheNextHasANewOne() throws Exception {
        WorkerConnection first = join(0, 0, 0, 0);
        WorkerConnection second = join(1, 0, 0, 0);
        first.send(batch("die"));
        for (WorkerConnection each : List.of(first, second)) {
            String message = assertThrows(WorkerException.class, each::receive).getMessage();
            assertEquals("The worker of \"stage 0\", \"stage 1\", subtask 0 ended with exit code 7:\nout of memory", message);
        }
        WorkerConnection third = join(2, 0, 0, 0);
        third.send(batch("x"));
        assertEquals("x 1", answerOf(third));
    }

    @Test
    void theStageThatHangsIsTheOneThatIsNamed() throws Exception {
        var place = new SharedWorkers.Place(job, 0, 0, 0);
        WorkerConnection first = join(place, 0, Duration.ofSeconds(4));
        WorkerConnection second = join(place, 1, Duration.ofSeconds(1));
        first.send(batch("hang"));
        second.send(batch("x"));
        String message = assertThrows(WorkerException.class, second::receive).getMessage();
        assertTrue(message.startsWith("The worker of \"stage 0\", subtask 0 did not answer for 1 s"), message);
    }
}
