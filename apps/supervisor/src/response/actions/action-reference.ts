import { markdownCode, markdownPage, markdownTable } from '@sentinel-forge/contracts';
import type { Action, ParameterDescription } from './action.js';

/** `docs/reference/actions.md`: every action, from what it says of itself. */
export function renderActionsReference(actions: readonly Action[]): string {
  return markdownPage('Actions', 'the actions of apps/supervisor', [
    'What supervisor can do to a container, and how it takes it back.',
    ...actions.flatMap(section),
  ]);
}

function section({ name, summary, parameters, needs, isDestructive, reversal }: Action): readonly string[] {
  const facts = [
    `**Taken back:** ${reversal ?? 'it leaves nothing in force'}.`,
    ...(isDestructive ? ['**Ends processes:** evidence is kept before.'] : []),
    `**Needs of the engine:** ${needs.length === 0 ? 'nothing' : needs.map(markdownCode).join(', ')}.`,
  ];
  const table =
    parameters.length === 0
      ? []
      : [markdownTable(['parameter', 'type', 'default', 'what it is for'], parameters.map(row))];
  return [`## ${name}`, summary, facts.join('\\\n'), ...table];
}

function row({ name, type, byDefault, minimum, maximum, summary }: ParameterDescription): readonly string[] {
  const bounds = [minimum === undefined ? '' : `from ${minimum}`, maximum === undefined ? '' : `to ${maximum}`]
    .join(' ')
    .trim();
  return [
    markdownCode(name),
    [type, bounds].join(' ').trim(),
    byDefault === undefined ? '' : markdownCode(String(byDefault)),
    summary,
  ];
}
