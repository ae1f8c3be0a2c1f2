import type { Condition } from './condition.js';
import type { ReasonTemplate } from './reason-template.js';

/** What a rule may ask for by itself. `isolate` and `quarantine` come from the score alone. */
export const ruleActions = ['restart', 'throttle', 'stop'] as const;
/** An action that only rules ask for. */
export type RuleAction = (typeof ruleActions)[number];

/** Where something stands in a file, from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One rule, validated. */
export interface Rule {
  readonly id: string;
  readonly description: string;
  readonly when: Condition;
  /** What a match adds to the score: an integer of -100 to 100. */
  readonly score: number;
  /** What a match says for itself. */
  readonly reason: ReasonTemplate;
  /** A matching event counts as at least this severe, whatever its producer said. */
  readonly severityAtLeast?: number;
  readonly action?: RuleAction;
  /** How long what the rule leads to stays in force, at the least. */
  readonly ttlMs?: number;
  /** The rule is on trial: what it would have led to is computed and told, and changes nothing. */
  readonly isSimulated: boolean;
  /** MITRE ATT&CK techniques: `T1110.001`. */
  readonly attack: readonly string[];
  /** Where to read more. */
  readonly references: readonly string[];
  readonly place: Place;
}

/** What is known to be harmless until a day: whoever is on the list is scored as ever, and only observed. */
export interface AllowEntry {
  readonly reason: string;
  /** All that are given must fit: the container as telemetry or the inventory calls it, the source, a rule that matched. */
  readonly container?: string;
  readonly source?: string;
  readonly rule?: string;
  readonly untilMs: number;
  readonly place: Place;
}
