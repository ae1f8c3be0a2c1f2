import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const prometheus = join(root, 'infra/prometheus');
const rules = readFileSync(join(prometheus, 'forge.rules.yml'), 'utf8');
const board: { readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[] } = JSON.parse(
  readFileSync(join(root, 'infra/grafana/dashboards/sentinel-forge.json'), 'utf8'),
);
const boardExpressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
/** Generated from what the services register when they start. */
const reference = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const itWithPromtool = hasPromtool ? it : it.skip;
if (!hasPromtool) {
  process.stderr.write('skipped: promtool, of the package prometheus, is not installed\n');
}

function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The names of our own metrics, without what Prometheus appends to those of a histogram. */
function metricsIn(text: string): readonly string[] {
  const names = text.match(/\bforge_[a-z_]+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))].sort();
}

it.each([
  ['the alarms', rules],
  ['the board', boardExpressions.join('\n')],
])('%s name only metrics that a service tells', (_, text) => {
  const names = metricsIn(text);
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
});

it('every alarm says what is wrong and what to type', () => {
  const alarms = rules.split('- alert: ').slice(1);
  expect(alarms.length).toBeGreaterThan(5);
  for (const alarm of alarms) {
    expect(alarm).toMatch(/severity: (page|ticket).*summary: .*action: .*`/s);
  }
});

itWithPromtool('the configuration and the alarms are valid, and fire on what they are for and on nothing else', () => {
  expect(promtool('check', 'config', join(prometheus, 'prometheus.yml'))).toContain('SUCCESS');
  expect(promtool('test', 'rules', join(prometheus, 'forge.rules.test.yml'))).toContain('SUCCESS');
});

itWithPromtool('every expression of the board can be parsed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'forge-board-'));
  try {
    const file = join(directory, 'board.rules.yml');
    const recorded = boardExpressions.map((expr, index) => ({ record: `board:${index}`, expr }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules: recorded }] })); // JSON is YAML
    expect(promtool('check', 'rules', file)).toContain(`${boardExpressions.length} rules found`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
