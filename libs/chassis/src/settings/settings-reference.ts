import { type Class, markdownCode, markdownPage, markdownTable } from '@sentinel-forge/contracts';
import { type SettingDefinition, settingsOf } from './setting.decorator.js';

/** Settings that belong together. */
export interface SettingsGroup {
  readonly title: string;
  readonly settingsClasses: readonly Class[];
}

/** `docs/reference/config.md`: every setting, from what the settings classes say of themselves. */
export function renderSettingsReference(groups: readonly SettingsGroup[]): string {
  return markdownPage('Settings', 'the settings classes of libs/chassis and of the apps', [
    `Read once at start, from the environment; \`<NAME>_FILE\` names a file that holds the value instead. A start with wrong settings
lists all that is wrong and exits with 2, and a \`FORGE_*\` variable that no service knows is refused.`,
    ...groups.flatMap(section),
  ]);
}

/** Some settings by name, in that order, as one table. Throws for one that no class declares. */
export function renderSettingsTable(groups: readonly SettingsGroup[], names: readonly string[]): string {
  const all = groups.flatMap(({ settingsClasses }) => settingsClasses.flatMap((one) => [...settingsOf(one).values()]));
  const chosen = names.map((name) => {
    const found = all.find(({ env }) => env === name);
    if (found === undefined) {
      throw new TypeError(`there is no setting ${name}`);
    }
    return found;
  });
  return markdownTable(
    ['setting', 'default', 'what it is for'],
    chosen.map(row).map(([env = '', by = '', , what = '']) => [env, by, what]),
  );
}

function section({ title, settingsClasses }: SettingsGroup): readonly string[] {
  const definitions = settingsClasses.flatMap((settingsClass) => [...settingsOf(settingsClass).values()]);
  return [`## ${title}`, markdownTable(['setting', 'default', 'values', 'what it is for'], definitions.map(row))];
}

function row(definition: SettingDefinition): readonly string[] {
  const { env, type, summary, isSecret } = definition;
  return [
    markdownCode(env),
    defaultOf(definition),
    type.description,
    `${isSecret === true ? '**Secret.** ' : ''}${summary}.`,
  ];
}

function defaultOf(definition: SettingDefinition): string {
  const { env, default: value, defaultDescription, isOptional } = definition;
  if (defaultDescription !== undefined) {
    return defaultDescription;
  }
  if (value === undefined) {
    return isOptional === true ? '' : '**required**';
  }
  if (typeof value === 'function') {
    throw new TypeError(`${env}: a default that is computed needs a defaultDescription`);
  }
  return markdownCode(Array.isArray(value) ? value.join(',') : String(value));
}
