import { type AppName, markdownCode, markdownPage, markdownTable } from '@sentinel-forge/contracts';
import type { Registry } from 'prom-client';

/** One metric of a service. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** The metrics that a service has registered so far, by name. */
export async function describeMetrics(registry: Registry): Promise<readonly MetricDescription[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics
    .map(({ name, type, help }) => ({
      name,
      type: String(type),
      help,
      labels: labelsOf(registry.getSingleMetric(name)),
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** `docs/reference/metrics.md`, from what each service has registered. */
export function renderMetricsReference(services: ReadonlyMap<AppName, readonly MetricDescription[]>): string {
  const all = new Map([...services.values()].flat().map((metric) => [metric.name, metric]));
  const rows = [...all.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return markdownPage('Metrics', 'what the services register when they start', [
    `Every service answers \`GET /metrics\` in the text format of Prometheus. Beside these it tells the figures of its process
(\`process_*\`, \`nodejs_*\`), from the first look on.`,
    markdownTable(
      ['metric', 'type', 'labels', 'what it counts', 'told by'],
      rows.map(({ name, type, labels, help }) => [
        markdownCode(name),
        type,
        labels.map(markdownCode).join(', '),
        help,
        tellersOf(name, services),
      ]),
    ),
  ]);
}

function tellersOf(name: string, services: ReadonlyMap<AppName, readonly MetricDescription[]>): string {
  const tellers = [...services]
    .filter(([, metrics]) => metrics.some((metric) => metric.name === name))
    .map(([app]) => app);
  return tellers.length === services.size ? 'every service' : tellers.join(', ');
}

// prom-client keeps the names of the labels, and tells them nowhere.
function labelsOf(metric: object | undefined): readonly string[] {
  return metric !== undefined && 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
}
