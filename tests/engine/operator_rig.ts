import type { Task } from "../../src/engine/runtime/task.ts";
import { OperatorHarness } from "../../src/engine/testing/operator_harness.ts";
import type { TestAttemptContext } from "../../src/engine/testing/attempt_context.ts";

/** A harness that shows its insides, for tests of the runtime and of operators' lives. */
export class OperatorRig<IN, OUT, IN2 = never> extends OperatorHarness<IN, OUT, IN2> {
  declare readonly attempt: TestAttemptContext;

  get task(): Task {
    return this.tasks[0]!;
  }

  get operator(): Task["operator"] {
    return this.task.operator;
  }
}
