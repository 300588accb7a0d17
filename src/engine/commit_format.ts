/**
 * The names and texts of a commit's entries, in both directions. Its three parts alone know them.
 *
 *     ["job"]                                          → JobRecord
 *     ["split", source uid, split id]                  → SplitRecord
 *     ["state", uid, state, namespace, key]            → value
 *     ["state", uid, list, namespace, key, n]          → value of an element; the elements of a list stand in the order of n
 *     ["state", uid, map, namespace, key, map's key]   → [n, value]; the entries of a map stand in the order of n
 *     ["state", uid, windows, namespace, key]          → [time, n, value] of an open window that fires at that time, its keys in the order of n
 *     ["state", uid, sessions, namespace, key]         → [time, n, start, value] of an open session, the same; null where its records are a list
 *     ["timer", uid, time, namespace, key]             → n, its place among the registrations of its operator
 *     ["processing-timer", uid, time, namespace, key]  → n
 *     ["sink", uid]                                    → what the sink has to remember
 *     ["sink", uid, n]                                 → a part of it, where it is a list that may be long
 *
 * A namespace is the id of a window, or empty for what belongs to a key alone. A value with a time to live is stored as
 * `[last update in ms, value]`. Which kind of state an entry belongs to, and whether it has a time to live, stands in
 * `JobRecord.versions`.
 *
 * All of it is JSON, over any store: a person can read it, and it can be moved from one broker to another.
 */
export { CommitEntryError } from "./commit_entry_error.ts";
export * from "./commit_names.ts";
export * from "./commit_texts.ts";
export * from "./state_shape.ts";
