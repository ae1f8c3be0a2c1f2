import { Counter, Gauge, Registry } from 'prom-client';
import { describeMetrics, renderMetricsReference } from './metrics-reference.js';

function registryOf(...more: readonly string[]): Registry {
  const registry = new Registry();
  new Gauge({ name: 'shop_open', help: 'Whether it is open', registers: [registry] });
  for (const name of more) {
    new Counter({ name, help: 'What was sold', labelNames: ['what', 'where'], registers: [registry] });
  }
  return registry;
}

it('shows every metric once, with its labels and with who tells it', async () => {
  const services = new Map([
    ['supervisor', await describeMetrics(registryOf('shop_sales_total'))],
    ['log-indexer', await describeMetrics(registryOf())],
  ] as const);
  expect(renderMetricsReference(services).split('\n').slice(-3, -1)).toEqual([
    '| `shop_open` | gauge |  | Whether it is open | every service |',
    '| `shop_sales_total` | counter | `what`, `where` | What was sold | supervisor |',
  ]);
});
