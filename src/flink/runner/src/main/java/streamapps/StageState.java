package streamapps;

import java.io.Serializable;
import java.util.List;

/**
 * The state that a stage begins with, of a job that did not run on a cluster before.
 *
 * @param job its {@code job} entry
 * @param entries the key as JSON, the entry's name and its text, in turn
 */
record StageState(String job, List<String> entries) implements Serializable {}
