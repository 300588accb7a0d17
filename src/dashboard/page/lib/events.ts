import { useEffect, useState } from "preact/hooks";

/** What a path of server-sent events has sent last. */
export interface Heard<T> {
  readonly value: T | undefined;
  /** Whether the server answers. */
  readonly connected: boolean;
}

/** The newest event of a name from a path. @param path undefined listens to nothing */
export function useEvent<T>(path: string | undefined, name: string): Heard<T> {
  const [heard, setHeard] = useState<Heard<T> & { readonly path?: string | undefined }>({
    value: undefined,
    connected: true,
  });
  useEffect(() => {
    if (path === undefined) return;
    return listen(path, {
      [name]: (data) => setHeard({ path, value: data as T, connected: true }),
      error: () => setHeard((before: Heard<T>) => ({ ...before, connected: false })),
    });
  }, [path, name]);
  return heard.path === path ? heard : { value: undefined, connected: heard.connected };
}

/** Calls back with each event by its name, and with "error" while the server does not answer. @returns what stops it */
export function listen(path: string, handlers: Readonly<Record<string, (data: unknown) => void>>): () => void {
  const source = new EventSource(path);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(
      name,
      (event) => handle(name === "error" ? undefined : JSON.parse((event as MessageEvent).data)),
    );
  }
  return () => source.close();
}

/** Asks again each so many ms, and keeps the last answer. */
export function useEach(again: () => void, ms: number): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || again(), ms);
    return () => clearInterval(timer);
  }, [again, ms]);
}
