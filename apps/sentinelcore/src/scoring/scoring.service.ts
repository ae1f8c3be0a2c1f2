import type { Contribution } from '@sentinel-forge/contracts';
import type { TelemetryEvent } from '../detection/field.js';
import type { Rule } from '../detection/rule.js';
import { severityPoints } from './severity.js';

/** A score of 0 to 100 and what it is the sum of. */
export interface Score {
  readonly score: number;
  /** Their points, all whole numbers, sum to the score exactly. */
  readonly contributions: readonly Contribution[];
}

const maxScore = 100;
/** Keeps what is told of a score well within the limits of an event. */
const maxListedRules = 40;

/**
 * Scores an event by the rules that matched it. Pure: the same event and rules give the same bytes.
 * Contributions are, in this order: `severity`, the rules, `others` (the sum of what a long list leaves out), and `cap` or
 * `floor` (what was cut off above 100 or below 0).
 */
export function scoreEvent(event: TelemetryEvent, matched: readonly Rule[]): Score {
  const severity = event.data.severity ?? 0;
  return matched.length === 0
    ? scoreOfSeverity(severity, event)
    : sumOf([...severityOf(event, matched), ...rulesOf(event, matched)]);
}

function sumOf(contributions: Contribution[]): Score {
  const sum = contributions.reduce((total, { points }) => total + points, 0);
  const score = Math.min(maxScore, Math.max(0, sum));
  if (sum > score) {
    contributions.push({ rule: 'cap', points: score - sum, reason: `a score ends at ${maxScore}` });
  } else if (sum < score) {
    contributions.push({ rule: 'floor', points: score - sum, reason: 'a score begins at 0' });
  }
  return { score, contributions };
}

function severityOf(event: TelemetryEvent, matched: readonly Rule[]): readonly Contribution[] {
  const said = event.data.severity ?? 0;
  const strictest = matched.reduce<Rule | undefined>(
    (highest, rule) => ((rule.severityAtLeast ?? 0) > (highest?.severityAtLeast ?? 0) ? rule : highest),
    undefined,
  );
  const least = strictest?.severityAtLeast ?? 0;
  if (strictest === undefined || least <= said) {
    return said > 0 ? [severityContribution(said)] : [];
  }
  return [
    {
      rule: 'severity',
      points: severityPoints(least),
      reason: `severity ${said} of 10, at least ${least} by ${strictest.id}`,
    },
  ];
}

function rulesOf(event: TelemetryEvent, matched: readonly Rule[]): readonly Contribution[] {
  const listed = matched.slice(0, maxListedRules);
  const contributions = listed.map((rule) => ({
    rule: rule.id,
    points: rule.score,
    reason: rule.reason.render(event),
  }));
  const rest = matched.slice(maxListedRules);
  if (rest.length > 0) {
    const points = rest.reduce((sum, rule) => sum + rule.score, 0);
    contributions.push({ rule: 'others', points, reason: `${rest.length} more rules` });
  }
  return contributions;
}

// Most events match no rule: their scores differ by severity only and are made once for each whole one.
const ofWholeSeverity: readonly Score[] = Array.from({ length: 11 }, (_, severity) =>
  Object.freeze({
    score: severityPoints(severity),
    contributions: Object.freeze(severity > 0 ? [Object.freeze(severityContribution(severity))] : []),
  }),
);

function scoreOfSeverity(severity: number, event: TelemetryEvent): Score {
  return ofWholeSeverity[severity] ?? sumOf([...severityOf(event, [])]);
}

function severityContribution(severity: number): Contribution {
  return { rule: 'severity', points: severityPoints(severity), reason: `severity ${severity} of 10` };
}
