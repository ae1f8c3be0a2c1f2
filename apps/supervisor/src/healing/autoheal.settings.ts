import { flag, integer, oneOf, Setting, type SettingType, text } from '@sentinel-forge/chassis';
import { defaultHealingPolicy, type HealingPolicy } from './healing-policy.js';

const dayMs = 24 * 60 * 60 * 1000;
const seconds = (): SettingType<number> => ({
  description: 'a number of seconds, such as 5 or 0.5',
  parse(value) {
    const ms = Number(value) * 1000;
    if (value.trim() === '' || !(ms >= 0 && ms <= 365 * dayMs)) {
      throw new Error(`must be ${seconds().description}`);
    }
    return ms;
  },
});

const dependantsChoice = () => oneOf('all', 'declared');

/** Settings of docker-autoheal whose work another part of the mesh does. They are accepted, so that its environment can stay as it is. */
const elsewhere = {
  WEBHOOK_URL: 'notices are sent by notification-dispatcher; set NOTIFY_WEBHOOK_URL',
  WEBHOOK_JSON_KEY: 'the webhook of notification-dispatcher has a body of its own, which its README shows',
  APPRISE_URL: 'notices are sent by notification-dispatcher; set SMTP_URL or NOTIFY_WEBHOOK_URL',
  POST_RESTART_SCRIPT: 'nothing is run after a restart; subscribe to health.container.> instead',
  DOCKER_SOCK: 'set DOCKER_HOST, such as unix:///var/run/docker.sock',
  CURL_TIMEOUT: 'every call to the engine has a deadline of its own',
} as const;
const summaryOf = (name: keyof typeof elsewhere): string =>
  `Of docker-autoheal, accepted and not used: ${elsewhere[name]}`;

/** What the healer can be told. The names and defaults of docker-autoheal's settings hold; the rest is ours. */
export class AutohealSettings {
  @Setting({
    env: 'AUTOHEAL_CONTAINER_LABEL',
    type: text(),
    default: defaultHealingPolicy.label,
    summary:
      'The label that, with the value true, has a container healed; `all`: every container is. With the value false it never is',
  })
  readonly label!: string;

  @Setting({
    env: 'AUTOHEAL_INTERVAL',
    type: seconds(),
    default: defaultHealingPolicy.intervalMs,
    defaultDescription: '5',
    summary: 'How often, in seconds, to look at everything, beside hearing of it at once',
  })
  readonly intervalMs!: number;

  @Setting({
    env: 'AUTOHEAL_START_PERIOD',
    type: seconds(),
    default: defaultHealingPolicy.startPeriodMs,
    summary: 'How long after its own start, in seconds, the service heals nothing',
  })
  readonly startPeriodMs!: number;

  @Setting({
    env: 'AUTOHEAL_DEFAULT_STOP_TIMEOUT',
    type: integer(0, 86_400),
    default: defaultHealingPolicy.defaultStopTimeoutSeconds,
    summary:
      'Seconds that a container has to stop by itself when it is restarted; its label autoheal.stop.timeout goes before',
  })
  readonly defaultStopTimeoutSeconds!: number;

  @Setting({
    env: 'AUTOHEAL_ONLY_MONITOR_RUNNING',
    type: flag(),
    default: defaultHealingPolicy.isOnlyRunning,
    summary: 'Heal what runs and is unhealthy, and leave what died. What is paused is left alone either way',
  })
  readonly isOnlyRunning!: boolean;

  @Setting({
    env: 'AUTOHEAL_DEPENDANTS',
    type: dependantsChoice(),
    default: defaultHealingPolicy.dependants,
    summary:
      'Who is restarted after a container that was healed: `all` that name it in depends_on or share its network; `declared`: of the former only those with `restart: true`',
  })
  readonly dependants!: HealingPolicy['dependants'];

  @Setting({
    env: 'AUTOHEAL_BACKOFF',
    type: seconds(),
    default: defaultHealingPolicy.backoffBaseMs,
    defaultDescription: '0.5',
    summary: 'The longest rest, in seconds, before the second restart in a row; it doubles with each further one',
  })
  readonly backoffBaseMs!: number;

  @Setting({
    env: 'AUTOHEAL_BACKOFF_MAX',
    type: seconds(),
    default: defaultHealingPolicy.backoffCapMs,
    defaultDescription: '60',
    summary: 'The longest rest between two restarts, in seconds',
  })
  readonly backoffCapMs!: number;

  @Setting({
    env: 'AUTOHEAL_MAX_RESTARTS',
    type: integer(1, 100),
    default: defaultHealingPolicy.maxRestarts,
    summary:
      'So many restarts within the window, or in a row without being well in between, and a container that needs one more is given up',
  })
  readonly maxRestarts!: number;

  @Setting({
    env: 'AUTOHEAL_WINDOW',
    type: seconds(),
    default: defaultHealingPolicy.windowMs,
    defaultDescription: '300',
    summary: 'The length of that window, in seconds',
  })
  readonly windowMs!: number;

  @Setting({
    env: 'AUTOHEAL_RETRY_AFTER',
    type: seconds(),
    default: defaultHealingPolicy.halfOpenAfterMs,
    defaultDescription: '1800',
    summary: 'After so many seconds one more restart is tried of what was given up',
  })
  readonly halfOpenAfterMs!: number;

  @Setting({
    env: 'AUTOHEAL_STABLE_AFTER',
    type: seconds(),
    default: defaultHealingPolicy.stableMs,
    defaultDescription: '60',
    summary: 'Well for so many seconds, and the restarts of before count no more',
  })
  readonly stableMs!: number;

  @Setting({
    env: 'AUTOHEAL_FLEET_PERCENT',
    type: integer(1, 100),
    default: defaultHealingPolicy.breakerPercent,
    summary:
      'More than this share of a Compose project unhealthy at once: the cause is shared, and only one at times is restarted',
  })
  readonly breakerPercent!: number;

  @Setting({
    env: 'AUTOHEAL_FLEET_MINIMUM',
    type: integer(2, 100_000),
    default: defaultHealingPolicy.breakerMinUnhealthy,
    summary: 'Fewer than so many unhealthy at once have no shared cause',
  })
  readonly breakerMinUnhealthy!: number;

  @Setting({ env: 'WEBHOOK_URL', type: text(), isOptional: true, isSecret: true, summary: summaryOf('WEBHOOK_URL') })
  readonly webhookUrl?: string;

  @Setting({ env: 'WEBHOOK_JSON_KEY', type: text(), isOptional: true, summary: summaryOf('WEBHOOK_JSON_KEY') })
  readonly webhookJsonKey?: string;

  @Setting({ env: 'APPRISE_URL', type: text(), isOptional: true, isSecret: true, summary: summaryOf('APPRISE_URL') })
  readonly appriseUrl?: string;

  @Setting({ env: 'POST_RESTART_SCRIPT', type: text(), isOptional: true, summary: summaryOf('POST_RESTART_SCRIPT') })
  readonly postRestartScript?: string;

  @Setting({ env: 'DOCKER_SOCK', type: text(), isOptional: true, summary: summaryOf('DOCKER_SOCK') })
  readonly dockerSock?: string;

  @Setting({ env: 'CURL_TIMEOUT', type: text(), isOptional: true, summary: summaryOf('CURL_TIMEOUT') })
  readonly curlTimeout?: string;
}

/** What of docker-autoheal's settings was set and is done elsewhere here: one sentence for each, for the log. */
export function explainForeign(settings: AutohealSettings): readonly string[] {
  const given = {
    WEBHOOK_URL: settings.webhookUrl,
    WEBHOOK_JSON_KEY: settings.webhookJsonKey,
    APPRISE_URL: settings.appriseUrl,
    POST_RESTART_SCRIPT: settings.postRestartScript,
    DOCKER_SOCK: settings.dockerSock,
    CURL_TIMEOUT: settings.curlTimeout,
  };
  return Object.keys(elsewhere)
    .filter((name) => given[name as keyof typeof given] !== undefined)
    .map((name) => `${name} is set and not used here: ${elsewhere[name as keyof typeof elsewhere]}`);
}

/** The id, or the start of it, of the container that this process runs in; undefined outside of one. The engine names the host after it. */
export function ownContainerIdOf(hostname: string): string | undefined {
  return /^[0-9a-f]{12}$/.test(hostname) ? hostname : undefined;
}

/** The policy that the settings make. */
export function healingPolicyOf(
  settings: AutohealSettings,
  place: Pick<HealingPolicy, 'host'> & Partial<Pick<HealingPolicy, 'meshProject' | 'ownContainerId'>>,
): HealingPolicy {
  const own = Object.keys(defaultHealingPolicy).filter((name) => name in settings);
  return {
    ...defaultHealingPolicy,
    ...Object.fromEntries(own.map((name) => [name, settings[name as keyof AutohealSettings]])),
    ...place,
  };
}
