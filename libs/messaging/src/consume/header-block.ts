import type { HeaderReader } from '@sentinel-forge/contracts';

const decoder = new TextDecoder();
const lineEnd = '\r\n';

/**
 * The headers of a message, read off the block that came with it, and only those that are asked for:
 * `NATS/1.0\r\n<name>: <value>\r\n…\r\n\r\n` (ADR-4 of nats-architecture-and-design). The client library makes a map of lists of
 * them and looks through all names for each, which on the hot path costs more than all the rest of an envelope. It also
 * throws at names and values that it would not have written itself; anybody can send those, so they are taken as they are.
 */
export class HeaderBlock implements HeaderReader {
  readonly #text: string;

  constructor(bytes: Uint8Array) {
    this.#text = decoder.decode(bytes);
  }

  /** The first value under a name, exactly as it is spelled; empty when there is none. */
  get(name: string): string {
    const found = this.#text.indexOf(`${lineEnd}${name}:`);
    if (found < 0) {
      return '';
    }
    const start = found + lineEnd.length + name.length + 1;
    const end = this.#text.indexOf(lineEnd, start);
    return this.#text.slice(start, end < 0 ? undefined : end).trim();
  }

  /** Every name with all of its values, in the order in which they came. */
  entries(): Readonly<Record<string, readonly string[]>> {
    const entries = new Map<string, string[]>();
    for (const line of this.#text.split(lineEnd).slice(1)) {
      const colon = line.indexOf(':');
      if (colon >= 0) {
        const name = line.slice(0, colon);
        const values = entries.get(name) ?? [];
        values.push(line.slice(colon + 1).trim());
        entries.set(name, values);
      }
    }
    return Object.fromEntries(entries);
  }
}
