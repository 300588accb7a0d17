import type { KeyId } from "./key.ts";

/** The namespace of state that belongs to a key alone, not to one of its windows. */
export const NO_NAMESPACE = "";

/** One thing per namespace (a window's id, or {@link NO_NAMESPACE}) and key: a list, a map. */
export class NamespaceIndex<T extends { readonly namespace: string; readonly keyId: KeyId }> {
  readonly #namespaces = new Map<string, Map<KeyId, T>>();
  // Successive records mostly fall into the same window.
  #lastNamespace: string | undefined;
  #last!: Map<KeyId, T>;

  find(namespace: string, id: KeyId): T | undefined {
    if (namespace === this.#lastNamespace) return this.#last.get(id);
    const things = this.#namespaces.get(namespace);
    if (things === undefined) return undefined;
    this.#lastNamespace = namespace;
    this.#last = things;
    return things.get(id);
  }

  add(thing: T): void {
    const { namespace, keyId } = thing;
    const things = this.#namespaces.get(namespace);
    if (things === undefined) this.#namespaces.set(namespace, new Map([[keyId, thing]]));
    else things.set(keyId, thing);
  }

  delete({ namespace, keyId }: T): void {
    const things = this.#namespaces.get(namespace);
    things?.delete(keyId);
    if (things?.size !== 0) return;
    this.#namespaces.delete(namespace);
    this.#lastNamespace = undefined;
  }

  /** All in no namespace, in the order in which they were added. They may be deleted on the way. */
  global(): Iterable<T> {
    return this.#namespaces.get(NO_NAMESPACE)?.values() ?? [];
  }
}
