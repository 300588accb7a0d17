import type { Task } from "../../src/engine/runtime/task.ts";
import { OperatorHarness } from "../../src/engine/testing/operator_harness.ts";
import type { TestShared } from "../../src/engine/testing/shared.ts";

/** A harness that shows its insides, for tests of the runtime and of operators' lives. */
export class OperatorRig<IN, OUT, IN2 = never> extends OperatorHarness<IN, OUT, IN2> {
  declare readonly shared: TestShared;

  get task(): Task {
    return this.tasks[0]!;
  }

  get operator(): Task["operator"] {
    return this.task.operator;
  }
}
