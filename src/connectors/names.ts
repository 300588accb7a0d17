/** Names of topics and jobs: those that Kafka allows, at either broker, so that a program runs on both. */

/** Longest name of a topic, characters. */
const TOPIC_LENGTH = 249;
/** Longest name of a job: the names of its own topics begin with it, and ".dead-letters" is the longest suffix. */
const JOB_LENGTH = TOPIC_LENGTH - ".dead-letters".length;

const LEGAL = /^[A-Za-z0-9._-]+$/;
const ALLOWED = 'of the characters A-Z, a-z, 0-9, ".", "_" and "-"';

/** Whether a topic can have that name. */
export function isTopicName(name: string): boolean {
  return LEGAL.test(name) && name.length <= TOPIC_LENGTH && name !== "." && name !== "..";
}

/** @throws {RangeError} if no topic can have that name */
export function checkTopicName(name: string): void {
  if (isTopicName(name)) return;
  throw new RangeError(
    `Cannot create topic ${shown(name)}: a name has 1 to ${TOPIC_LENGTH} ${ALLOWED}, and is not "." or ".."`,
  );
}

/** @throws {RangeError} if no job can have that name */
export function checkJobName(name: string): void {
  if (LEGAL.test(name) && name.length <= JOB_LENGTH) return;
  throw new RangeError(`Cannot open job ${shown(name)}: a name has 1 to ${JOB_LENGTH} ${ALLOWED}`);
}

/** Names of topics in a sentence: `"a", "b"` */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** In quotes, without anything that a terminal would act on. */
function shown(name: string): string {
  return JSON.stringify(name.length > 300 ? `${name.slice(0, 300)}…` : name);
}
