import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ForgeError } from '@sentinel-forge/contracts';
import { maxFileBytes, type RuleSource } from './yaml-field.js';

/** The directory of the rules that come with sentinelcore. */
export const defaultRulesPath = fileURLToPath(new URL('../../rules', import.meta.url));

const maxFiles = 200;

/**
 * Reads a file of rules, or all `*.yaml` and `*.yml` files that stand directly in a directory, in the order of their names.
 * Throws `FORGE_RULES_INVALID` when there is nothing to read.
 */
export async function readRuleFiles(path: string): Promise<readonly RuleSource[]> {
  try {
    const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path];
    return await Promise.all(files.map(readSource));
  } catch (error) {
    if (error instanceof ForgeError) {
      throw error;
    }
    throw new ForgeError('FORGE_RULES_INVALID', `The rules at ${path} cannot be read`, { cause: error });
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
  if (names.length === 0 || names.length > maxFiles) {
    throw new ForgeError(
      'FORGE_RULES_INVALID',
      `${directory} holds ${names.length} *.yaml files; put 1 to ${maxFiles} of them there`,
    );
  }
  return names.map((name) => join(directory, name));
}

async function readSource(file: string): Promise<RuleSource> {
  const { size } = await stat(file);
  if (size > maxFileBytes) {
    throw new ForgeError('FORGE_RULES_INVALID', `${file} has more than ${maxFileBytes / 1024} KiB; split it`);
  }
  return { file, text: await readFile(file, 'utf8') };
}
