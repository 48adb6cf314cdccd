/**
 * A bounded map from text that forgets what has not been used for long. Entries are kept in two generations: once
 * the young one is full it becomes the old one, and the one before is forgotten; so a hit costs one look-up, without
 * the upkeep of an order of use.
 */
export class Generations<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #youngLength = 0;
  readonly #maxEntries: number;
  readonly #maxLength: number;

  /**
   * @param maxEntries entries in each of the two generations
   * @param maxLength characters that the keys of a generation may have together
   */
  constructor(maxEntries: number, maxLength: number) {
    this.#maxEntries = maxEntries;
    this.#maxLength = maxLength;
  }

  /** The value of a key; undefined where it is not known or has been forgotten. */
  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Adds or replaces a value. */
  set(key: string, value: Value): void {
    if (this.#young.size >= this.#maxEntries || this.#youngLength + key.length > this.#maxLength) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngLength = 0;
    }
    this.#young.set(key, value);
    this.#youngLength += key.length;
  }
}
