import fc from 'fast-check';
import { planThrottle, planUnthrottle, type ResourceLimits } from './resource-limits.js';

const unlimited: ResourceLimits = {
  nanoCpus: 0,
  cpuQuotaMicros: 0,
  cpuPeriodMicros: 0,
  memoryBytes: 0,
  memorySwapBytes: 0,
  pidsLimit: 0,
};
const hostMemoryBytes = 8 * 2 ** 30;

describe('planThrottle', () => {
  it('never mixes nano CPUs with a quota, which the engine refuses', () => {
    const limits = fc.record({
      nanoCpus: fc.constantFrom(0, 5e8, 2e9),
      cpuQuotaMicros: fc.constantFrom(-1, 0, 50_000),
      cpuPeriodMicros: fc.constantFrom(0, 20_000, 100_000),
      memoryBytes: fc.constant(0),
      memorySwapBytes: fc.constant(0),
      pidsLimit: fc.constant(0),
    });
    fc.assert(
      fc.property(limits, fc.double({ min: 0.01, max: 64, noNaN: true }), (current, cpus) => {
        const update = planThrottle(current, { cpus });
        expect('NanoCpus' in update).toBe(current.nanoCpus > 0);
        expect('CpuQuota' in update).toBe(current.nanoCpus === 0);
        expect(update.CpuQuota ?? 1_000).toBeGreaterThanOrEqual(1_000);
      }),
    );
  });

  it('keeps the period that a container has', () => {
    const limits = { ...unlimited, cpuQuotaMicros: 40_000, cpuPeriodMicros: 20_000 };
    expect(planThrottle(limits, { cpus: 0.5 })).toEqual({ CpuQuota: 10_000, CpuPeriod: 20_000 });
  });

  it('changes nothing that was not asked for', () => {
    expect(planThrottle(unlimited, {})).toEqual({});
    expect(planThrottle(unlimited, { pidsLimit: 9 })).toEqual({ PidsLimit: 9 });
  });
});

describe('planUnthrottle', () => {
  it('does nothing when nothing was changed', () => {
    expect(planUnthrottle(unlimited, unlimited, hostMemoryBytes)).toEqual({});
  });

  it('lifts what was unlimited as far as the engine lets it', () => {
    const throttled = {
      ...unlimited,
      cpuQuotaMicros: 25_000,
      cpuPeriodMicros: 100_000,
      memoryBytes: 2 ** 26,
      memorySwapBytes: 2 ** 26,
      pidsLimit: 9,
    };
    expect(planUnthrottle(unlimited, throttled, hostMemoryBytes)).toEqual({
      CpuQuota: -1,
      Memory: hostMemoryBytes,
      MemorySwap: 2 * hostMemoryBytes,
      PidsLimit: 0,
    });
  });

  it('gives former limits back as they were', () => {
    const former = { ...unlimited, nanoCpus: 15e8, memoryBytes: 2 ** 29, memorySwapBytes: 2 ** 30, pidsLimit: 100 };
    const throttled = { ...former, nanoCpus: 1e8, memoryBytes: 2 ** 26, memorySwapBytes: 2 ** 26, pidsLimit: 9 };
    expect(planUnthrottle(former, throttled, hostMemoryBytes)).toEqual({
      NanoCpus: 15e8,
      Memory: 2 ** 29,
      MemorySwap: 2 ** 30,
      PidsLimit: 100,
    });
  });
});
