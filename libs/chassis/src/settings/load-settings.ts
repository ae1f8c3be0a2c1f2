import { readFileSync } from 'node:fs';
import { type Class, ForgeError, messageOf } from '@sentinel-forge/contracts';
import { type SettingDefinition, settingsOf } from './setting.decorator.js';

/** The environment, as `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads settings classes from the environment. Reads all of them before it complains, so that everything that is wrong
 * is told at once.
 *
 * @returns one frozen instance for each class, in order
 * @throws ForgeError `FORGE_CONFIG_INVALID` that lists every wrong setting
 */
export function loadSettings<const Classes extends readonly Class[]>(
  classes: Classes,
  environment: Environment,
): { readonly [Index in keyof Classes]: InstanceType<Classes[Index]> } {
  const problems: string[] = [];
  const loaded = classes.map((settingsClass) => {
    const instance = new settingsClass();
    for (const [field, definition] of settingsOf(settingsClass)) {
      try {
        Object.assign(instance, { [field]: readSetting(definition, environment) });
      } catch (error) {
        problems.push(`${definition.env} ${messageOf(error)}`);
      }
    }
    return Object.freeze(instance);
  });
  problems.push(...unknownSettings(classes, environment));
  if (problems.length > 0) {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `Settings that need mending:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
      {
        details: { problems },
      },
    );
  }
  return loaded as unknown as { readonly [Index in keyof Classes]: InstanceType<Classes[Index]> };
}

function readSetting(definition: SettingDefinition, environment: Environment): unknown {
  const text = readText(definition.env, environment);
  if (text !== undefined) {
    return definition.type.parse(text);
  }
  if (definition.default !== undefined) {
    return typeof definition.default === 'function' ? definition.default() : definition.default;
  }
  if (definition.isOptional === true) {
    return undefined;
  }
  throw new Error(`is required: ${definition.type.description} (${definition.summary})`);
}

// An empty variable counts as not set: that is what `VAR=` in an .env file means to the one who wrote it.
function readText(name: string, environment: Environment): string | undefined {
  const direct = environment[name] || undefined;
  const file = environment[`${name}_FILE`] || undefined;
  if (file === undefined) {
    return direct;
  }
  if (direct !== undefined) {
    throw new Error(`is set twice: as ${name} and as ${name}_FILE; unset one of them`);
  }
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    // Not the path: who mixes the two up has put the secret itself there.
    const reason =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown reason';
    throw new Error(`cannot be read from the file that ${name}_FILE names: ${reason}`, { cause: error });
  }
}

// Every FORGE_* setting is declared in the chassis; the settings of one app begin with the app's own name. So a FORGE_*
// that no class here declares is a mistake, whichever service reads it.
function unknownSettings(classes: readonly Class[], environment: Environment): readonly string[] {
  const known = new Set(
    classes.flatMap((settingsClass) => [...settingsOf(settingsClass).values()].map(({ env }) => env)),
  );
  return Object.keys(environment)
    .filter((name) => name.startsWith('FORGE_') && !known.has(name) && !known.has(name.replace(/_FILE$/, '')))
    .map((name) => `${name} is not a setting of any service; did you mean ${closest(name, [...known])}?`);
}

function closest(name: string, candidates: readonly string[]): string {
  const ranked = candidates
    .filter((candidate) => candidate.startsWith('FORGE_'))
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.candidate ?? 'another one';
}

// Levenshtein's, row by row.
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
