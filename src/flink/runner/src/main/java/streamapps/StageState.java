package streamapps;

import java.io.Serializable;
import java.util.List;

/**
 * The state that a stage begins with, of a job that did not run on a cluster before.
 *
 * @param job its {@code job} entry
 * @param entries the key as JSON, null for what belongs to no key, the entry's name and its text, in turn
 * @param calls records at work: each the entry's name and its text, with a line's end between them
 */
record StageState(String job, List<String> entries, List<String> calls) implements Serializable {}
