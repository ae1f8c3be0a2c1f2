import type { LogDestination } from '../embedded/embedded-mesh.js';
import { safeText } from './safe-text.js';
import { type Output, paint } from './table.js';

const levelStyles = { trace: 'dim', debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** Prints log records: as they are into a pipe, as short lines for people on a terminal. */
export function logPrinter(output: Output): LogDestination {
  if (!output.isTTY) {
    return { write: (line) => void output.write(line) };
  }
  return { write: (line) => void output.write(`${readable(line, output)}\n`) };
}

/** A log record on one line. Whatever it says, it stays one. */
export function readableRecord(record: Readonly<Record<string, unknown>>, output: Output): string {
  const { svc, lvl, evt, time, trace, msg, ...rest } = record;
  const style = levelStyles[lvl as keyof typeof levelStyles] ?? 'white';
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [
    paint('dim', safeText(String(time).slice(11, 23)), output),
    paint(style, safeText(String(lvl).padEnd(5)), output),
    safeText(String(svc)),
    paint('bold', safeText(String(evt)), output),
    ...(msg === undefined ? [] : [safeText(String(msg))]),
    ...fields.map(safeText),
    ...(trace === undefined ? [] : [paint('dim', `trace=${safeText(String(trace))}`, output)]),
  ];
  return parts.join(' ');
}

function readable(line: string, output: Output): string {
  try {
    return readableRecord(JSON.parse(line) as Record<string, unknown>, output);
  } catch {
    return safeText(line.trimEnd());
  }
}
