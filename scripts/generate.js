// Writes docs/reference and the Grafana board from the built packages: what is said once, in a registry, a settings class or a catalogue, is
// documented from there. Needs `tsc -b` first.
//
//   npm run generate
//   node scripts/generate.js --check       writes nothing; exits with 1 and names the files that have drifted
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as chassis from '@sentinel-forge/chassis';
import * as contracts from '@sentinel-forge/contracts';
import * as forge from '@sentinel-forge/forge';
import * as dispatcher from '@sentinel-forge/notification-dispatcher';
import * as supervisor from '@sentinel-forge/supervisor';
import { renderBoard } from '../infra/grafana/board.js';

const root = new URL('../', import.meta.url);
const services = await Promise.all(
  contracts.appNames.map(async (app) => (await import(`@sentinel-forge/${app}`)).service),
);

const documents = {
  'events.md': () => contracts.renderEventsReference(goldenDataOf),
  'asyncapi.yaml': () => contracts.renderAsyncApi(version()),
  'requests.md': () => contracts.renderRequestsReference(),
  'errors.md': () => contracts.renderErrorsReference(),
  'config.md': () => chassis.renderSettingsReference(settingsGroups()),
  'actions.md': () => supervisor.renderActionsReference(Object.values(supervisor.actions)),
  'channels.md': () => dispatcher.channelReference(dispatcher.channelDescriptions),
  'cli.md': () => forge.renderCliReference(),
  'metrics.md': async () => chassis.renderMetricsReference(await registeredMetrics()),
};

/** The settings that the README shows: what one meets first. */
const readmeSettings = [
  'FORGE_DATA_DIR',
  'FORGE_NATS_PORT',
  'NATS_URL',
  ...contracts.appNames.map((app) => contracts.apps[app].portSetting).sort(),
  'FORGE_JWT_SECRET',
  'FORGE_RATE_LIMIT_RPM',
  'REDACT_KEYS',
  'LOG_ROTATE_ENTRIES',
  'SENTINELCORE_RULES',
  'SMTP_URL',
  'NOTIFY_EMAIL_TO',
  'NOTIFY_WEBHOOK_URL',
  'DOCKER_HOST',
  'SUPERVISOR_RESPOND_TO',
  'AUTOHEAL_CONTAINER_LABEL',
];

const boardPath = 'infra/grafana/dashboards/sentinel-forge.json';
const pages = Object.entries(documents).map(([name, render]) => [`docs/reference/${name}`, render]);
const drifted = [];
for (const [path, render] of [...pages, ['README.md', renderReadme], [boardPath, renderBoard]]) {
  const text = await render();
  if (read(path) !== text) {
    drifted.push(path);
  }
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(fileUrl(path).pathname), { recursive: true });
    writeFileSync(fileUrl(path), text);
  }
}
if (process.argv.includes('--check') && drifted.length > 0) {
  console.error(
    `These have drifted from what they are generated from. Run: npm run generate\n  ${drifted.join('\n  ')}`,
  );
  process.exitCode = 1;
} else if (drifted.length > 0) {
  console.log(`written: ${drifted.join(', ')}`);
}

/** The README as it stands, with its generated parts made anew. */
function renderReadme() {
  const parts = {
    settings: chassis.renderSettingsTable(settingsGroups(), readmeSettings),
    'redact keys': chassis.defaultRedactKeys.map((key) => `\`${key}\``).join(', '),
  };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- begin generated: ${name} -->`, `<!-- end generated: ${name} -->`];
    return `${text.slice(0, text.indexOf(begin) + begin.length)}\n${part}\n${text.slice(text.indexOf(end))}`;
  }, read('README.md'));
}

function fileUrl(path) {
  return new URL(path, root);
}

function read(path) {
  try {
    return readFileSync(fileUrl(path), 'utf8');
  } catch {
    return undefined;
  }
}

function version() {
  return JSON.parse(readFileSync(fileUrl('package.json'), 'utf8')).version;
}

/** The fullest of the golden messages of a type. */
function goldenDataOf(type) {
  return JSON.parse(readFileSync(fileUrl(`libs/contracts/golden/${type}.json`), 'utf8'))[0].data;
}

function settingsGroups() {
  return [
    { title: 'Every service', settingsClasses: [chassis.MeshSettings] },
    { title: '`npm start` and `forge`', settingsClasses: [chassis.RunnerSettings] },
    ...services.map(({ app, settingsClasses }) => ({
      title: app,
      settingsClasses: [chassis.portSettingsOf(app), ...settingsClasses],
    })),
  ];
}

/** Metrics are registered by whoever counts, when a service starts: so each is started, with nothing around it. */
async function registeredMetrics() {
  const dataDir = mkdtempSync(join(tmpdir(), 'forge-generate-'));
  const registered = new Map(contracts.appNames.map((app) => [app, []]));
  const register = async (definition) => {
    const service = await chassis.runService(definition, {
      environment: {
        NATS_URL: 'nats://127.0.0.1:1',
        DOCKER_HOST: `unix://${dataDir}/no-engine.sock`,
        FORGE_DATA_DIR: dataDir,
        FORGE_JWT_SECRET: 'x'.repeat(32),
        [contracts.apps[definition.app].portSetting]: '0',
      },
      logDestination: { write: () => undefined },
    });
    registered.set(definition.app, await service.metrics());
    await service.stop();
  };
  await Promise.all(services.map(register));
  rmSync(dataDir, { recursive: true, force: true });
  return registered;
}
