import { once } from 'node:events';
import { safeJson } from './safe-text.js';
import type { Output } from './table.js';

/** Makes a reader that went away (`forge tail | head -1`) the end of the tool, and no failure. */
export function endOnBrokenPipe(...outputs: readonly Output[]): void {
  for (const output of outputs) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
}

/** Writes a line, and waits for a reader that is slower than the writer. */
export async function printLine(line: string, output: Output = process.stdout): Promise<void> {
  if (!output.write(`${line}\n`)) {
    await once(output, 'drain');
  }
}

/** Prints the answer of a command: as one JSON document, or as people read it. */
export async function printAnswer(
  answer: unknown,
  options: { readonly json?: boolean },
  describe: () => string,
): Promise<void> {
  await printLine(options.json === true ? safeJson(answer) : describe());
}
