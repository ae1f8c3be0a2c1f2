import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type RandomHex, type TraceContext } from '@sentinel-forge/contracts';

const storage = new AsyncLocalStorage<TraceContext>();

/** Random hexadecimal digits, for ids of traces and spans. */
export const randomHex: RandomHex = (bytes) => randomBytes(bytes).toString('hex');

/** Runs something as part of a trace: what it logs and publishes belongs to it. */
export function runInTrace<T>(trace: TraceContext, run: () => T): T {
  return storage.run(trace, run);
}

/** The trace that the running code belongs to, if any. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}
