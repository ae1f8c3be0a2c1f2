import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type RandomHex, type TraceContext } from '@sentinel-forge/contracts';

const storage = new AsyncLocalStorage<TraceContext>();

/** Random bytes are had by the page: asking for eight at a time costs more than the rest of making a trace. */
const page = { digits: '', used: 0 };
const pageBytes = 2_048;

/** Random hexadecimal digits, for ids of traces and spans; at most 2,048 bytes of them. */
export const randomHex: RandomHex = (bytes) => {
  if (page.used + 2 * bytes > page.digits.length) {
    page.digits = randomBytes(pageBytes).toString('hex');
    page.used = 0;
  }
  const digits = page.digits.slice(page.used, page.used + 2 * bytes);
  page.used += digits.length;
  return digits;
};

/** Runs something as part of a trace: what it logs and publishes belongs to it. */
export function runInTrace<T>(trace: TraceContext, run: () => T): T {
  return storage.run(trace, run);
}

/** The trace that the running code belongs to, if any. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}
