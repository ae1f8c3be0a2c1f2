// "Who may import whom" of ARCHITECTURE.md, section 4. Each rule is named for what it keeps true.
// A package is seen under its name before it is built, and in its dist folder after.

const lib = (names) => `^libs/(${names})/|^@sentinel-forge/(${names})(/|$)`;
const npm = (names) => `(^|node_modules/)(${names})(/|$)`;
const apps = 'sentinelcore|supervisor|notification-dispatcher|log-indexer|hardening-auditor|task-registry|forge';

const ioModules =
  '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|readline|repl|sqlite|tls|worker_threads)(/|$)';

const namelessFolder = '/(common|shared|utils?)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'apps-meet-on-subjects',
      comment: 'An app never imports an app. forge is the exception: it hosts them.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/forge/' },
      to: { path: `^apps/|^@sentinel-forge/(${apps})(/|$)`, pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-know-no-app',
      comment: 'Apps import libs, never the other way round.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: `^apps/|^@sentinel-forge/(${apps})(/|$)` },
    },
    {
      name: 'contracts-stands-alone',
      comment: 'What is said depends on nothing of how it is said: no other lib, no Nest, no NATS.',
      severity: 'error',
      from: { path: '^libs/contracts/' },
      to: { path: `^libs/(?!contracts/)|^@sentinel-forge/|${npm('@nestjs|@nats-io')}` },
    },
    {
      name: 'only-messaging-speaks-nats',
      severity: 'error',
      // Tests also speak it as a stranger does: with a stock client.
      from: { pathNot: '^(libs/(messaging|testing)|test)/' },
      to: { path: npm('@nats-io') },
    },
    {
      name: 'only-docker-opens-the-engine',
      severity: 'error',
      from: { pathNot: '^libs/(docker|testing)/' },
      to: { path: npm('dockerode|@types/dockerode|docker-modem') },
    },
    {
      name: 'only-chassis-logs-with-pino',
      severity: 'error',
      from: { pathNot: '^libs/chassis/' },
      to: { path: npm('pino|pino-[^/]+') },
    },
    {
      name: 'services-do-no-io',
      comment:
        'A *.service.ts holds rules: values in, values out. A type of the outside world may be named (import type).',
      severity: 'error',
      from: { path: '[.]service[.]ts$' },
      to: {
        // libs/docker also offers pure judgements of what the engine says (`isGhost`, `isGone`).
        path: `${ioModules}|${npm('@nats-io|dockerode|nodemailer|undici|pino')}|${lib('messaging')}`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'libs/testing is imported by specs and by test/, never by what ships.',
      severity: 'error',
      from: { path: '^(libs|apps)/[^/]+/src/', pathNot: ['[.]spec[.]ts$', '^libs/testing/'] },
      to: { path: lib('testing') },
    },
    {
      name: 'packages-are-entered-by-name',
      comment:
        "Another package's sources are reached through @sentinel-forge/<name> only: its index is its public face.",
      severity: 'error',
      from: { path: '^((?:libs|apps)/[^/]+|test)/' },
      to: { path: '^(libs|apps)/[^/]+/src/', pathNot: ['^$1/', '^apps/[^/]+/src/testing/'] },
    },
    {
      name: 'simulations-are-for-tests',
      comment: "An app's `testing/` folder holds simulations of its ports, for its specs and for test/.",
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: ['[.]spec[.]ts$', '/testing/'] },
      to: { path: '^apps/[^/]+/src/testing/' },
    },
    {
      name: 'no-nameless-folders',
      comment: 'A folder is named for what it is about.',
      severity: 'error',
      from: {},
      to: { path: namelessFolder, pathNot: 'node_modules' },
    },
    {
      name: 'no-nameless-folders-either',
      comment: 'The same for files that nobody imports.',
      severity: 'error',
      from: { path: namelessFolder },
      to: {},
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-is-there',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
