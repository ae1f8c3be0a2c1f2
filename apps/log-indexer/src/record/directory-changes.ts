import { type FSWatcher, watch } from 'node:fs';

// For file systems that do not tell of changes (network mounts, some container volumes).
const longestWaitMs = 1000;

/** Tells when something in a directory has changed. */
export class DirectoryChanges {
  readonly #watcher: FSWatcher | undefined;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(
    directory: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#watcher = tryToWatch(directory, () => this.#notice());
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Resolves when something has changed since it resolved last, after a second at the latest, and when aborted. */
  async next(): Promise<void> {
    if (!this.#hasChanged && this.signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, longestWaitMs);
      await promise;
      clearTimeout(timer);
    }
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher?.close();
    this.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#notice();

  #notice(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }
}

// There may be no watch to be had (a limit per user); then the longest wait has to do.
function tryToWatch(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(directory, onChange).on('error', onChange);
  } catch {
    return undefined;
  }
}
