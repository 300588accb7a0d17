import type { KeyId } from "./key.ts";

/** The namespace of state that belongs to a key alone, not to one of its windows. */
export const NO_NAMESPACE = "";

/** One thing per namespace (a window's id, or {@link NO_NAMESPACE}) and key: a list, a map. */
export class NamespaceIndex<T extends { readonly namespace: string; readonly keyId: KeyId }> {
  // A session has its namespace to itself: a map for it alone would be most of what it costs.
  readonly #namespaces = new Map<string, T | Map<KeyId, T>>();
  // Successive records mostly fall into the same window.
  #lastNamespace: string | undefined;
  #last!: T | Map<KeyId, T>;

  find(namespace: string, id: KeyId): T | undefined {
    if (namespace !== this.#lastNamespace) {
      const things = this.#namespaces.get(namespace);
      if (things === undefined) return undefined;
      this.#lastNamespace = namespace;
      this.#last = things;
    }
    const last = this.#last;
    if (last instanceof Map) return last.get(id);
    return last.keyId === id ? last : undefined;
  }

  add(thing: T): void {
    const { namespace, keyId } = thing;
    const things = this.#namespaces.get(namespace);
    if (things instanceof Map) {
      things.set(keyId, thing);
      return;
    }
    const isOnly = things === undefined || things.keyId === keyId;
    this.#namespaces.set(namespace, isOnly ? thing : new Map([[things.keyId, things], [keyId, thing]]));
    this.#lastNamespace = undefined;
  }

  delete({ namespace, keyId }: T): void {
    const things = this.#namespaces.get(namespace);
    if (things instanceof Map) {
      things.delete(keyId);
      if (things.size > 0) return;
    } else if (things?.keyId !== keyId) return;
    this.#namespaces.delete(namespace);
    this.#lastNamespace = undefined;
  }

  /** All in no namespace, in the order in which they were added. They may be deleted on the way. */
  global(): Iterable<T> {
    const things = this.#namespaces.get(NO_NAMESPACE);
    if (things === undefined) return [];
    return things instanceof Map ? things.values() : [things];
  }
}
