import { readFileSync } from 'node:fs';

/**
 * Names a process: its id and, where `/proc` tells it, the moment it was started (in ticks since the machine was). Ids are
 * given again, after a restart of the machine even soon; a mark is not.
 */
export function markOf(pid: number): string {
  const startedAt = procStat(pid)?.startedAt;
  return startedAt === undefined ? String(pid) : `${pid}@${startedAt}`;
}

/** The id in a mark; 0 when the text is none. */
export function pidIn(mark: string): number {
  return Number(/^[1-9]\d*(?=@|$)/.exec(mark)?.[0] ?? '0');
}

/** Whether the process that a mark names is there still, and can still do something: a zombie cannot. */
export function isAlive(mark: string): boolean {
  const pid = pidIn(mark);
  return isRunning(pid) && (!mark.includes('@') || markOf(pid) === mark);
}

/** Whether a process of this id is there. */
export function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) {
    return false;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return procStat(pid)?.state !== 'Z';
}

/** What proc(5) says of a process; undefined where there is no `/proc`, or no such process. */
function procStat(pid: number): { readonly state: string; readonly startedAt: string } | undefined {
  try {
    // The second field is the name in brackets, which may hold anything; the third is the state, the 22nd the start.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
