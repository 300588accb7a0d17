/**
 * Work that a test begins now and awaits later. Without this, work that fails meanwhile ends the whole file: Deno finds a
 * rejected promise that nobody listens to yet. A machine under load is slow enough for that.
 */
export function later<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {}); // who awaits it hears of it
  return work;
}

/** Waits for a sign of `work`, such as that an instance stands by. @throws whatever ends the work before */
export async function signOf<T>(work: Promise<unknown>, sign: Promise<T>): Promise<T> {
  return await Promise.race([
    sign,
    work.then(() => {
      throw new Error("The work came to its end without the sign that the test waits for");
    }),
  ]);
}
