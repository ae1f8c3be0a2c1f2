import { recordDirectory, type Verification, verificationExitCodes, verifyRecord } from '@sentinel-forge/log-indexer';
import { loadToolSettings } from '../mesh/mesh-settings.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { paint } from '../terminal/table.js';

/** Checks a record offline; the exit code says what came of it. */
export async function verifyLogs(directory: string | undefined, options: { readonly json?: boolean }): Promise<void> {
  const verification = await verifyRecord(directory ?? recordDirectory(loadToolSettings(process.env).directory.path));
  await printAnswer(verification, options, () => describeVerification(verification));
  process.exitCode = verificationExitCodes[verification.verdict];
}

/** What came of a check, for people. */
export function describeVerification(verification: Verification): string {
  if (verification.verdict === 'unreadable') {
    return `${paint('red', 'cannot be read')}: ${safeText(verification.path)}: ${safeText(verification.detail)}`;
  }
  if (verification.verdict === 'newer') {
    return `${paint('yellow', 'cannot be verified')}: ${safeText(verification.detail)}`;
  }
  const size = `${verification.entries} entries in ${verification.segments} segments`;
  if (verification.verdict === 'intact') {
    const { hash, unfinishedBytes } = verification;
    const unfinished =
      unfinishedBytes === 0
        ? ''
        : `\n${unfinishedBytes} bytes at the end are of an entry that was never acknowledged; they count for nothing.`;
    return `${paint('green', 'intact')}: ${size}\nhash of the last entry: ${hash}${unfinished}`;
  }
  const { findings } = verification;
  const lines = findings.map(
    ({ file, offset, reason, detail }) => `  ${file} at byte ${offset}: ${reason}: ${safeText(detail)}`,
  );
  return [
    `${paint('red', 'tampered')} at entry ${verification.first.entry}: ${safeText(verification.first.detail)}`,
    `${size}; what was found:`,
    ...lines,
  ].join('\n');
}
