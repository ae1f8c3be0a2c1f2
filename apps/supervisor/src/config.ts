import { hostname } from 'node:os';
import { flag, integer, list, oneOf, Setting, type SettingType, text } from '@sentinel-forge/chassis';
import { type ActionName, actionNames } from '@sentinel-forge/contracts';
import { defaultEvidenceRetention } from './response/evidence/retention.service.js';
import { defaultResponsePolicy } from './response/response-policy.js';

/** Names of actions, parted by commas. */
function actionList(): SettingType<readonly ActionName[]> {
  return {
    description: `some of ${actionNames.join(', ')}, parted by commas`,
    parse(value) {
      const words = list().parse(value);
      const unknown = words.filter((word) => !actionNames.some((name) => name === word));
      if (unknown.length > 0) {
        throw new Error(`names ${unknown.join(', ')}; there are ${actionNames.join(', ')}`);
      }
      return actionNames.filter((name) => words.includes(name));
    },
  };
}

/** What supervisor can be told of mitigations and of the engine; healing has settings of its own. */
export class SupervisorSettings {
  @Setting({
    env: 'DOCKER_HOST',
    type: text(),
    isOptional: true,
    summary: 'The Docker engine: unix:///path or tcp://host:port; /var/run/docker.sock when not set',
  })
  readonly dockerHost?: string;

  @Setting({
    env: 'SUPERVISOR_RESPOND_TO',
    type: oneOf('labelled', 'all'),
    default: defaultResponsePolicy.respondTo,
    summary:
      'Which containers may be mitigated: those labelled forge.respond=true, or all that are not labelled forge.protect=true',
  })
  readonly respondTo!: 'labelled' | 'all';

  @Setting({
    env: 'SUPERVISOR_SENDERS',
    type: list(),
    default: defaultResponsePolicy.senders,
    summary: 'The apps whose requests are carried out',
  })
  readonly senders!: readonly string[];

  @Setting({
    env: 'SUPERVISOR_APPROVAL_FOR',
    type: actionList(),
    default: defaultResponsePolicy.approvalFor,
    summary: 'Actions that always wait for a person to approve them',
  })
  readonly approvalFor!: readonly ActionName[];

  @Setting({
    env: 'SUPERVISOR_APPROVAL_TIMEOUT_SECONDS',
    type: integer(1, 7 * 24 * 60 * 60),
    default: defaultResponsePolicy.approvalTimeoutMs / 1000,
    summary: 'How long they wait before they are rejected',
  })
  readonly approvalTimeoutSeconds!: number;

  @Setting({
    env: 'SUPERVISOR_MAX_ACTIONS_PER_MINUTE',
    type: integer(1, 10_000),
    default: defaultResponsePolicy.maxActionsPerMinute,
    summary: 'At most so many mitigations are begun in a minute',
  })
  readonly maxActionsPerMinute!: number;

  @Setting({
    env: 'SUPERVISOR_MAX_CONTAINED_PERCENT',
    type: integer(1, 100),
    default: defaultResponsePolicy.maxContainedPercent,
    summary: 'At most this share of the running containers that may be mitigated is contained at once',
  })
  readonly maxContainedPercent!: number;

  @Setting({
    env: 'SUPERVISOR_MIN_CONTAINED',
    type: integer(1, 100_000),
    default: defaultResponsePolicy.minContained,
    summary: 'So many may always be contained at once, however few containers there are',
  })
  readonly minContained!: number;

  @Setting({
    env: 'SUPERVISOR_MESH_PROJECT',
    type: text(),
    isOptional: true,
    summary: 'The Compose project that the mesh itself runs as: healed, never mitigated',
  })
  readonly meshProject?: string;

  @Setting({
    env: 'SUPERVISOR_EVIDENCE_DAYS',
    type: integer(1, 3650),
    default: Math.round(defaultEvidenceRetention.maxAgeMs / 86_400_000),
    summary: 'How many days evidence is kept',
  })
  readonly evidenceDays!: number;

  @Setting({
    env: 'SUPERVISOR_HEAL',
    type: flag(),
    default: true,
    summary: 'Heal containers; false: only carry mitigations out',
  })
  readonly isHealing!: boolean;
}

/** Two supervisors that can run at the same time differ in it; one that was restarted keeps it. */
export function instanceOf(host: string): string {
  return `${host}/${hostname()}`;
}
