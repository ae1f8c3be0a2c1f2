import { flag, integer, Setting, text } from '@sentinel-forge/chassis';
import { defaultRulesPath } from './detection/rule-files.store.js';
import { defaultPolicy, type ResponsePolicy, responsePolicy } from './planning/response-policy.js';

const oneDaySeconds = 24 * 60 * 60;
const threshold = integer(1, 101);
const ttlSeconds = integer(1, 365 * oneDaySeconds);

/** What sentinelcore can be told. */
export class SentinelcoreSettings {
  @Setting({
    env: 'SENTINELCORE_RULES',
    type: text(),
    default: defaultRulesPath,
    defaultDescription: 'the rules that come with it',
    summary: 'A file of rules, or a directory of such files; read again when something in it changes',
  })
  readonly rulesPath!: string;

  @Setting({
    env: 'SENTINELCORE_SIMULATE',
    type: flag(),
    default: false,
    summary: 'Compute and tell everything, but have nothing done',
  })
  readonly isSimulation!: boolean;

  @Setting({
    env: 'SENTINELCORE_NOTIFY_FROM',
    type: threshold,
    default: defaultPolicy.notifyFrom,
    summary: 'The score from which people are told',
  })
  readonly notifyFrom!: number;

  @Setting({
    env: 'SENTINELCORE_ISOLATE_FROM',
    type: threshold,
    default: defaultPolicy.isolateFrom,
    summary: 'The score from which a container is isolated; 101 is never',
  })
  readonly isolateFrom!: number;

  @Setting({
    env: 'SENTINELCORE_QUARANTINE_FROM',
    type: threshold,
    default: defaultPolicy.quarantineFrom,
    summary: 'The score from which a container is quarantined; 101 is never',
  })
  readonly quarantineFrom!: number;

  @Setting({
    env: 'SENTINELCORE_ISOLATE_TTL_SECONDS',
    type: ttlSeconds,
    default: defaultPolicy.isolateTtlMs / 1000,
    summary: 'How long an isolation stays in force unless a rule says otherwise',
  })
  readonly isolateTtlSeconds!: number;

  @Setting({
    env: 'SENTINELCORE_QUARANTINE_TTL_SECONDS',
    type: ttlSeconds,
    default: defaultPolicy.quarantineTtlMs / 1000,
    summary: 'How long a quarantine stays in force unless a rule says otherwise',
  })
  readonly quarantineTtlSeconds!: number;

  @Setting({
    env: 'SENTINELCORE_THROTTLE_TTL_SECONDS',
    type: ttlSeconds,
    default: defaultPolicy.throttleTtlMs / 1000,
    summary: 'How long a throttle stays in force unless a rule says otherwise',
  })
  readonly throttleTtlSeconds!: number;
}

/** The policy that the settings make. Throws `FORGE_CONFIG_INVALID` for thresholds that descend. */
export function policyOf(settings: SentinelcoreSettings): ResponsePolicy {
  return responsePolicy({
    notifyFrom: settings.notifyFrom,
    isolateFrom: settings.isolateFrom,
    quarantineFrom: settings.quarantineFrom,
    isolateTtlMs: settings.isolateTtlSeconds * 1000,
    quarantineTtlMs: settings.quarantineTtlSeconds * 1000,
    throttleTtlMs: settings.throttleTtlSeconds * 1000,
    isSimulation: settings.isSimulation,
  });
}
