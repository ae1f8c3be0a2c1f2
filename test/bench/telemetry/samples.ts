import type { Telemetry } from '@sentinel-forge/contracts';
import { pick, seededRandom } from '../../support/seeded-random.js';

/** One telemetry event, before it is written bare or as a CloudEvent. */
export interface Sample {
  readonly id: string;
  readonly signal: string;
  readonly data: Telemetry;
}

/** The containers that samples name. */
export const containerNames = Array.from({ length: 50 }, (_, index) => `shop-worker-${index + 1}`);

export const signals = [
  'auth.ssh',
  'auth.web',
  'process.exec',
  'network.flow',
  'network.dns',
  'file.write',
  'container.start',
  'health.probe',
];
const users = Array.from({ length: 200 }, (_, index) => `user-${index + 1}`);
const programs = ['sshd', 'nginx', 'node', 'postgres', 'bash', 'curl', 'cron', 'python3'];
const outcomes = ['success', 'failure'];

/**
 * Telemetry as sensors send it, about 300 bytes each. Every `every`-th (1: all) is of severity 10 and names a known container, so that a
 * mitigation is asked for; the others stay below the score at which anything is said, though one in ten matches a rule.
 */
export function* samplesOf(count: number, every: number, seed: number): Generator<Sample> {
  const random = seededRandom(seed);
  for (let index = 0; index < count; index += 1) {
    const signal = pick(signals, random);
    const isBad = index % every === 0;
    const address = `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
    yield {
      id: `bench-${seed}-${index}`,
      signal,
      data: {
        source: `sensor-${Math.floor(random() * 20)}`,
        severity: isBad ? 10 : Math.floor(random() * 5),
        summary: `${pick(programs, random)} seen from ${address}`,
        target: { container: pick(containerNames, random), user: pick(users, random), address },
        attributes: {
          'process.name': pick(programs, random),
          'process.pid': Math.floor(random() * 65_536),
          'event.outcome': pick(outcomes, random),
          'auth.failures': Math.floor(random() * 20),
          'network.bytes': Math.floor(random() * 1e6),
        },
      },
    };
  }
}
