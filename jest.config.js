// One project per tier (see ARCHITECTURE.md, "Tests"). Sources are transformed by swc; `@sentinel-forge/*`
// resolves through the workspaces to each package's built `dist`, so what is tested is what runs.

/** How TypeScript becomes JavaScript where no build stands between: in tests, and in the benchmark. */
export const swcOptions = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
};

const transform = { '^.+\\.ts$': ['@swc/jest', swcOptions] };

const tier = (displayName, testMatch) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform,
});

export default {
  // A deadline for what hangs, on a machine that does other things beside; not a measure of anything.
  testTimeout: 30_000,
  projects: [
    tier('unit', ['<rootDir>/{libs,apps}/*/src/**/*.spec.ts']),
    tier('integration', ['<rootDir>/test/integration/*.test.ts']),
    tier('docker', ['<rootDir>/test/integration/docker/**/*.test.ts']),
    tier('e2e', ['<rootDir>/test/e2e/**/*.test.ts']),
    tier('chaos', ['<rootDir>/test/chaos/**/*.test.ts']),
    tier('compose', ['<rootDir>/test/compose/**/*.test.ts']),
  ],
};
