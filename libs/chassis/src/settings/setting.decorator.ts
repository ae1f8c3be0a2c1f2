import type { Class } from '@sentinel-forge/contracts';
import type { SettingType } from './setting-types.js';

/** One setting: where it is read from, what it may be, what it is for. The documentation is generated from it. */
export interface SettingDefinition<T = unknown> {
  /** The environment variable. `<name>_FILE` names a file that holds the value instead. */
  readonly env: string;
  readonly type: SettingType<T>;
  /** The value when it is not set; without one the setting is required, unless it {@link isOptional}. */
  readonly default?: T | (() => T);
  /** How the default reads in the documentation, where it depends on the machine. */
  readonly defaultDescription?: string;
  readonly isOptional?: boolean;
  /** Never shown anywhere. */
  readonly isSecret?: boolean;
  readonly summary: string;
}

const definitions = new Map<object, Map<string, SettingDefinition>>();

/** Declares a setting as a field of a settings class. */
export function Setting<T>(definition: SettingDefinition<T>): PropertyDecorator {
  return (prototype, property) => {
    const fields = definitions.get(prototype) ?? new Map<string, SettingDefinition>();
    definitions.set(prototype, fields.set(String(property), definition));
  };
}

/** The settings of a class, by field. */
export function settingsOf(settingsClass: Class): ReadonlyMap<string, SettingDefinition> {
  return definitions.get(settingsClass.prototype) ?? new Map();
}
