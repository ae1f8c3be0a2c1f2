import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, loadavg, platform, totalmem } from 'node:os';
import { natsServerPath } from '@sentinel-forge/testing';

/** What the figures were measured on: what they depend on, and nothing by which anybody could tell whose machine it is. */
export interface Machine {
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  readonly natsServer: string;
  /** How busy it was before the run, in runnable processes: more than a little, and only the ratios mean something. */
  readonly loadBefore: number;
}

/** Looks at the machine. */
export function describeMachine(): Machine {
  const version = execFileSync(natsServerPath(), ['--version'], { encoding: 'utf8' });
  return {
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
    natsServer: /v[\d.]+/.exec(version)?.[0] ?? version.trim(),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
