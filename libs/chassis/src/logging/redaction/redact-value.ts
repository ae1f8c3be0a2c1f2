import { types } from 'node:util';
import { type Redaction, redactionMarker, type TextRedactor } from './redact-text.js';
import type { SensitiveKeys } from './sensitive-keys.js';

/** How much of a value is copied. Beyond that a marker stands for the rest: a log record is no place for a heap dump. */
export const copyLimits = { depth: 32, nodes: 10_000 } as const;

/**
 * Copies a value into what JSON can say, without its secrets. The original is never changed, whatever it is: cycles,
 * getters that throw, proxies, class instances and `__proto__` keys are safe. Bytes are told by their number only: they
 * cannot be searched for secrets.
 */
export function redactValue(value: unknown, keys: SensitiveKeys, redactText: TextRedactor): Redaction<unknown> {
  const copier = new RedactingCopier(keys, redactText);
  return { value: copier.copy(value), hidden: copier.hidden };
}

class RedactingCopier {
  hidden = 0;
  #nodes = 0;
  readonly #ancestors = new Set<object>();

  constructor(
    private readonly keys: SensitiveKeys,
    private readonly redactText: TextRedactor,
  ) {}

  copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'bigint':
        return value.toString();
      case 'function':
      case 'symbol':
        return undefined;
      case 'object':
        return value === null ? null : this.#guarded(value);
      default:
        return value;
    }
  }

  #text(text: string): string {
    const { value, hidden } = this.redactText(text);
    this.hidden += hidden;
    return value;
  }

  #guarded(value: object): unknown {
    this.#nodes += 1;
    if (this.#ancestors.has(value)) {
      return '[circular]';
    }
    if (this.#ancestors.size >= copyLimits.depth) {
      return '[too deep]';
    }
    if (this.#nodes > copyLimits.nodes) {
      return '[too large]';
    }
    this.#ancestors.add(value);
    try {
      return this.#object(value);
    } catch {
      return '[unreadable]';
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #object(value: object): unknown {
    if (Array.isArray(value) || types.isSet(value)) {
      return this.#list(value);
    }
    if (types.isDate(value)) {
      return Number.isNaN(value.getTime()) ? null : value.toISOString();
    }
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
      return `[${value.byteLength} bytes]`;
    }
    if (types.isNativeError(value)) {
      return this.#error(value);
    }
    if (types.isMap(value)) {
      return this.#entries(value.keys(), (key) => value.get(key));
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return this.copy(value.toJSON());
    }
    return this.#entries(Object.keys(value), (key) => Reflect.get(value, key));
  }

  #list(items: Iterable<unknown>): unknown[] {
    const copies: unknown[] = [];
    for (const item of items) {
      if (this.#isFull()) {
        copies.push('[too large]');
        break;
      }
      copies.push(this.copy(item) ?? null);
    }
    return copies;
  }

  // What matters of an error is not enumerable.
  #error(error: Error): unknown {
    const own = Object.keys(error).filter((key) => key !== 'name' && key !== 'message' && key !== 'stack');
    const names = [
      'name',
      'message',
      'stack',
      ...('cause' in error && !own.includes('cause') ? ['cause'] : []),
      ...own,
    ];
    return this.#entries(names, (name) => Reflect.get(error, name));
  }

  #entries<Key>(names: Iterable<Key>, read: (name: Key) => unknown): unknown {
    const copies: Record<string, unknown> = {};
    for (const name of names) {
      const key = String(name);
      if (this.#isFull()) {
        setOwn(copies, key, '[too large]');
        break;
      }
      setOwn(
        copies,
        this.#text(key),
        this.#field(key, () => read(name)),
      );
    }
    return copies;
  }

  #field(key: string, read: () => unknown): unknown {
    let value: unknown;
    try {
      value = read();
    } catch {
      return '[unreadable]';
    }
    const sensitivity = this.keys.sensitivityOf(key);
    if (sensitivity === 'none' || isHarmless(value, sensitivity === 'count')) {
      return this.copy(value);
    }
    this.hidden += 1;
    return redactionMarker;
  }

  // Every element counts, or one array of a million numbers would be copied whole.
  #isFull(): boolean {
    this.#nodes += 1;
    return this.#nodes > copyLimits.nodes;
  }
}

function isHarmless(value: unknown, isCount: boolean): boolean {
  if (isCount && (typeof value === 'number' || typeof value === 'bigint')) {
    return true;
  }
  return (
    value === undefined || value === null || typeof value === 'boolean' || value === '' || value === redactionMarker
  );
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    // An assignment would set the prototype instead of a property.
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}
