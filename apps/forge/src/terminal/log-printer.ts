import type { LogDestination } from '../embedded/embedded-mesh.js';
import { type Output, paint } from './table.js';

const levelStyles = { trace: 'dim', debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** Prints log records: as they are into a pipe, as short lines for people on a terminal. */
export function logPrinter(output: Output): LogDestination {
  if (!output.isTTY) {
    return { write: (line) => void output.write(line) };
  }
  return { write: (line) => void output.write(`${readable(line, output)}\n`) };
}

function readable(line: string, output: Output): string {
  try {
    const { svc, lvl, evt, time, trace, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const style = levelStyles[lvl as keyof typeof levelStyles] ?? 'white';
    const fields = Object.entries(rest).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    const parts = [
      paint('dim', String(time).slice(11, 23), output),
      paint(style, String(lvl).padEnd(5), output),
      String(svc),
      paint('bold', String(evt), output),
      ...(msg === undefined ? [] : [String(msg)]),
      ...fields,
      ...(trace === undefined ? [] : [paint('dim', `trace=${String(trace)}`, output)]),
    ];
    return parts.join(' ');
  } catch {
    return line.trimEnd();
  }
}
