import { ForgeError } from '@sentinel-forge/contracts';
import { runService } from './run-service.js';
import type { ServiceDefinition } from './service-definition.js';

/**
 * How long a service may take to stop: the sum of what its parts may take (requests under way 5 s, handlers 8 s, deliveries
 * 6 s, and the last log records). Whoever runs it should wait a little longer before it kills.
 */
export const stopBudgetMs = 25_000;

/**
 * Runs one service as a process of its own: SIGTERM and SIGINT drain it, and it exits 0; 1 when something held it beyond its
 * budget (what was in flight is not acknowledged, so it is done after the next start); bad settings exit 2.
 */
export async function main(definition: ServiceDefinition, budgetMs = stopBudgetMs): Promise<void> {
  const asked = whenAskedToStop(budgetMs);
  try {
    const service = await runService(definition, { environment: process.env });
    void asked.then(() => service.stop()).then(() => process.exit(0));
  } catch (error) {
    // A person's mistake gets a sentence, not a stack.
    process.stderr.write(`${describe(error)}\n`);
    process.exit(error instanceof ForgeError && error.code === 'FORGE_CONFIG_INVALID' ? 2 : 1);
  }
}

// From the first moment on: who is asked to stop while it starts stops as well as any other.
function whenAskedToStop(budgetMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      setTimeout(() => cutOff(budgetMs), budgetMs);
      resolve();
    });
  }
  return promise;
}

/** Ends a process whose stop takes longer than it may. */
export function cutOff(budgetMs: number): never {
  const msg = `not stopped within ${budgetMs / 1000} s; what was in flight is done after the next start`;
  process.stderr.write(`${msg}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  if (error instanceof ForgeError) {
    return error.message;
  }
  return error instanceof Error ? String(error.stack) : String(error);
}
