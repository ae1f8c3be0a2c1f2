import type { AppName, Class } from '@sentinel-forge/contracts';

/** What a service says of itself; the chassis does the rest. */
export interface ServiceDefinition {
  readonly app: AppName;
  readonly version: string;
  /** The service's own settings, each a provider of the same name; see `Setting`. */
  readonly settingsClasses: readonly Class[];
  /** The Nest module that wires the service. */
  readonly module: new (
    ...args: never[]
  ) => object;
}
