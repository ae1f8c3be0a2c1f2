import { ForgeError } from '@sentinel-forge/contracts';
import { runService } from './run-service.js';
import type { ServiceDefinition } from './service-definition.js';

/** Runs one service as a process of its own: SIGTERM and SIGINT drain it, and it exits 0; bad settings exit 2. */
export async function main(definition: ServiceDefinition): Promise<void> {
  try {
    const service = await runService(definition, { environment: process.env });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void service.stop().then(() => process.exit(0)));
    }
  } catch (error) {
    // A person's mistake gets a sentence, not a stack.
    process.stderr.write(`${describe(error)}\n`);
    process.exit(error instanceof ForgeError && error.code === 'FORGE_CONFIG_INVALID' ? 2 : 1);
  }
}

function describe(error: unknown): string {
  if (error instanceof ForgeError) {
    return error.message;
  }
  return error instanceof Error ? String(error.stack) : String(error);
}
