/**
 * What becomes of a record that cannot be decoded, or at which a function throws.
 *
 * - `dead-letter`: it goes to the job's dead letters; nothing remains of what it had changed until then
 * - `skip`: nothing remains of it either, and it is only counted
 * - `fail`: the job fails, and its restart strategy decides
 *
 * A function that throws in a timer or a window that fires has no record to blame: {@link WindowErrorPolicy} decides.
 */
export type ErrorPolicy = "dead-letter" | "skip" | "fail";

/**
 * What becomes of a window that fires, or a timer, at which a function throws.
 *
 * - `fail`: the job fails, nothing of the window is lost, and its restart strategy decides. If a record itself made the window
 *   fire, as in a count window, that record goes the way of {@link ErrorPolicy}
 * - `dead-letter`: what the function did is taken back, the window or timer is one dead letter with its key and what it held,
 *   and the job goes on as if the function had given nothing
 */
export type WindowErrorPolicy = "fail" | "dead-letter";
