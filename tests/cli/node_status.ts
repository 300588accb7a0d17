import type { NodeStatus } from "../../src/engine/mod.ts";

/** A map that has done nothing, but for what is said of it. */
export function node(name: string, of: Partial<NodeStatus>): NodeStatus {
  const none = {
    recordsIn: 0,
    recordsOut: 0,
    sideOut: 0,
    filtered: 0,
    late: 0,
    dead: 0,
    inPerSecond: 0,
    outPerSecond: 0,
  };
  return { uid: name, name, kind: "operator", operation: "map", outputWatermarkMs: null, ...none, ...of };
}
