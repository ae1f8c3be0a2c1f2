import { requests } from '@sentinel-forge/contracts';
import { signed } from '../defend/decision.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** What sentinelcore answers on `rules-list`, as far as it is shown. */
export interface RulesInForce {
  readonly version: string;
  readonly rules: ReadonlyArray<{
    readonly id: string;
    readonly description: string;
    readonly score: number;
    readonly isSimulated?: boolean;
    readonly action?: string;
    readonly attack?: readonly string[];
    readonly matches: number;
  }>;
  readonly allow: ReadonlyArray<{ readonly reason: string; readonly untilMs: number }>;
}

/** Prints the rules in force. */
export async function listRules(options: { readonly json?: boolean }): Promise<void> {
  await using client = await MeshClient.connect();
  const rules = await client.ask<RulesInForce>(requests.listRules, 'sentinelcore', {});
  await printAnswer(rules, options, () => describeRules(rules));
}

/** Rules as a table, those that matched most often first. */
export function describeRules({ version, rules, allow }: RulesInForce): string {
  const rows = rules
    .toSorted((one, other) => other.matches - one.matches || (one.id < other.id ? -1 : 1))
    .map(({ id, description, score, isSimulated, action, attack = [], matches }) => [
      String(matches).padStart(6),
      paint('bold', safeText(id)),
      signed(score),
      [action ?? '', isSimulated === true ? 'on trial' : ''].filter((part) => part !== '').join(', '),
      safeText(description),
      paint('dim', safeText(attack.join(' '))),
    ]);
  const allowed = allow.length === 0 ? '' : `, ${allow.length} on the allow-list`;
  return `${rules.length} rules${allowed}, version ${version.slice(0, 12)}; matches first\n${columns(rows)}`;
}
