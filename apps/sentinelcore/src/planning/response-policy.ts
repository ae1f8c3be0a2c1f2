import { ForgeError, type Verdict } from '@sentinel-forge/contracts';

/** What scores lead to, and for how long. */
export interface ResponsePolicy {
  /** The score from which people are told; below, an event is only observed. At least 1. */
  readonly notifyFrom: number;
  /** The score from which a container is isolated. */
  readonly isolateFrom: number;
  /** The score from which a container is quarantined; 101 is never. */
  readonly quarantineFrom: number;
  /** How long each stays in force unless a rule asks for longer. */
  readonly isolateTtlMs: number;
  readonly quarantineTtlMs: number;
  readonly throttleTtlMs: number;
  /** Compute and tell everything, do nothing. */
  readonly isSimulation: boolean;
}

/** What holds unless it is set otherwise. */
export const defaultPolicy: ResponsePolicy = {
  notifyFrom: 40,
  isolateFrom: 70,
  quarantineFrom: 90,
  isolateTtlMs: 15 * 60_000,
  quarantineTtlMs: 60 * 60_000,
  throttleTtlMs: 15 * 60_000,
  isSimulation: false,
};

const never = 101;
const minTtlMs = 1000;

/** A policy with some values of its own. Throws `FORGE_CONFIG_INVALID` that names all that is wrong. */
export function responsePolicy(own: Partial<ResponsePolicy>): ResponsePolicy {
  const policy = { ...defaultPolicy, ...own };
  const problems = problemsOfPolicy(policy);
  if (problems.length > 0) {
    throw new ForgeError('FORGE_CONFIG_INVALID', problems.join('; '), { details: { problems } });
  }
  return policy;
}

/** Everything that is wrong with a policy, in words. */
export function problemsOfPolicy(policy: ResponsePolicy): readonly string[] {
  const { notifyFrom, isolateFrom, quarantineFrom } = policy;
  const thresholds = { notifyFrom, isolateFrom, quarantineFrom };
  const ttls = {
    isolateTtlMs: policy.isolateTtlMs,
    quarantineTtlMs: policy.quarantineTtlMs,
    throttleTtlMs: policy.throttleTtlMs,
  };
  return [
    ...Object.entries(thresholds)
      .filter(([, value]) => !Number.isInteger(value) || value < 1 || value > never)
      .map(([name, value]) => `${name} is ${value}; it must be a whole number of 1 to ${never} (${never} is never)`),
    ...(notifyFrom <= isolateFrom && isolateFrom <= quarantineFrom
      ? []
      : [`notifyFrom ${notifyFrom}, isolateFrom ${isolateFrom}, quarantineFrom ${quarantineFrom} must not descend`]),
    ...Object.entries(ttls)
      .filter(([, value]) => !Number.isSafeInteger(value) || value < minTtlMs)
      .map(([name, value]) => `${name} is ${value}; it must be a whole number of at least ${minTtlMs}`),
  ];
}

/** The one verdict of a score, as far as the score alone decides. */
export function verdictOfScore(score: number, policy: ResponsePolicy): Verdict {
  if (score >= policy.quarantineFrom) {
    return 'quarantine';
  }
  if (score >= policy.isolateFrom) {
    return 'isolate';
  }
  return score >= policy.notifyFrom ? 'notify' : 'observe';
}
