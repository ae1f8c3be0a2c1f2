export { Actor, Public, RequireScope } from './auth/auth.guard.js';
export { issueToken, type TokenRequest } from './auth/token-issuer.js';
export { tokenKeyKindOf } from './auth/token-key.js';
export { type Identity, TokenVerifier } from './auth/token-verifier.js';
export { type DependencyCheck, describeReport, Readiness, type ReadinessReport } from './health/readiness.js';
export { type Problem, toProblem } from './http/problem.filter.js';
export { ValidBody } from './http/valid-body.decorator.js';
export { withoutEnclosedSecrets } from './logging/enclosed-secrets.js';
export { createRedactor, defaultRedactKeys, type Redaction, Redactor } from './logging/redaction.js';
export { ServiceLog, stdoutDestination } from './logging/service-log.js';
export { type MetricDescription, renderMetricsReference } from './metrics/metrics-reference.js';
export { cutOff, main, stopBudgetMs } from './service/main.js';
export { portSettingsOf, type RunningService, type RunOptions, runService } from './service/run-service.js';
export type { ServiceDefinition } from './service/service-definition.js';
export { ServiceIdentity } from './service/service-identity.js';
export { type Environment, loadSettings } from './settings/load-settings.js';
export { MeshSettings, natsCredentialsOf, RunnerSettings } from './settings/mesh.settings.js';
export { Setting, type SettingDefinition, settingsOf } from './settings/setting.decorator.js';
export {
  flag,
  integer,
  list,
  oneOf,
  port,
  type SettingType,
  secretKey,
  subjectToken,
  text,
  url,
} from './settings/setting-types.js';
export { renderSettingsReference, renderSettingsTable, type SettingsGroup } from './settings/settings-reference.js';
export { steadyNow } from './time/steady-clock.js';
