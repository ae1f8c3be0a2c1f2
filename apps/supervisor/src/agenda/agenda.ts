interface Entry {
  readonly key: string;
  readonly atMs: number;
}

/**
 * What is to happen when: one point in time for each key. Time is passed in, so that a test, or a process that was away
 * for an hour, says what time it is. A binary heap; a changed entry leaves its former place behind, to be skipped.
 */
export class Agenda {
  readonly #times = new Map<string, number>();
  #heap: Entry[] = [];

  /** Sets, or moves, the time of a key. */
  set(key: string, atMs: number): void {
    if (this.#times.get(key) === atMs) {
      return;
    }
    this.#times.set(key, atMs);
    this.#push({ key, atMs });
    if (this.#heap.length > 2 * this.#times.size + 64) {
      this.#compact();
    }
  }

  /** Forgets a key. */
  delete(key: string): void {
    this.#times.delete(key);
  }

  /** Takes out every key whose time has come, earliest first. */
  takeDue(nowMs: number): readonly string[] {
    const due: string[] = [];
    for (let first = this.#first(); first !== undefined && first.atMs <= nowMs; first = this.#first()) {
      this.#pop();
      this.#times.delete(first.key);
      due.push(first.key);
    }
    return due;
  }

  /** When the next one is due; undefined when there is none. */
  get nextAtMs(): number | undefined {
    return this.#first()?.atMs;
  }

  get size(): number {
    return this.#times.size;
  }

  /** The earliest entry that still holds. */
  #first(): Entry | undefined {
    let first = this.#heap[0];
    while (first !== undefined && this.#times.get(first.key) !== first.atMs) {
      this.#pop();
      first = this.#heap[0];
    }
    return first;
  }

  #push(entry: Entry): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || parent.atMs <= entry.atMs) {
        break;
      }
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = entry;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) {
      return;
    }
    let at = 0;
    for (let childAt = this.#earlierChild(at); childAt !== undefined; childAt = this.#earlierChild(at)) {
      const child = this.#heap[childAt];
      if (child === undefined || child.atMs >= last.atMs) {
        break;
      }
      this.#heap[at] = child;
      at = childAt;
    }
    this.#heap[at] = last;
  }

  #earlierChild(at: number): number | undefined {
    const left = this.#heap[2 * at + 1];
    const right = this.#heap[2 * at + 2];
    if (left === undefined) {
      return undefined;
    }
    return right !== undefined && right.atMs < left.atMs ? 2 * at + 2 : 2 * at + 1;
  }

  #compact(): void {
    const entries = [...this.#times].map(([key, atMs]) => ({ key, atMs }));
    // A sorted array is a heap.
    this.#heap = entries.sort((a, b) => a.atMs - b.atMs);
  }
}
