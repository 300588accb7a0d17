import { Wrong } from "../checks.ts";

/**
 * Runs a check, and shows a picture of event time below what it finds wrong.
 * @param picture is asked only then; where the job does not get that far, there is no picture
 */
export async function drawn(
  check: () => void | Promise<void>,
  picture: () => Promise<readonly string[]>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const lines = await picture().catch(() => []);
    throw lines.length === 0 ? error : new Wrong(error.message, [...error.picture, "", ...lines]);
  }
}
