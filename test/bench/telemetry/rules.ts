import { containerNames, signals } from './samples.js';

/** A rule file of 100 rules of every kind of test, as people write them. About one sample in ten matches one; none does more than score. */
export function hundredRules(): string {
  const rules = Array.from({ length: 100 }, (_, index) => {
    const signal = signals[index % signals.length] ?? '';
    const [category = ''] = signal.split('.');
    return {
      id: `bench-rule-${index + 1}`,
      description: `Rule ${index + 1} of the benchmark`,
      when: { all: [{ field: 'category', equals: category }, ...conditionsOf(index)] },
      score: 2,
      reason: '{attributes.process.name} of {target.user}',
    };
  });
  // JSON is YAML.
  return JSON.stringify({ rules }, null, 1);
}

function conditionsOf(index: number): readonly object[] {
  switch (index % 5) {
    case 0:
      return [
        { field: 'attributes.auth.failures', gte: 19 },
        { field: 'target.user', equals: `user-${index + 1}` },
      ];
    case 1:
      return [{ field: 'attributes.process.name', in: ['xmrig', `miner-${index}`, 'nc'] }];
    case 2:
      return [
        { field: 'summary', matches: `(?:reverse|bind) shell ${index}` },
        { field: 'attributes.event.outcome', equals: 'success' },
      ];
    case 3:
      return [
        { field: 'target.address', cidr: `10.${index}.0.0/16` },
        { not: { field: 'attributes.event.outcome', equals: 'failure' } },
      ];
    default:
      return [
        { field: 'target.container', equals: containerNames[index % containerNames.length] },
        { field: 'attributes.network.bytes', gt: 900_000 },
      ];
  }
}
